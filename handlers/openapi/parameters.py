"""The parameters of an operation: in its path, behind it, and in its headers."""

from typing import Any, Final

import msgspec

from handlers.http.operations import Operation, Route
from handlers.http.rest.request_reader import NAME
from handlers.openapi.path_parameters import PATH_PARAMETERS
from handlers.openapi.problems import is_named
from handlers.openapi.schemas import Schemas, described
from handlers.sync import StreamQuery
from models.base.ids import MutationId
from models.base.merge_patch import Json

_ID: Final = {"type": "string", "minLength": 1, "maxLength": NAME}

# What a parameter means wherever it stands.
WORDS: Final[dict[str, str]] = {
    "after": "Where the page before ended, as its `next` and its `Link` say it.",
    "feed": "The feed: `u:me` is the caller's own.  For events, several are separated by commas.",
    "id": "The document's id.",
    "kind": "Documents of this kind alone.",
    "limit": "How many items a page has at most.",
    "local_date": "A day, as its owner calls it.",
    "since": "A cursor: what came after it is given.",
    "snap": "Of a stream: whether the documents come first.",
    "point": "The point's id, which the client makes.",
    "ticket": "Of a stream, in the place of a token: once, within 30 s.",
    "tz": "A time zone of the IANA database.",
    "version": "The number of a version.",
    "wait": "How many seconds to wait for something new; without it, what is there comes at once.",
}

_TAG: Final = '"v[1-9][0-9]{0,8}"'
HEADERS: Final[dict[str, tuple[Any, str]]] = {
    "If-Match": (
        {"type": "string", "pattern": rf"^(\*|{_TAG}(, {_TAG})*)$", "examples": ['"v3"', "*"]},
        (
            "The version that the write is based on, as `ETag` said it; one of several, or `*` for "
            "whichever is there.  A named write to an older version is merged with what others "
            "wrote since."
        ),
    ),
    "If-None-Match": (
        {"type": "string"},
        (
            "The version that you have: the answer is 304 while it is the newest.  Of a write, "
            "those that it must not meet: `*` where nothing may be there yet."
        ),
    ),
    "Idempotency-Key": (
        MutationId,
        "Your name for the write, any UUID: a repeat gets the answer of the first.",
    ),
    "Upcoach-Follows": (
        {"type": "string"},
        (
            "The names of earlier writes, separated by commas, whose effects you took for granted "
            "though you had no answer to them yet."
        ),
    ),
    "Prefer": (
        {"type": "string"},
        (
            "What you would rather have (RFC 7240): `respond-async` to be answered with a job as "
            "soon as what you sent is read, `wait=30` to be answered when a job has ended, or "
            "after so many seconds, 60 at most."
        ),
    ),
    "Last-Event-ID": (
        {"type": "string"},
        "Where a stream goes on, in the place of `since`.",
    ),
}


def components(schemas: Schemas) -> Json:
    """The headers of requests, by name."""
    return {
        name: {
            "name": name,
            "in": "header",
            "description": words,
            "schema": schema if isinstance(schema, dict) else schemas.of(schema, "input"),
        }
        for name, (schema, words) in HEADERS.items()
    }


def in_path(schemas: Schemas, route: Route) -> list[Json]:
    """The variable parts of *route*."""
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": WORDS.get(name, f"The {name.replace('_', ' ')}'s id."),
            "schema": schemas.of(PATH_PARAMETERS[name], "input")
            if name in PATH_PARAMETERS
            else _ID,
        }
        for name in route.names
    ]


def of(schemas: Schemas, operation: Operation[Any], *, tagged: bool) -> list[Json]:
    """What else *operation* looks at; *tagged* when its answer has a version."""
    by_name: dict[str, Json] = {}
    for query in (operation.query, *operation.forms):
        for parameter in _behind(schemas, query):
            by_name.setdefault(
                parameter["name"],
                parameter if query is operation.query else _of_another_form(parameter),
            )
    headers = {
        "If-Match": operation.base == "taken",
        "If-None-Match": operation.base == "taken" or (tagged and not operation.writes),
        "Idempotency-Key": is_named(operation),
        "Upcoach-Follows": operation.base != "ignored",
        "Prefer": bool(operation.prefers),
        "Last-Event-ID": StreamQuery in operation.forms,
    }
    header_parameters = [
        {"$ref": f"#/components/parameters/{name}"} for name, looks in headers.items() if looks
    ]
    if operation.base == "required":
        header_parameters.insert(0, components(schemas)["If-Match"] | {"required": True})
    return [*by_name.values(), *header_parameters]


def _of_another_form(parameter: Json) -> Json:
    """A *parameter* that makes another form of the operation, and is in no other form.

    Its default is not told: generated clients send it, and would ask for that form.
    """
    schema = {name: value for name, value in parameter["schema"].items() if name != "default"}
    return parameter | {"required": False, "schema": schema}


def _behind(schemas: Schemas, query: type[msgspec.Struct]) -> list[Json]:
    _, by_field = described(query)
    return [
        {
            "name": name,
            "in": "query",
            "required": required,
            "description": by_field.get(name) or WORDS.get(name, ""),
            "schema": schema,
        }
        for name, schema, required in schemas.parameters(query)
    ]

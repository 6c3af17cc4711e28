"""Routes as the path items of the description."""

import http
import inspect
import types
import typing
from typing import Any, Final

from handlers.http.operations import EACH, Operation, Route
from handlers.http.operations.areas import Areas
from handlers.http.pagination import Items
from handlers.http.rest.request_reader import MEDIA_TYPES
from handlers.openapi import parameters, problems
from handlers.openapi.operation_ids import operation_id
from handlers.openapi.schemas import Schemas, role_of
from handlers.sync import StreamQuery
from models.base.document import Document
from models.base.merge_patch import Json
from models.contexts import PERMISSIONS

JSON: Final = "application/json"
STREAM: Final = "text/event-stream"

# What an operation answers when all goes well, by its method.
STATUSES: Final[dict[str, tuple[int, ...]]] = {
    "GET": (200,),
    "POST": (201,),
    "PUT": (200, 201),
    "PATCH": (200,),
    "DELETE": (204,),
}

HEADERS: Final[dict[str, str]] = {
    "ETag": 'The version of the document: `"v5"`.',
    "Idempotency-Replayed": "`true` when this is the answer that the same write got before.",
    "Location": "Where the browser goes, or where the job is that was begun.",
    "Link": 'Where the list goes on (`rel="next"`); missing on the last page.',
    "Preference-Applied": "The preference of `Prefer` that was followed (RFC 7240).",
    "RateLimit": "What is left of each limit, and in how many seconds all of it is there again.",
    "RateLimit-Policy": "The limits that the request was counted by.",
    "Retry-After": "Seconds to wait.",
    "Sec-WebSocket-Version": "The version of WebSocket that is spoken (RFC 6455).",
    "Upgrade": "The protocol that is spoken: `websocket`.",
    "Upcoach-Cursor": "The position of the effect, or of what was read, in the caller's feed.",
    "Upcoach-Merged": "Where the document is not what the write alone would have made of it.",
    "Upcoach-Up-To-Date": "`true` when the page ends where the feed does.",
    "WWW-Authenticate": "How to authenticate (RFC 6750).",
    "X-Request-Id": "The id of the request in our log; yours, if you sent one.",
}


def item(schemas: Schemas, route: Route, areas: Areas) -> Json:
    """The path item of *route*."""
    names = parameters.in_path(schemas, route)
    described = {
        method.lower(): _operation(schemas, operation, areas)
        for method, operation in route.operations.items()
    }
    return ({"parameters": names} if names else {}) | described


def _operation(schemas: Schemas, operation: Operation[Any], areas: Areas) -> Json:
    summary, description = summary_and_description(operation)
    operation_parameters = parameters.of(schemas, operation, tagged=is_tagged(operation))
    return {
        "operationId": operation_id(operation.method, operation.path),
        "tags": [areas.of(operation.path)],
        "summary": summary,
        "description": description,
        "security": _security(operation),
        **({"parameters": operation_parameters} if operation_parameters else {}),
        **({} if operation.body == "none" else {"requestBody": _body(schemas, operation)}),
        "responses": _answers(schemas, operation),
    }


def summary_and_description(operation: Operation[Any]) -> tuple[str, str]:
    """The summary of *operation*, a line, and its description."""
    words = operation.summary or inspect.getdoc(operation.run) or ""
    summary, _, rest = words.partition("\n\n")
    first = summary.replace("\n", " ")
    return first.rstrip("."), "\n\n".join(filter(None, (first, rest, _needs(operation))))


def _needs(operation: Operation[Any]) -> str:
    """The sentence about the permission of *operation*."""
    if operation.needs == EACH:
        return "Each write needs the permission that it needs by itself."
    if not operation.needs:
        return ""
    meaning = PERMISSIONS[operation.needs].meaning
    return f"Needs the permission `{operation.needs}`. It may {meaning}."


def statuses(operation: Operation[Any]) -> tuple[int, ...]:
    """The statuses of its good answers."""
    if operation.statuses:
        return operation.statuses
    return (204,) if operation.gives is None else STATUSES[operation.method]


def is_tagged(operation: Operation[Any]) -> bool:
    """Whether its answer is a document, with its version as `ETag`."""
    gives = operation.gives
    kinds = typing.get_args(gives) if isinstance(gives, types.UnionType) else (gives,)
    return all(isinstance(kind, type) and issubclass(kind, Document) for kind in kinds)


def _security(operation: Operation[Any]) -> list[Json]:
    if operation.public:
        return []
    needed = [] if operation.needs == EACH else [operation.needs]
    ways: list[Json] = [{"token": needed}, {"cookie": []}]
    return [*ways, {"ticket": []}] if StreamQuery in operation.forms else ways


def _body(schemas: Schemas, operation: Operation[Any]) -> Json:
    role = role_of(operation.body)
    schema = {} if operation.takes is None else schemas.of(operation.takes, role)
    kinds = sorted(MEDIA_TYPES[operation.body], reverse=True)
    return {
        "description": f"At most {operation.largest} bytes.",
        "required": True,
        "content": {kind: {"schema": schema} for kind in kinds},
    }


def _answers(schemas: Schemas, operation: Operation[Any]) -> Json:
    given = dict.fromkeys(statuses(operation), operation.gives) | dict(operation.otherwise)
    good = {str(status): _answer(schemas, operation, status, given[status]) for status in given}
    if is_tagged(operation) and not operation.writes:
        good["304"] = {"description": "It is still what you have.", "headers": headers("ETag")}
    bad = {str(status): problems.reference(status) for status in problems.statuses(operation)}
    return dict(sorted((good | bad).items()))


def _answer(schemas: Schemas, operation: Operation[Any], status: int, gives: Any) -> Json:
    answer: Json = {
        "description": f"{http.HTTPStatus(status).phrase}.",
        "headers": headers(*_headers(operation)),
    }
    if status != 204:
        content = {JSON: {"schema": schemas.of(gives, "answer")}}
        if StreamQuery in operation.forms:
            content[STREAM] = {"schema": _STREAMED}
        answer["content"] = content
    return answer


def _headers(operation: Operation[Any]) -> list[str]:
    reads_on = 410 in operation.refusals  # from a cursor
    looks = {
        "ETag": is_tagged(operation),
        "Link": _is_list(operation.gives) or reads_on,
        "Upcoach-Cursor": operation.writes or reads_on,
        "Upcoach-Merged": operation.merges or operation.base != "ignored",
        "Upcoach-Up-To-Date": StreamQuery in operation.forms,
        "Idempotency-Replayed": problems.is_named(operation),
        "Location": 202 in dict(operation.otherwise),
        "Preference-Applied": bool(operation.prefers),
    }
    return [name for name, has in looks.items() if has]


def headers(*names: str) -> Json:
    """The headers of an answer, *names* and those that each has."""
    return {
        name: {"$ref": f"#/components/headers/{name}"} for name in sorted((*names, "X-Request-Id"))
    }


def header_components() -> Json:
    """The headers of answers, by name."""
    return {
        name: {"description": words, "schema": {"type": "string"}}
        for name, words in HEADERS.items()
    }


def _is_list(gives: Any) -> bool:
    return typing.get_origin(gives) is Items


_STREAMED: Final = {
    "type": "string",
    "description": "Frames of the live protocol as events (`/asyncapi.json`): `id` is the cursor, "
    "`event` the frame's `t`, `data` the frame.",
}

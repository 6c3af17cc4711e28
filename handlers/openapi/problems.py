"""What can go wrong, by status: the problems (RFC 9457) of the description."""

import datetime as dt
from typing import Any, Final

import msgspec

from handlers.http import problems
from handlers.http.operations import Operation
from handlers.openapi.path_parameters import is_checked
from handlers.openapi.schemas import Schemas
from models.base.errors import FieldError
from models.base.merge import Clash
from models.base.merge_patch import Json

MEANINGS: Final[dict[int, tuple[str, str]]] = {
    400: ("Malformed", "A parameter, a header, or the JSON itself is wrong."),
    401: ("Unauthenticated", "Not authenticated: there is no token, or it is not valid."),
    403: ("Forbidden", "The token may not be used for this: `scope` names what is missing."),
    404: ("NotFound", "It does not exist, or belongs to somebody else: the two look the same."),
    406: ("NotAcceptable", "It is not available in any of the formats that were asked for."),
    408: (
        "TooSlow",
        (
            "The body came too slowly, and nothing was done: send it again, on another connection. "
            "This one is closed."
        ),
    ),
    409: (
        "Conflict",
        (
            "It conflicts with the present state: others have edited the same fields (`conflicts` "
            "says which), the id is in use, or the same write is still running."
        ),
    ),
    410: ("Gone", "This cursor is too old to continue from: `reset` says where to start again."),
    412: ("Stale", "The document is at another version than `If-Match` says: `current` shows it."),
    413: ("TooLarge", "The body is larger than this operation takes."),
    415: ("MediaType", "The body is not of a type that this operation takes."),
    422: (
        "Invalid",
        (
            "The body is not valid (`errors` says where and why), or the name of the write was "
            "already used for another one."
        ),
    ),
    426: (
        "UpgradeRequired",
        "This path speaks the version of WebSocket that `Sec-WebSocket-Version` names.",
    ),
    428: ("VersionRequired", "Say which version you are changing, with `If-Match`."),
    429: ("TooMany", "Too many requests: wait as long as `Retry-After` says."),
    503: (
        "Unavailable",
        "A part of the service does not answer; the same request may succeed later.",
    ),
}

HEADERS: Final[dict[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    426: ("Upgrade", "Sec-WebSocket-Version"),
    429: ("RateLimit", "RateLimit-Policy", "Retry-After"),
    503: ("Retry-After",),
}


class ResetProblem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a reader begins again; see the frame `reset` of the live protocol.

    Attributes
    ----------
    f
        The feed.
    reason
        Why it cannot go on from the cursor.
    cur
        The cursor from which it goes on after a snapshot.
    snapshot
        Where the snapshot begins.

    """

    f: str
    reason: str
    cur: str
    snapshot: str | None = None


class QuotaProblem(msgspec.Struct, frozen=True):
    """How many documents of a kind an account keeps, and how many bytes of them.

    Attributes
    ----------
    kind
        The kind of documents that there are too many of.
    documents
        How many documents of it an account keeps.
    bytes
        How many bytes of them.

    """

    kind: str
    documents: int
    bytes: int


class Deleted(msgspec.Struct, frozen=True):
    """A document of the caller that is not there any more.

    Attributes
    ----------
    kind
        The kind of the document.
    id
        The id of the document.
    at
        When it was deleted.

    """

    kind: str
    id: str
    at: dt.datetime


class BrokenOne(msgspec.Struct, frozen=True):
    """A document of the caller that cannot be read.

    Attributes
    ----------
    kind
        The kind of the document.
    id
        The id of the document.
    version
        Its version.

    """

    kind: str
    id: str
    version: int


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal (RFC 9457).  It changed nothing.

    Attributes
    ----------
    code
        The stable name of the particular.
    detail
        A sentence for people.
    errors
        What is wrong with the input, and where.
    scope
        The permission that the token lacks (403).
    acr_values, max_age
        How well, and how many seconds ago at most, a factor has to be shown (401, RFC 9470).
    version
        At which version the document is (412).
    current
        The document as it is (409, 412).
    base, conflicts, merged
        The version that the edit was made from, the fields that others edited in another way, and
        the patch that would keep all else (409).
    reset
        Where to go on from (410).
    deleted
        What was there until its owner deleted it, and when (404).
    broken
        What cannot be read, but deleted, or written anew (409).
    after
        The milliseconds to wait (429).
    quota
        What an account may keep of a kind (409).
    type
        A URI reference that names the kind of problem.
    title
        The kind of problem in a few words.
    status
        The status of the answer.
    instance
        The path of the request.
    request_id
        The name of the request in our log.

    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    request_id: str | None = None
    errors: tuple[FieldError, ...] = ()
    scope: str | None = None
    acr_values: str | None = None
    max_age: int | None = None
    version: int | None = None
    current: Json | None = None
    base: int | None = None
    conflicts: tuple[Clash, ...] = ()
    merged: Json | None = None
    reset: ResetProblem | None = None
    deleted: Deleted | None = None
    broken: BrokenOne | None = None
    after: int | None = None
    quota: QuotaProblem | None = None


def statuses(operation: Operation[Any]) -> list[int]:
    """The statuses with which *operation* can be refused."""
    codes = {400, 429, 503, *operation.refusals}
    codes |= set() if operation.public else {401, 403}
    codes |= {404, 409} if "{" in operation.path else set()
    codes |= {422} if is_checked(operation.path) else set()
    codes |= {409, 422} if is_named(operation) else set()
    codes |= {408, 413, 415, 422} if operation.body != "none" else set()
    codes |= {409, 412} if operation.base != "ignored" else set()
    codes |= {428} if operation.base == "required" else set()
    return sorted(codes)


def is_named(operation: Operation[Any]) -> bool:
    """Whether a repeat of *operation* under one name is answered as the first was."""
    return operation.live or operation.named


def reference(status: int) -> Json:
    """Where the answers of *status* are described."""
    return {"$ref": f"#/components/responses/{MEANINGS[status][0]}"}


def described(schemas: Schemas, used: set[int]) -> Json:
    """The answers of the statuses *used*, by name."""
    schema = schemas.of(Problem, "answer")
    return {MEANINGS[status][0]: _described(status, schema) for status in sorted(used)}


def _described(status: int, schema: Any) -> Json:
    names = ("X-Request-Id", *HEADERS.get(status, ()))
    return {
        "description": MEANINGS[status][1],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }

"""Operations: what can be asked of the server, whichever way it is asked.

An operation is a row: method, path, who may, what its body is, and a function from the services of
its context and a `Call` to a `Reply`.  `Router` finds the row for a path.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec

from handlers.http import strict_json
from handlers.http.areas import Area, Areas
from handlers.http.path_table import PathTable
from models.access.caller import Caller
from models.access.limits import MUTATION_BYTES, PUBLIC_BYTES, SURFACES, Cost, kib
from models.access.request_origin import NOWHERE, RequestOrigin
from models.access.scope import Scope
from models.account import Session
from models.base.document import Document, public
from models.base.errors import FieldError, Forbidden, Invalid, Unauthenticated, invalid_parameter
from models.base.ids import MutationId
from models.base.validation import checked
from models.contexts import PERMISSIONS
from models.wire.cursor import Cursor
from upcoach.store.write.outcomes import AnyWriteResult, Outcome
from upcoach.store.write.requests import Mutation

S = TypeVar("S")
T = TypeVar("T")
Q = TypeVar("Q", bound="Query")

NEWEST: Final = 999_999_999  # version of a document
COSTLY: Final = 3  # the weight from which few operations of one user run at once
# A number that was given out, such as a version: none is beyond what JSON's readers tell apart.
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=strict_json.LARGEST)]
STATUS_OF_VERB = {"created": 201, "updated": 200, "deleted": 204, "unchanged": 200}


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters behind a path; by itself, none."""


class FailureLimit(msgspec.Struct, frozen=True):
    """Refusals with *code* are counted on *surface*: whoever had too many is not heard any more."""

    surface: str
    code: str


Charge = Callable[[Cost], Awaitable[None]]


async def free(_: Cost) -> None:
    """Charge nothing."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, however it came.

    Attributes
    ----------
    names
        The variable parts of the path.
    base
        The version that a change is based on (`If-Match`, `mut.base`).
    mutation
        The client's name for the write (`Idempotency-Key`, `mut.id`).
    origin
        Where it came from.
    browser
        The secret of the browser that it came from, where a cookie says who calls.
    is_foreign
        Whether a page of another site sent it.
    trusted
        What the browser that it came from shows for being one that its user trusts.
    client
        The app that it says it is of, which nobody has checked yet.
    size
        The bytes of its body.
    charge
        Charges what the operation finds out that it would keep, or refuses.

    """

    caller: Caller | None
    names: dict[str, str]
    query: dict[str, str] = {}
    body: Any = None
    content: bytes = b""
    base: int | None = None
    mutation: Mutation | None = None
    origin: RequestOrigin = NOWHERE
    browser: str = ""
    is_foreign: bool = False
    trusted: str = ""
    client: str = ""
    size: int = 0
    charge: Charge = free

    @property
    def scope(self) -> Scope:
        """Who calls; the operation is not open to the public."""
        return self.holder.scope

    @property
    def holder(self) -> Caller:
        """Whose token it came with."""
        if self.caller is None:
            raise token_missing()
        return self.caller

    def read(self, kind: type[T]) -> T:
        """The body as a *kind*."""
        return checked(self.body, kind)

    def require_our_page(self) -> None:
        """Refuse what a page of another site sent: it would log somebody in as somebody else."""
        if self.is_foreign:
            raise Forbidden("site_other", "This was not sent from a page of ours.")

    def require_base(self) -> int:
        """The version that the change is based on; without one nobody knows what it would undo."""
        if self.base is None:
            raise Invalid(
                "version_required", 'Say which version you change: If-Match: "v3", or base.'
            )
        return self.base

    def day(self) -> dt.date:
        """The local date in the path."""
        return checked(self.names["local_date"], dt.date)

    def asked(self, kind: type[Q]) -> Q:
        """The query as a *kind*, which is the operation's."""
        known = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
        for name in self.query:
            if name not in known:
                words = f"There is no parameter {name[:64]!r} here."
                unknown = "parameter_unknown"
                raise invalid_parameter(name[:64], words, code=unknown, refusal=unknown)
        try:
            found = checked(self.query, kind, text=True)
        except Invalid as failure:
            flaws = tuple(
                FieldError(f"?{one.pointer[1:]}", "parameter_invalid", one.detail)
                for one in failure.flaws
            )
            raise Invalid("parameter_invalid", failure.detail, flaws=flaws) from None
        for name in self.query:
            if getattr(found, known[name]) is None:  # which is how "null" is read
                words = f"The parameter {name!r} says nothing: leave it out."
                raise invalid_parameter(name, words)
        return found


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered, in no transport's words.

    Attributes
    ----------
    seq
        The position of the effect in the caller's feed; None when there is none.
    raw
        A ready-made body, in place of *body*.
    merged
        See `upcoach.store.write.outcomes.Outcome`.
    acted_as
        As whom a caller without a token goes on.
    start_session
        The session as which the browser that asked is known from now on.
    end_session
        Whether the browser that asked is nobody's from now on.
    trust_device
        What the browser that enters shows from now on, see `Call.trusted`.

    """

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    version: int | None = None
    seq: int | None = None
    cursor: str | None = None
    merged: tuple[str, ...] = ()
    replayed: bool = False
    acted_as: Scope | None = None
    headers: dict[str, str] = {}
    start_session: Session | None = None
    end_session: bool = False
    trust_device: str = ""


Run = Callable[[S, Call], Awaitable[Reply]]


def unbound(_: Any) -> Any:
    """Give nothing to an operation that is in no context."""
    raise AssertionError("This operation is in no context.")


Body = Literal["none", "json", "merge-patch", "zip", "csv"]
Base = Literal["ignored", "taken", "required"]


class Operation(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """A row of the surface.

    Attributes
    ----------
    run
        Answers a call, with what its context gives to its operations.
    service
        What that is, for an `Edge`; its context says it.
    needs
        The permission that it takes (`models.access.permissions`); empty for one that is *public*.
    public
        Whether it is open to callers without a token.
    takes
        What its JSON body holds.
    gives
        What the answer's body holds.
    otherwise
        What it holds in good answers of other statuses, by status.
    query
        The parameters behind the path.
    forms
        Other sets of parameters with which it can be asked for.
    base
        Whether it looks at the version that a write is based on (`If-Match`, `mut.base`).
    merges
        Whether what others wrote since may stay, as where *base* is looked at.
    live
        Whether it may be asked for in a `mut` frame.
    stepped_up
        Whether the caller must have shown the best factor that they have just now (RFC 9470).
    named
        Whether it is done once under one name (`Idempotency-Key`), as what is *live* is.
    summary
        What it does, where *run* does not say it in its first sentence.
    statuses
        Those of its good answers, where its method does not tell.
    refusals
        The statuses of refusals that do not follow from the rest of the row.
    limit
        The surface that it is counted on (`models.access.limits`): "read" or "write" of its user,
        or "public" by where it comes from, unless it says so.
    weight
        How many requests it counts as, which follows from what it computes and reads.
    weigh
        The same where it depends on the call, such as on how many writes it brings.
    failures
        The refusals that are counted apart.
    audit
        What the audit log calls it: "session.started"; empty for what it need not know.
    audit_target
        What it is about, where neither its path nor its body names it.
    audits_done
        Whether the audit log is told of more than its refusals.
    unread
        Whether it takes its body as it came, in `Call.content`, whatever form that has.

    """

    method: str
    path: str
    run: Run[S]
    service: Callable[[Any], S] = unbound
    needs: str = ""
    public: bool = False
    body: Body = "none"
    takes: Any = None
    gives: Any = None
    otherwise: tuple[tuple[int, Any], ...] = ()
    query: type[Query] = Query
    forms: tuple[type[Query], ...] = ()
    base: Base = "ignored"
    merges: bool = False
    live: bool = False
    stepped_up: bool = False
    named: bool = False
    summary: str = ""
    statuses: tuple[int, ...] = ()
    refusals: tuple[int, ...] = ()
    limit: str = ""
    weight: int = 1
    weigh: Callable[[Call], int] | None = None
    failures: FailureLimit | None = None
    audit: str = ""
    audit_target: str = ""
    audits_done: bool = True
    unread: bool = False
    largest: int = 0  # bytes of body

    def __post_init__(self) -> None:
        """A row that does not say who may do it does not let the server start."""
        place = f"{self.method} {self.path}"
        assert self.public is not (self.needs in PERMISSIONS), f"{place}: needs?"
        if not self.limit:
            usual = "public" if self.public else "write" if self.writes else "read"
            msgspec.structs.force_setattr(self, "limit", usual)
        if not self.largest:
            largest = MUTATION_BYTES if self.live else PUBLIC_BYTES
            msgspec.structs.force_setattr(self, "largest", largest)
        assert self.limit in SURFACES, f"{place}: {self.limit}?"

    @property
    def is_costly(self) -> bool:
        """Whether what it costs grows with all that its user has: few of them run at once."""
        return self.weight >= COSTLY

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    def cost_of(self, call: Call) -> Cost:
        """What *call* takes of its surface: a write also the bytes that it brings."""
        requests = self.weight if self.weigh is None else self.weigh(call)
        return Cost(requests, kib(call.size) if self.writes else 0)

    def base_of(self, given: int | None) -> int | None:
        """The version that a write is based on; what does not look at it never sees it."""
        return None if self.base == "ignored" else given


class Route(msgspec.Struct, frozen=True):
    """A path with all its operations, by method."""

    path: str
    operations: dict[str, Operation[Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """The variable parts of the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def pattern(self) -> str:
        """The path as a regular expression with named groups."""
        return re.sub(
            r"\{(\w+)\}",
            r"(?P<\1>[^/]+)",
            re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}"),
        )


class Router:
    """All operations by path and method."""

    def __init__(self, operations: Iterable[Operation[Any]], areas: Iterable[Area] = ()) -> None:
        self.areas = Areas(areas)
        rows: dict[str, dict[str, Operation[Any]]] = {}
        self.operations = tuple(operations)
        for operation in self.operations:
            methods = rows.setdefault(operation.path, {})
            assert operation.method not in methods, f"two of {operation.method} {operation.path}"
            methods[operation.method] = operation
        self.routes: Sequence[Route] = tuple(Route(*row) for row in rows.items())
        self._table = PathTable((route.path, route) for route in self.routes)

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route for *path* with its variable parts."""
        return self._table.find(path)


def version(given: int | None) -> int | None:
    """The version that a write says it is based on, or `Invalid` where there can be none such."""
    if given is not None and not 1 <= given <= NEWEST:
        raise Invalid("version_invalid", f"A version is a number from 1 to {NEWEST}.")
    return given


def mutation_of(
    key: str | None,
    operation: Operation[Any],
    path: str,
    base: int | None,
    body: Any,
    follows: Collection[str] = (),
) -> Mutation | None:
    """The name of a write with a digest of what it asks for; None when the client gave no name."""
    if key is None:
        return None
    try:
        msgspec.convert(key, MutationId)
    except msgspec.ValidationError:
        raise Invalid(
            "mutation_id_invalid", "The id of a write is a UUID of version 7, in lower case."
        ) from None
    asked = msgspec.json.encode([operation.method, path, base, body], order="sorted")
    return Mutation(key, hashlib.sha256(asked).digest(), follows)


def token_missing() -> Unauthenticated:
    """The refusal of whoever does not say who they are."""
    return Unauthenticated("token_missing", "Log in, and send the token as a bearer token.")


def parse_body(raw: bytes) -> Any:
    """The JSON value of a body; None when it is empty."""
    return strict_json.parse(raw) if raw else None


def written(outcome: AnyWriteResult) -> Reply:
    """The reply to a write."""
    status = STATUS_OF_VERB[outcome.verb]
    return Reply(
        status=status,
        body=outcome.body,
        version=outcome.version if outcome.body is not None else None,
        seq=outcome.seq,
        merged=outcome.merged,
        replayed=outcome.replayed,
    )


def owned_by(outcome: Outcome[Document]) -> Scope:
    """Whose document it was that was written: of who came without a token, that is who it was."""
    return Scope(user=outcome.document.owner)


def shown(document: Document) -> Reply:
    """The reply that shows *document*."""
    return Reply(body=public(document), version=document.version)


def cursor_text(epoch: str, reply: Reply) -> str | None:
    """The cursor that goes with *reply*."""
    if reply.cursor is not None:
        return reply.cursor
    return None if reply.seq is None else str(Cursor(epoch, reply.seq))

"""Operations as rows: method, path, who may call, what the body is, and the function that runs."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, Literal, TypeVar

import msgspec

from handlers.http.operations.calls import Call, Query
from handlers.http.operations.replies import Reply
from models.access.limits import MUTATION_BYTES, PUBLIC_BYTES
from models.access.rate_limits import SURFACES, Cost, Party, kib
from models.contexts import PERMISSIONS

S = TypeVar("S")
EACH: Final = "each"  # in place of a permission: each write in the body needs its own
COSTLY: Final = 3  # the weight from which few operations of one user run at once
Run = Callable[[S, Call], Awaitable[Reply]]
Body = Literal["none", "json", "merge-patch", "zip", "csv"]
Base = Literal["ignored", "taken", "required"]


class FailureLimit(msgspec.Struct, frozen=True):
    """A limit on failures: refusals with *code* are counted on *surface*."""

    surface: str
    code: str


def unbound(_: Any) -> Any:
    """Fail: the operation belongs to no context."""
    raise AssertionError("This operation is in no context.")


class Operation(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """An operation of the API: what it takes, gives, needs and costs.

    Attributes
    ----------
    run
        Answers a call, with what its context gives to its operations.
    service
        What that is, for an `Edge`; its context says it.
    needs
        The permission that it takes (`models.access.permissions`); empty for one that is *public*;
        `EACH` where its body holds writes.
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
        The surface that it is counted on (`models.access.rate_limits`): "read" or "write" of its
        user, or "public" by where it comes from, unless it says so.
    weight
        How many requests it counts as, which follows from what it computes and reads.
    weigh
        The same where it depends on the call, such as on how many writes it brings.
    names
        The names of the writes in its body, where that holds some.
    failures
        The refusals that are counted apart.
    check
        Refuses a call that is wrong in itself, before it is charged, where few are allowed.
    audit
        What the audit log calls it: "session.started"; empty for what it need not know.
    audit_target
        What it is about, where neither its path nor its body names it.
    audits_done
        Whether the audit log is told of more than its refusals.
    unread
        Whether it takes its body as it came, in `Call.content`, whatever form that has.
    prefers
        The preferences that it looks at (`Prefer`, RFC 7240).

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
    names: Callable[[Call], tuple[str, ...]] | None = None
    failures: FailureLimit | None = None
    check: Callable[[Call], None] | None = None
    audit: str = ""
    audit_target: str = ""
    audits_done: bool = True
    unread: bool = False
    prefers: tuple[str, ...] = ()
    largest: int = 0  # bytes of body

    def __post_init__(self) -> None:
        """A row that does not say who may do it does not let the server start."""
        if self.public is (self.needs in PERMISSIONS or self.needs == EACH):
            words = f"{self.method} {self.path}: public, or which permission does it need?"
            raise ValueError(words)
        if not self.limit:
            usual = "public" if self.public else "write" if self.writes else "read"
            msgspec.structs.force_setattr(self, "limit", usual)
        if not self.largest:
            largest = MUTATION_BYTES if self.live else PUBLIC_BYTES
            msgspec.structs.force_setattr(self, "largest", largest)
        if self.limit not in SURFACES:
            words = f"{self.method} {self.path}: there is no limit {self.limit!r}"
            raise ValueError(words)
        unknown = SURFACES[self.limit].parties - self._parties()
        if unknown:  # all callers would be counted as one
            words = f"{self.method} {self.path}: counted by {sorted(unknown)}, which it never knows"
            raise ValueError(words)

    def _parties(self) -> set[Party]:
        """Whom a call can be counted by (`handlers.http.rate_limiting.parties_of`)."""
        if not self.public:
            return {"ip", "user", "address", "session"}
        known: set[Party] = {"ip"}
        if self.takes is None:  # a form of OAuth, which names its client
            known |= {"client"}
        fields = getattr(self.takes, "__struct_fields__", ())
        if "email" in fields:
            known |= {"address", "account", "device"}
        if "refresh_token" in fields:
            known |= {"session"}
        return known

    @property
    def is_costly(self) -> bool:
        """Whether what it costs grows with all that its user has: few of them run at once."""
        return self.weight >= COSTLY

    @property
    def is_page(self) -> bool:
        """Whether it answers with a page of as many items as its query says."""
        fields = msgspec.structs.fields(self.query)
        return not self.writes and any(field.name == "limit" for field in fields)

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    def cost_of(self, call: Call) -> Cost:
        """What *call* takes of its surface: a write also the bytes that it brings."""
        requests = self.weight if self.weigh is None else self.weigh(call)
        return Cost(requests, kib(call.size) if self.writes else 0)

    def names_of(self, call: Call) -> tuple[str, ...]:
        """The names of all writes that *call* brings."""
        brought = () if self.names is None else self.names(call)
        return brought if call.mutation is None else (call.mutation.id, *brought)

    def base_of(self, given: int | None) -> int | None:
        """The version that a write is based on; what does not look at it never sees it."""
        return None if self.base == "ignored" else given

"""Calls: one request to an operation, whichever transport it came by."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from handlers.http.operations import strict_json
from models.access.caller import Caller
from models.access.rate_limits import Cost
from models.access.request_origin import RequestOrigin
from models.access.scope import Scope
from models.base.errors import (
    FieldError,
    Forbidden,
    Invalid,
    Unauthenticated,
    invalid_field,
    invalid_parameter,
)
from models.base.fields import Moment
from models.base.text.type_words import words_of
from models.base.validation import MOST, checked, summary, unknown
from models.base.versions.version_conditions import needs_document
from upcoach.services.base.spooled_file import SpooledFile
from upcoach.store.write.requests import Mutation

T = TypeVar("T")
Q = TypeVar("Q", bound="Query")
# A number that was given out, such as a version: none is beyond what JSON's readers tell apart.
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=strict_json.LARGEST)]
Charge = Callable[[Cost], Awaitable[None]]


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters behind a path; by itself, none."""


async def charge_nothing(_: Cost) -> None:
    """Charge nothing."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request to an operation, by whatever transport.

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
        The cookie of a trusted device, if the browser that it came from has one.
    client
        The app that it says it is of, which nobody has checked yet.
    upload
        The file that is its body, where that went to the disk.
    size
        The bytes of its body.
    wait_s
        How long the writes that it follows are waited for, which were told to come again.
    preferences
        The values of those that the operation looks at (`Prefer`).
    charge
        Charges what the operation finds that it would keep, or refuses.

    """

    caller: Caller | None
    names: dict[str, str]
    query: dict[str, str] = {}
    body: Any = None
    content: bytes = b""
    upload: SpooledFile | None = None
    base: int | None = None
    mutation: Mutation | None = None
    origin: RequestOrigin
    browser: str = ""
    is_foreign: bool = False
    trusted: str = ""
    client: str = ""
    size: int = 0
    wait_s: float = 0.0
    preferences: Mapping[str, str] = {}
    charge: Charge = charge_nothing

    @property
    def scope(self) -> Scope:
        """The scope of the caller, who must be known."""
        return self.authenticated_caller.scope

    @property
    def authenticated_caller(self) -> Caller:
        """The caller, or `Unauthenticated` if there is none."""
        if self.caller is None:
            raise token_missing()
        return self.caller

    def read(self, kind: type[T]) -> T:
        """The body as a *kind*."""
        return checked(self.body, kind)

    def require_removable(self, kind: type[msgspec.Struct]) -> None:
        """Refuse a merge patch that removes a field which a *kind* has not: a slip of the pen."""
        if not isinstance(self.body, dict):
            return
        known = {field.encode_name for field in msgspec.structs.fields(kind)}
        names = [name for name, value in self.body.items() if value is None and name not in known]
        if flaws := tuple(unknown("", name) for name in names[:MOST]):
            raise Invalid("body_invalid", summary(flaws), flaws=flaws)

    def require_our_page(self) -> None:
        """Refuse what a page of another site sent: it would log somebody in as somebody else."""
        if self.is_foreign:
            raise Forbidden("site_other", "This was sent from another site.")

    def require_base(self) -> int:
        """The version that the change is based on; without one nobody knows what it would undo."""
        if not needs_document(self.base) or self.base is None:
            raise Invalid(
                "version_required", 'Say which version you change: If-Match: "v3", or base.'
            )
        return self.base

    def day(self) -> dt.date:
        """The local date in the path."""
        day: dt.date = self.part("local_date", dt.date)
        return day

    def part(self, name: str, kind: Any) -> Any:
        """The part of the path that stands for *name*, as a *kind*."""
        try:
            return checked(self.names[name], kind, text=True)
        except Invalid:
            words = f"In the path, {name} must be {words_of(kind)}."
            raise invalid_field(f"{{{name}}}", "field_invalid", words) from None

    def parse_query(self, kind: type[Q]) -> Q:
        """The query as a *kind*, which is the operation's."""
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
        for name in self.query:
            if name not in fields:
                words = f"There is no parameter {name[:64]!r} here."
                unknown = "parameter_unknown"
                raise invalid_parameter(name[:64], words, code=unknown, refusal=unknown)
        try:
            query = checked(self.query, kind, text=True)
        except Invalid as failure:
            flaws = tuple(map(_of_parameter, failure.flaws))
            raise Invalid("parameter_invalid", summary(flaws), flaws=flaws) from None
        for name, text in self.query.items():
            value = getattr(query, fields[name])
            if value is None:  # which is how "null" is read
                words = f"The parameter {name!r} says nothing: leave it out."
                raise invalid_parameter(name, words)
            if isinstance(value, dt.datetime) and ":" not in text:  # of seconds since 1970
                raise invalid_parameter(name, f"The parameter {name} must be {words_of(Moment)}.")
        return query


def _of_parameter(flaw: FieldError) -> FieldError:
    """*flaw* of a field as one of the parameter that it was read from."""
    detail = flaw.detail.replace("The field", "The parameter", 1)
    return FieldError(f"?{flaw.pointer[1:]}", "parameter_invalid", detail)


def token_missing() -> Unauthenticated:
    """The refusal of whoever does not say who they are."""
    return Unauthenticated("token_missing", "Log in, and send the token as a bearer token.")


def parse_body(raw: bytes) -> Any:
    """The JSON value of a body; None when it is empty."""
    return strict_json.parse(raw) if raw else None

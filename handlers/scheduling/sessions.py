"""Sessions: booked, moved, cancelled, held and rated."""

import datetime as dt
from typing import Any, Final, Literal

import msgspec

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import (
    Items,
    UpdatedQuery,
    between,
    page_by_order,
    span_and_rest,
)
from models.base.errors import Invalid, invalid_parameter
from models.base.fields import Moment
from models.base.time import to_stored
from models.scheduling import (
    CoachingSession,
    CompletionDraft,
    MoveDraft,
    NewSession,
    RatingDraft,
    ReasonDraft,
    Role,
    SessionNotesDraft,
    SessionStatus,
)
from upcoach.services.base.resources import require_object
from upcoach.services.scheduling import SchedulingServices
from upcoach.store.collections.documents import Selection

SESSIONS: Final = "/v1/coaching/sessions"
SESSION: Final = SESSIONS + "/{id}"

_FIELDS: Final = {"starts": "starts_at", "updated": "updated_at"}


class SessionQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some of the caller's sessions in some order.

    Attributes
    ----------
    status
        Sessions with this status.
    role
        Those in which the caller is the coach, or the client.
    other
        Those with this person.
    from
        Those that begin at this moment or later.
    to
        Those that begin at this moment or earlier.
    sort
        The order, descending with a minus: `starts` by default, `updated` with *updated_since*.

    """

    usual = "starts"

    status: SessionStatus | None = None
    role: Role | None = None
    other: str | None = None
    first: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    sort: Literal["starts", "-starts", "updated", "-updated"] | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        order = _FIELDS[self.ordering().removeprefix("-")]
        begins = between(_stored("from", self.first), _stored("to", self.to))
        span, rest = span_and_rest(order, {"starts_at": begins, "updated_at": self.updated()})
        return Selection(
            order=order,
            where=self.given("status", "role", "other") | rest,
            span=span,
            descending=self.ordering().startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )


def _stored(name: str, moment: dt.datetime | None) -> dt.datetime | None:
    try:
        return None if moment is None else to_stored(moment)
    except Invalid as refusal:
        raise invalid_parameter(name, refusal.detail) from None


async def page(services: SchedulingServices, call: Call) -> Reply:
    """List the caller's sessions, as a coach and as a client."""
    selection = call.parse_query(SessionQuery).selection()
    documents = await services.sessions.select(call.scope, selection)
    return page_by_order(SESSIONS, call, documents, selection)


async def book(services: SchedulingServices, call: Call) -> Reply:
    """Book a session with a coach, at one of the times that they offer."""
    draft = call.read(NewSession)
    return write_reply(await services.bookings.book(call.scope, draft, call.mutation))


async def read(services: SchedulingServices, call: Call) -> Reply:
    """Get one of the caller's sessions."""
    return document_reply(await services.sessions.get(call.scope, call.names["id"]))


async def annotate(services: SchedulingServices, call: Call) -> Reply:
    """Change the caller's own notes on a session by a merge patch (RFC 7396)."""
    patch, base = require_object(call.body), call.require_base()
    return write_reply(
        await services.sessions.change(call.scope, call.names["id"], patch, base, call.mutation)
    )


async def move(services: SchedulingServices, call: Call) -> Reply:
    """Move a session to another time."""
    draft = call.read(MoveDraft)
    return write_reply(
        await services.bookings.move(call.scope, call.names["id"], draft, call.mutation)
    )


async def cancel(services: SchedulingServices, call: Call) -> Reply:
    """Cancel a session."""
    draft = call.read(ReasonDraft)
    return write_reply(
        await services.sessions.cancel(call.scope, call.names["id"], draft, call.mutation)
    )


async def confirm(services: SchedulingServices, call: Call) -> Reply:
    """Confirm a booking that waits for its coach."""
    return write_reply(await services.sessions.confirm(call.scope, call.names["id"], call.mutation))


async def decline(services: SchedulingServices, call: Call) -> Reply:
    """Decline a booking that waits for its coach."""
    draft = call.read(ReasonDraft)
    return write_reply(
        await services.sessions.decline(call.scope, call.names["id"], draft, call.mutation)
    )


async def start(services: SchedulingServices, call: Call) -> Reply:
    """Start a session."""
    return write_reply(await services.sessions.start(call.scope, call.names["id"], call.mutation))


async def complete(services: SchedulingServices, call: Call) -> Reply:
    """Complete a session, with a summary and next steps for its client."""
    draft = call.read(CompletionDraft)
    return write_reply(
        await services.sessions.complete(call.scope, call.names["id"], draft, call.mutation)
    )


async def miss(services: SchedulingServices, call: Call) -> Reply:
    """Report that the other person did not come to a session."""
    return write_reply(await services.sessions.miss(call.scope, call.names["id"], call.mutation))


async def rate(services: SchedulingServices, call: Call) -> Reply:
    """Rate a session that is completed."""
    draft = call.read(RatingDraft)
    return write_reply(
        await services.sessions.rate(call.scope, call.names["id"], draft, call.mutation)
    )


def _step(name: str, run: Any, takes: Any = None, method: str = "POST") -> Operation[Any]:
    """The row of what brings a session further."""
    return Operation(
        method=method,
        path=f"{SESSION}/{name}",
        run=run,
        needs="scheduling:write",
        body="none" if takes is None else "json",
        takes=takes,
        gives=CoachingSession,
        statuses=(200,),
        refusals=(403, 409),
        live=True,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=SESSIONS,
        run=page,
        needs="scheduling:read",
        query=SessionQuery,
        gives=Items[CoachingSession],
    ),
    Operation(
        method="POST",
        path=SESSIONS,
        run=book,
        needs="scheduling:write",
        body="json",
        takes=NewSession,
        gives=CoachingSession,
        refusals=(404, 409),
        live=True,
    ),
    Operation(method="GET", path=SESSION, run=read, needs="scheduling:read", gives=CoachingSession),
    Operation(
        method="PATCH",
        path=SESSION,
        run=annotate,
        needs="scheduling:write",
        body="merge-patch",
        takes=SessionNotesDraft,
        gives=CoachingSession,
        base="required",
        live=True,
    ),
    _step("move", move, MoveDraft),
    _step("cancel", cancel, ReasonDraft),
    _step("confirm", confirm),
    _step("decline", decline, ReasonDraft),
    _step("start", start),
    _step("complete", complete, CompletionDraft),
    _step("no-show", miss),
    _step("rating", rate, RatingDraft, method="PUT"),
)

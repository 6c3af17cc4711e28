"""What coaches offer, the times that can be booked, and holds of them."""

from typing import Final

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply, write_reply
from handlers.http.pagination import Items
from models.base.errors import Invalid, invalid_parameter
from models.base.fields import Moment
from models.base.ids import PartId
from models.base.time import to_stored
from models.scheduling import HoldDraft, SlotHold
from upcoach.services.scheduling import CoachOffer, OfferedSlot, SchedulingServices

OFFER: Final = "/v1/coaches/{coach}/offer"
SLOTS: Final = "/v1/coaches/{coach}/slots"
HOLDS: Final = "/v1/coaching/holds"
HOLD: Final = HOLDS + "/{coach}"


class SlotQuery(Query, frozen=True, kw_only=True):
    """Times of a coach's for one type of session.

    Attributes
    ----------
    type
        Which of the coach's session types.
    from
        The first moment.
    to
        The moment after the last; 62 days later at most.
    explain
        Whether to list all times within the coach's hours, and say of each why it cannot be
        booked.

    """

    type: PartId
    first: Moment = msgspec.field(name="from")
    to: Moment
    explain: bool = False


async def offer(services: SchedulingServices, call: Call) -> Reply:
    """Get what a coach offers to the caller: types of sessions, and the terms."""
    return Reply(body=await services.slots.offer(call.scope, call.names["coach"]))


async def offered(services: SchedulingServices, call: Call) -> Reply:
    """List the times at which the caller can book a coach."""
    query = call.parse_query(SlotQuery)
    span = []
    for name, moment in (("from", query.first), ("to", query.to)):
        try:
            span.append(to_stored(moment))
        except Invalid as refusal:
            raise invalid_parameter(name, refusal.detail) from None
    slots = await services.slots.offered(
        call.scope, call.names["coach"], query.type, (span[0], span[1]), explain=query.explain
    )
    return Reply(body=Items(slots))


async def hold(services: SchedulingServices, call: Call) -> Reply:
    """Hold a time of a coach's for five minutes, in the place of what the caller held of them."""
    draft = call.read(HoldDraft)
    return write_reply(await services.bookings.hold(call.scope, draft, call.mutation))


async def release(services: SchedulingServices, call: Call) -> Reply:
    """Release what the caller holds of a coach's time."""
    return write_reply(
        await services.bookings.release(call.scope, call.names["coach"], call.mutation)
    )


OPERATIONS = (
    Operation(method="GET", path=OFFER, run=offer, needs="scheduling:read", gives=CoachOffer),
    Operation(
        method="GET",
        path=SLOTS,
        run=offered,
        needs="scheduling:read",
        query=SlotQuery,
        gives=Items[OfferedSlot],
        weight=3,
    ),
    Operation(
        method="POST",
        path=HOLDS,
        run=hold,
        needs="scheduling:write",
        body="json",
        takes=HoldDraft,
        gives=SlotHold,
        statuses=(200, 201),
        refusals=(404, 409),
        live=True,
    ),
    Operation(
        method="DELETE",
        path=HOLD,
        run=release,
        needs="scheduling:write",
        live=True,
    ),
)

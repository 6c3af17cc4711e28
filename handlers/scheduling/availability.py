"""When the caller can be booked as a coach."""

from typing import Final

from handlers.http.operations import Call, Operation, Reply, write_reply
from models.base.document import public
from models.scheduling import Availability, AvailabilityDraft
from upcoach.services.base.resources import require_object
from upcoach.services.scheduling import SchedulingServices

AVAILABILITY: Final = "/v1/coaching/availability"


async def read(services: SchedulingServices, call: Call) -> Reply:
    """Get the caller's availability as a coach; version 0 is the defaults, without hours."""
    availability = await services.availabilities.get(call.scope)
    return Reply(body=public(availability), version=availability.version or None)


async def change(services: SchedulingServices, call: Call) -> Reply:
    """Change the caller's availability as a coach by a merge patch (RFC 7396)."""
    patch = require_object(call.body)
    return write_reply(
        await services.availabilities.change(call.scope, patch, call.base, call.mutation)
    )


OPERATIONS = (
    Operation(
        method="GET",
        path=AVAILABILITY,
        run=read,
        needs="scheduling:read",
        gives=Availability,
    ),
    Operation(
        method="PATCH",
        path=AVAILABILITY,
        run=change,
        needs="scheduling:write",
        body="merge-patch",
        takes=AvailabilityDraft,
        gives=Availability,
        base="taken",
        statuses=(200, 201),
        live=True,
    ),
)

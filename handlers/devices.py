"""How far a person's devices have come."""

from handlers.operations import Call, Operation, Reply
from upcoach.services import Services


async def devices(services: Services, call: Call) -> Reply:
    """Each device with the number of each feed up to which it has kept everything."""
    found = await services.positions.page(call.scope)
    items = [
        {"device": one.device, "feed": one.feed, "seq": one.seq, "at": one.at} for one in found
    ]
    return Reply(body={"items": items})


OPERATIONS = (Operation(method="GET", path="/v1/devices", run=devices, needs="account:read"),)

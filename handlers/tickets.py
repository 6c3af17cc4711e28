"""Tickets: a login for one connection."""

import msgspec

from handlers.operations import Call, Operation, Reply
from streams.tickets import Tickets
from upcoach.services import Services


def operations(tickets: Tickets) -> tuple[Operation, ...]:
    """The operations that need the node's tickets."""

    async def issue(_services: Services, call: Call) -> Reply:
        """A ticket that opens one connection of the caller, once, within thirty seconds."""
        ticket = await tickets.issue(call.holder)
        return Reply(status=201, body=msgspec.to_builtins(ticket))

    return (Operation(method="POST", path="/v1/live/tickets", run=issue, needs="live:read"),)

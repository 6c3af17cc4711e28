"""Tickets: a login for one connection."""

from handlers.http.operations import Call, Operation, Reply
from streams.redis.connection_tickets import ConnectionTicket, ConnectionTickets


async def issue(tickets: ConnectionTickets, call: Call) -> Reply:
    """Issue a ticket for one live connection, valid once, for thirty seconds."""
    return Reply(status=201, body=await tickets.issue(call.authenticated_caller))


OPERATIONS = (
    Operation(
        method="POST", path="/v1/live/tickets", run=issue, needs="live:read", gives=ConnectionTicket
    ),
)

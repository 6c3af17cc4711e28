"""Tickets: a login for one connection."""

from tests.support.wire.answers import done
from upcoach.client import Client

TICKETS = "/v1/live/tickets"


async def ticket_of(person: Client) -> str:
    """A fresh ticket."""
    answer = await done(person.call("POST", TICKETS))
    return str(answer.body["ticket"])

"""Tickets: a login for one connection."""

from tests.support.wire.answers import done
from upcoach.client import RestClient

TICKETS = "/v1/live/tickets"


async def ticket_of(person: RestClient) -> str:
    """A fresh ticket."""
    answer = await done(person.call("POST", TICKETS))
    return str(answer.body["ticket"])

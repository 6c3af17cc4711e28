"""Somebody with something of every kind."""

from tests.account.contract_mail import stepped_up
from tests.goals import people as goals
from tests.support.people import diary
from tests.support.people.furnished import furnished as with_habits
from tests.support.server import Server
from upcoach.client import Client


async def furnished(server: Server) -> Client:
    """Somebody with something of every kind, who has shown a second factor just now."""
    person = await goals.furnish(await diary.furnish(await with_habits(server)))
    return await stepped_up(server, person)

"""Somebody with a verified address."""

from tests.account.planting import click
from tests.support.people.addresses import VERIFY
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest, token_in
from tests.support.server import Server


async def verified(server: Server) -> AccountHolder:
    """Somebody who has shown that their address is theirs."""
    person = await AccountHolder.new(server)
    token = token_in(await newest(server, person.email))
    assert await click(server, VERIFY, token) == 204
    return person

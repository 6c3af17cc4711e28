"""People who register, verify their address and move to another."""

from typing import Final

from tests.account.planting import click
from tests.support.people.mail import newest, token_in
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server
from upcoach.client import RestClient

ANN = "ann@example.org"
VERIFY = "/v1/auth/verify-email"


async def joined(server: Server, email: str = ANN) -> RestClient:
    """Whoever has just registered *email*, logged in."""
    anonymous = server.client()
    answer = await anonymous.register(email, PASSWORD, "Ann")
    assert answer.status == 202, answer
    person = await anonymous.log_in(email, PASSWORD, "phone")
    kept = server.client(person.token)
    kept.refresh_token = person.refresh_token
    person.close()
    return kept


async def is_verified(person: RestClient) -> bool:
    return "verified_at" in (await person.call("GET", "/v1/me")).body


BOB = "bob@example.org"
MOVE, CONFIRM = "/v1/auth/email", "/v1/auth/email/confirm"


async def stepped_up(server: Server, email: str = ANN, *, is_verified: bool = True) -> RestClient:
    """Somebody who has shown a second factor just now."""
    await joined(server, email)
    if is_verified:
        assert await click(server, VERIFY, token_in(await newest(server, email))) == 204
    person = await server.client().log_in(email, PASSWORD, "laptop")
    await server.node.services.account.sessions.step_up(scope_of(server, person), ("otp",), 2)
    assert await person.refresh()
    token = person.token
    person.close()
    return server.client(token)


async def confirm(server: Server, token: str) -> int:
    return (await server.client().call("POST", CONFIRM, {"token": token})).status


UNDO: Final = "/v1/auth/email/undo"

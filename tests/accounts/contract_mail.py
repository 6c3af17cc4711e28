"""Addresses and passwords, as tests/test_contract.py sees them succeed."""

from tests.accounts.post import newest, token_in
from tests.support.server import PASSWORD, Server
from tests.test_snapshot_law import done, scope_of
from upcoach.client import Client


async def go_by_mail(server: Server) -> None:
    """Verify an address, move to another, change a password and forget it."""
    person = await stepped_up(server, await server.person())
    anonymous = server.client()
    email = (await person.call("GET", "/v1/me")).body["email"]
    await done(person.call("POST", "/v1/auth/verify-email/resend"))
    link = {"token": token_in(await newest(server, email))}
    await done(anonymous.call("POST", "/v1/auth/verify-email", link))
    other = {"email": f"other-{email}"}
    await done(person.call("POST", "/v1/auth/email", other))
    link = {"token": token_in(await newest(server, other["email"]))}
    await done(anonymous.call("POST", "/v1/auth/email/confirm", link))
    change = {"current": PASSWORD, "password": f"{PASSWORD} 2"}
    await done(person.call("POST", "/v1/auth/password/change", change))
    await done(anonymous.call("POST", "/v1/auth/password/forgot", other))
    link = {"token": token_in(await newest(server, other["email"]))}
    new = link | {"password": f"{PASSWORD} 3"}
    await done(anonymous.call("POST", "/v1/auth/password/reset", new))


async def stepped_up(server: Server, person: Client) -> Client:
    """*person*, who has shown a second factor just now."""
    await server.node.services.sessions.step_up(scope_of(server, person), ("otp",), 2)
    assert await person.refresh()
    return person

"""Addresses and passwords, as tests/laws/test_contract.py sees them succeed."""

import dataclasses
import datetime as dt

from config.settings import Settings
from models.base.clock import utc_now
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest, token_in
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.server.provider import OpenIdProvider
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.account.federation.id_tokens import Subject


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
    await _come_back(server)


async def _come_back(server: Server) -> None:
    """Say of an app for codes that it is not theirs, and undo a move."""
    ann = await AccountHolder.new(server)
    anonymous = server.client()
    await ann.enrol(confirmed=False)
    link = {"token": token_in(await newest(server, ann.email))}
    await done(anonymous.call("POST", "/v1/auth/additions/disown", link))
    bob = await stepped_up(server, await server.person())
    email = (await bob.call("GET", "/v1/me")).body["email"]
    await done(bob.call("POST", "/v1/auth/email", {"email": f"other-{email}"}))
    link = {"token": token_in(await newest(server, f"other-{email}"))}
    await done(anonymous.call("POST", "/v1/auth/email/confirm", link))
    link = {"token": token_in(await newest(server, email))}
    await done(anonymous.call("POST", "/v1/auth/email/undo", link))


async def come_from_provider(settings: Settings, kind: type[RestClient]) -> None:
    """Log in by the word of a provider, link another identity, and take one away."""
    async with OpenIdProvider().listening() as provider:
        known = dataclasses.replace(settings, providers=(provider.row(),))
        async with serving(known, kind) as server:
            await _come(server, provider)


async def _come(server: Server, provider: OpenIdProvider) -> None:
    nonces = [
        (await done(server.client().call("POST", "/v1/auth/nonce"))).body["nonce"] for _ in range(2)
    ]
    proof = {"id_token": provider.token(nonce=nonces[0]), "nonce": nonces[0], "device": "phone"}
    answer = await done(server.client().call("POST", "/v1/auth/google/token", proof))
    person = server.client(answer.body["token"])
    person.refresh_token = answer.body["refresh_token"]
    await stepped_up(server, person)
    path = "/v1/auth/identities"
    token = provider.token(nonce=nonces[1], sub="another")
    more = {"provider": "google", "id_token": token, "nonce": nonces[1]}
    made = await done(person.call("POST", path, more))
    await done(person.call("GET", path))
    await done(person.call("DELETE", f"{path}/{made.body['id']}"))


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """Something of a stranger's, below the path where it would be found."""
    subject = Subject(provider="google", title="Google", issuer="https://x.test", subject="1")
    linking = server.node.services.account.federation.linking
    made = await linking.link(scope_of(server, stranger), subject)
    assert made.body is not None
    return {"/v1/auth/identities": made.body["id"]}


async def stepped_up(server: Server, person: RestClient) -> RestClient:
    """*person*, who has shown a second factor just now."""
    await server.node.services.account.sessions.step_up(scope_of(server, person), ("otp",), 2)
    assert await person.refresh()
    return person


async def stale(server: Server, person: RestClient) -> RestClient:
    """*person*, who has shown no factor for an hour."""
    session = scope_of(server, person).session
    earlier = {"$set": {"authenticated_at": utc_now() - dt.timedelta(hours=1)}}
    name = {"_id": {"$regex": f"/{session}$"}}
    await server.node.database["sessions"].update_one(name, earlier)
    assert await person.refresh()
    return person

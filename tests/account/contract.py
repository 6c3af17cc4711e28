"""What is asked of an account, each at least once with success: for the contract of the surface."""

from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import CHALLENGE, LOGIN, SESSIONS, AccountHolder
from tests.support.people.passkeys import ORIGIN, PASSKEYS, add, options
from tests.support.server import PASSWORD, Server
from tests.support.wire.answers import done


async def use_factors(server: Server) -> None:
    """Enrol everything, show everything, and take it back."""
    ann, phone = await AccountHolder.new(server), Authenticator(ORIGIN)
    await done(ann.step_up(password=PASSWORD))
    await ann.enrol()
    await done(ann.step_up(recovery_code=ann.codes[0]))
    await done(ann.client.call("POST", "/v1/auth/recovery-codes"))
    await done(ann.client.call("GET", "/v1/auth/factors"))
    await done(add(ann, phone))
    await _show(server, ann, phone)
    await ann.forget_step()
    await done(ann.answer(await ann.challenge(), totp=ann.code(), trust_device=True))
    for path in ("/v1/auth/devices", PASSKEYS, SESSIONS):
        found = (await done(ann.client.call("GET", path))).body["items"]
        one = f"{path}/{found[0]['id']}"
        name = {PASSKEYS: "name", SESSIONS: "device_name"}.get(path)
        if name is not None:
            await done(ann.client.call("PATCH", one, {name: "Mine"}))
        if path != SESSIONS:
            await done(ann.client.call("DELETE", one))
    await done(ann.client.call("POST", "/v1/auth/totp/disable"))
    await _leave(ann)
    await _be_refused(server, ann)


async def _show(server: Server, ann: AccountHolder, phone: Authenticator) -> None:
    """Show a passkey in every place that asks for one."""
    name = await ann.challenge()
    asked = await options(server.client(), "/v1/auth/challenge", {"challenge": name})
    await done(ann.answer(name, passkey=phone.show(asked)))
    asked = await options(ann.client, "/v1/auth/step-up")
    await done(ann.step_up(passkey=phone.show(asked)))
    shown = phone.show(await options(server.client(), f"{PASSKEYS}/login"))
    body = {"credential": shown, "device": "tv"}
    await done(server.client().call("POST", f"{PASSKEYS}/login", body))


async def _leave(ann: AccountHolder) -> None:
    """End one session, and all."""
    items = (await done(ann.client.call("GET", SESSIONS))).body["items"]
    other = next(one["id"] for one in items if not one["current"])
    await done(ann.client.call("DELETE", f"{SESSIONS}/{other}"))
    await done(ann.client.call("DELETE", SESSIONS))


async def _be_refused(server: Server, ann: AccountHolder) -> None:
    """Show what is wrong, until it may be shown no more."""
    bob = await AccountHolder.enrolled(server)
    name = await bob.challenge()
    statuses = [(await bob.answer(name, totp="000000")).status for _ in range(6)]
    statuses += [(await bob.step_up(totp="000000")).status for _ in range(6)]
    anonymous = server.client()
    statuses += [
        (await anonymous.call("POST", CHALLENGE, {"challenge": "x"})).status,
        (await bob.client.call("POST", "/v1/auth/totp/disable")).status,
        (await ann.client.call("GET", SESSIONS)).status,
        (await anonymous.call("POST", LOGIN, {"email": bob.email})).status,
    ]
    assert statuses == [*[403] * 5, 429] * 2 + [422, 401, 401, 422]

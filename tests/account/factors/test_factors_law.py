"""Factors are documents like any other: an old snapshot and the events are the new snapshot."""

from collections.abc import Awaitable, Callable
from typing import Final

from config.settings import Settings
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import SESSIONS, AccountHolder
from tests.support.people.mail import newest, token_in
from tests.support.people.passkeys import ORIGIN, PASSKEYS, add, options
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.client import Response

Act = Callable[[AccountHolder, Authenticator], Awaitable[object]]


async def _passkey(ann: AccountHolder, phone: Authenticator) -> Response:
    return await add(ann, phone)


async def _with_passkey(ann: AccountHolder, phone: Authenticator) -> Response:
    return await ann.step_up(passkey=phone.show(await options(ann.client, "/v1/auth/step-up")))


async def _name(ann: AccountHolder, _: Authenticator) -> Response:
    return await ann.client.call("PATCH", await _first(ann, PASSKEYS), {"name": "Old phone"})


async def _delete(ann: AccountHolder, _: Authenticator) -> Response:
    return await ann.client.call("DELETE", await _first(ann, PASSKEYS))


async def _trust(ann: AccountHolder, _: Authenticator) -> Response:
    await ann.forget_step()
    return await ann.answer(await ann.challenge(), totp=ann.code(), trust_device=True)


async def _distrust(ann: AccountHolder, _: Authenticator) -> Response:
    return await ann.client.call("DELETE", await _first(ann, "/v1/auth/devices"))


async def _confirm(ann: AccountHolder, _: Authenticator) -> Response:
    token = {"token": token_in(await newest(ann.server, ann.email))}
    return await ann.server.client().call("POST", "/v1/auth/additions/confirm", token)


async def _first(ann: AccountHolder, path: str) -> str:
    found = (await done(ann.client.call("GET", path))).body["items"]
    return f"{path}/{found[0]['id']}"


ACTS: Final[tuple[tuple[Act, tuple[str, ...]], ...]] = (
    (lambda ann, _: ann.enrol(confirmed=False), ("factors.created",)),
    (_confirm, ("user.updated", "factors.updated")),
    (
        lambda ann, _: ann.step_up(recovery_code=ann.codes[0]),
        ("factors.updated", "session.updated"),
    ),
    (lambda ann, _: ann.client.call("POST", "/v1/auth/recovery-codes"), ("factors.updated",)),
    (_passkey, ("passkey.created", "factors.updated", "factors.updated")),
    (_with_passkey, ("passkey.updated", "session.updated")),
    (_name, ("passkey.updated",)),
    (_name, ()),
    (_trust, ("factors.updated", "session.created", "trusted_device.created")),
    (_distrust, ("trusted_device.deleted",)),
    (_delete, ("passkey.deleted", "factors.updated")),
    (lambda ann, _: ann.client.call("POST", "/v1/auth/totp/disable"), ("factors.updated",)),
    (lambda ann, _: ann.client.call("DELETE", f"{SESSIONS}?keep=current"), ("session.ended",)),
)


async def test_an_old_snapshot_and_the_events_are_the_new_snapshot(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, phone = await AccountHolder.new(server), Authenticator(ORIGIN)
        for number, (act, types) in enumerate(ACTS):
            before = await snapshot(ann.client)
            answer = await act(ann, phone)

            assert isinstance(answer, Response)
            assert answer.status < 300, (number, answer)
            await assert_law(before, ann.client, types)

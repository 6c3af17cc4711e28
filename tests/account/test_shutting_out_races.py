"""What is planted in the very moment in which an owner comes back falls too, on whichever node."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from models.access.scope import Scope
from models.account.session import SessionTerms
from models.account.webauthn import NewCredential
from models.base.errors import Refusal
from models.oauth.client import OAuthClient as App
from models.sharing import InvitationDraft, ShareDraft
from models.sharing.share import SharedKind
from tests.account.pair import two
from tests.account.planting import Thief, left
from tests.support.engines import TestEngines
from tests.support.people.addresses import VERIFY, joined
from tests.support.people.authenticator import Authenticator
from tests.support.people.mail import newest, token_in
from tests.support.people.passkeys import ORIGIN
from tests.support.people.passwords import forgot, reset
from tests.support.people.racing import repeatedly
from tests.support.people.relations import relate, user_of
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from upcoach.services.account.factors.passkeys import NewPasskey

APPS = 8
LOCKED_OUT = ("token_invalid", "session_ended", "insufficient_user_authentication")
ENOUGH = ("passkeys_too_many", "invitations_too_many")
Plant = Callable[[int], Awaitable[None]]


@repeatedly
async def test_nothing_is_planted_beside_a_reset(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as (one, other):
        apps = [await _app(other, number) for number in range(APPS)]
        for number in range(rounds):
            email = f"ann{number}@example.org"
            await joined(one, email)
            token = {"token": token_in(await newest(one, email))}
            assert (await one.client().call("POST", VERIFY, token)).status == 204
            link = await forgot(one, email)
            thief = await Thief.of(other, email)
            thief.coach = await relate(thief.client, await other.person())
            pupil = await other.person()
            await relate(pupil, thief.client)
            thief.pupil = await user_of(pupil)
            await thief.enrol(confirmed=False)

            begun = asyncio.Event()
            planting = asyncio.gather(*(_until_refused(way, begun) for way in _ways(thief, apps)))
            await begun.wait()
            answer = await reset(one, link)
            planted = await planting

            stands = {name: count for name, count in (await left(one, thief)).items() if count}
            assert (number, answer.status, stands) == (number, 204, {})
            assert sum(planted) > 0, planted


def _ways(thief: Thief, apps: Sequence[App]) -> tuple[Plant, ...]:
    """All that can be left in an account again and again, beside the token that has let one in."""
    services, scope = thief.server.node.services, scope_of(thief.server, thief.client)

    async def let_in(at: int) -> None:
        await services.oauth.grants.remember(scope, apps[at % APPS], ("goals:read",))

    async def add_passkey(_: int) -> None:
        made = Authenticator(ORIGIN).make(await services.account.factors.passkeys.begin(scope))
        credential = msgspec.convert(made, NewCredential)
        await services.account.factors.passkeys.register(
            scope, NewPasskey(name="x", credential=credential)
        )

    async def share(at: int) -> None:
        kinds = frozenset[SharedKind]({"goal"} if at % 2 else {"habit"})
        await services.sharing.shares.share(scope, thief.coach, ShareDraft(kinds=kinds), 1)

    async def invite(_: int) -> None:
        await services.sharing.invitations.invite(scope, InvitationDraft(role="client"))

    async def coach(_: int) -> None:
        await services.sharing.shares.dismiss(scope, thief.pupil)
        made = await services.sharing.invitations.invite(
            Scope(user=thief.pupil), InvitationDraft(role="client")
        )
        await services.sharing.invitations.accept(scope, made.code)

    async def trust(at: int) -> None:
        await services.account.factors.trusted.trust(scope, SessionTerms(device=f"tv-{at}"))

    return let_in, add_passkey, share, invite, coach, trust


async def _until_refused(way: Plant, begun: asyncio.Event) -> int:
    """How often *way* went before it went no more; the first time, it has *begun*."""
    for number in itertools.count():
        try:
            await way(number)
        except Refusal as refusal:
            if refusal.code not in (*LOCKED_OUT, *ENOUGH):
                raise
            return number
        begun.set()
    raise AssertionError


async def _app(server: Server, number: int) -> App:
    names = ("goals:read",)
    clients = server.node.services.oauth.clients
    made, _ = await clients.register(
        name=f"App {number}", kind="public", auth="none", permissions=names
    )
    return made

"""Whatever way somebody plants in an account that is not theirs, it falls with what shuts them out.

The law goes over every kind of document that is declared to be a way (`models.contexts.WAYS`), and
every road on which an owner comes back.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from tests.account.federation.providers import come, federated, let_in, user_of
from tests.account.planting import CONFIRM, DISOWN, Thief, click, left, tokens, wait
from tests.support.engines import TestEngines
from tests.support.people.addresses import MOVE, UNDO, VERIFY, confirm, joined
from tests.support.people.mail import newest, token_in
from tests.support.people.passkeys import log_in
from tests.support.people.passwords import NEW, enters, forgot, reset
from tests.support.server import Server
from tests.support.server.provider import OpenIdProvider
from tests.support.wire.answers import done

ANN: Final = "ann@gmail.test"  # the provider has the last word on it
EVE: Final = "eve@elsewhere.test"
Return = Callable[[Server, OpenIdProvider, str], Awaitable[None]]


async def verify(server: Server, email: str = ANN) -> None:
    """Follow the link that shows that the address is one's own."""
    assert await click(server, VERIFY, token_in(await newest(server, email))) == 204


async def by_reset(server: Server, _: OpenIdProvider, _welcome: str) -> None:
    assert (await reset(server, await forgot(server, ANN))).status == 204


async def by_verifying(server: Server, provider: OpenIdProvider, welcome: str) -> None:
    assert await click(server, VERIFY, welcome) == 204
    await by_reset(server, provider, welcome)


async def by_provider(server: Server, provider: OpenIdProvider, _welcome: str) -> None:
    await let_in(server, provider, email=ANN)


async def by_word(server: Server, _: OpenIdProvider, _welcome: str) -> None:
    first, *_others = await tokens(server, ANN)
    assert await click(server, DISOWN, first) == 204


@pytest.mark.parametrize(
    ("back", "is_verified"),
    [
        (by_reset, True),
        (by_reset, False),
        (by_verifying, False),
        (by_provider, False),
        (by_word, True),
        (by_word, False),
    ],
)
async def test_what_was_planted_falls_with_the_return_of_the_owner(
    engines: TestEngines,
    tmp_path: Path,
    back: Return,
    is_verified: bool,  # noqa: FBT001 - a row of a table
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await joined(server, ANN)
        welcome = token_in(await newest(server, ANN))
        if is_verified:
            await verify(server)
        thief = await Thief.of(server, ANN)
        await thief.plant(provider)
        await wait(server, thief.user)
        planted = await left(server, thief)

        await back(server, provider, welcome)

        gone = await left(server, thief)
        assert set(planted.values()) == {1}, planted
        kept = {"identity": 1} if back is by_provider else {}  # the owner's own
        assert {name: count for name, count in gone.items() if count} == kept
        assert not await server.node.services.sharing.shares.connects(thief.user, thief.pupil)
        assert (await thief.client.call("GET", "/v1/me")).status == 401
        assert (await log_in(server, thief.phone)).status == 403
        stranger = await let_in(server, provider, sub="thief", email=EVE)
        assert await user_of(stranger) != thief.user
        if back in (by_reset, by_verifying):
            assert await enters(server, NEW, ANN)


async def test_what_was_planted_falls_when_a_move_is_undone(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await joined(server, ANN)
        await verify(server)
        thief = await Thief.of(server, ANN)
        await done(thief.client.call("POST", MOVE, {"email": EVE}))
        assert await confirm(server, token_in(await newest(server, EVE))) == 204
        undo = token_in(await newest(server, ANN))
        thief.email = EVE
        await thief.plant(provider)
        clicked = [await click(server, CONFIRM, one) for one in await tokens(server, EVE)]
        planted = await left(server, thief)

        undone = [await click(server, UNDO, undo) for _ in range(2)]

        # App, passkey, provider, app of others, coach, what they see, entry, webhook, client.
        assert clicked == [204] * 4 + [400] + [204] * 4  # the coach sees more than was said first
        assert {name: count for name, count in planted.items() if not count} == {"waiting": 0}
        assert undone == [204, 400]
        assert not any((await left(server, thief)).values())
        assert (await thief.client.call("GET", "/v1/me")).status == 401
        assert [await enters(server, thief_knows, ANN) for thief_knows in ("", NEW)] == [False] * 2
        await by_reset(server, provider, "")
        assert await enters(server, NEW, ANN)
        assert (await come(server, provider, email=ANN)).body["code"] == "sign_in_first"


async def test_what_its_owner_has_confirmed_stays(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await joined(server, ANN)
        await verify(server)
        owner = await Thief.of(server, ANN)
        await owner.plant(provider)
        clicked = [await click(server, CONFIRM, one) for one in await tokens(server, ANN)]
        again = [await click(server, DISOWN, one) for one in await tokens(server, ANN)]

        await by_reset(server, provider, "")

        lost = {name for name, count in (await left(server, owner)).items() if not count}
        assert clicked == [204] * 4 + [400] + [204] * 4  # as above
        assert set(again) == {400}
        assert await server.node.services.sharing.shares.connects(owner.user, owner.pupil)
        assert lost == {"trusted_device", "invitations", "waiting"}
        assert (await log_in(server, owner.phone)).status == 201
        challenged = await owner.log_in(password=NEW)
        assert challenged.body["methods"] == ["passkey", "totp", "recovery_code"]


async def test_a_word_about_one_way_confirms_no_other(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await joined(server, ANN)
        await verify(server)
        thief = await Thief.of(server, ANN)
        await thief.plant(provider)
        links = await tokens(server, ANN)
        assert await click(server, CONFIRM, links[0]) == 204  # the app that makes codes

        await by_reset(server, provider, "")

        stands = {name for name, count in (await left(server, thief)).items() if count}
        # The codes that the thief was shown came with the passkey, and fall with it.
        assert stands == {"totp_secret"}

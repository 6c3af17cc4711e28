"""An exchange of refresh tokens whose answer was lost is repeated, however much later."""

import datetime as dt
from typing import Final

import msgspec
import pytest

from models.base.clock import utc_now
from tests.oauth.phones import phone_of, refreshed
from tests.support.engines import TestEngines
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.relying import OAuthParty, party, settings_of
from upcoach.store.secrets.refresh_generations import REUSE_INTERVAL

DAY: Final = dt.timedelta(days=1)


async def pass_by(server: Server, some: dt.timedelta) -> None:
    """As if all that has happened to refresh tokens had happened *some* time earlier."""
    rotations = server.node.database["rotations"]
    async for found in rotations.find({}):
        earlier = {name: found[name] - some for name in ("at", "turned_at") if name in found}
        await rotations.update_one({"_id": found["_id"]}, {"$set": earlier})


async def show(server: Server, token: str) -> int:
    """Use an access token, and let the node write down that it was used."""
    status = (await server.client(token).call("GET", "/v1/me")).status
    await server.node.services.account.arrivals.flush()
    return status


@pytest.mark.parametrize(
    "later",
    [REUSE_INTERVAL / 2, 3 * REUSE_INTERVAL, 5 * DAY, 29 * DAY],
    ids=["5s", "30s", "5d", "29d"],
)
async def test_a_lost_answer_is_given_again(engines: TestEngines, later: dt.timedelta) -> None:
    async with phone_of(engines) as (server, phone):
        _, _, lost = await refreshed(server, phone.refresh_token)
        await pass_by(server, later)

        status, token, successor = await refreshed(server, phone.refresh_token)
        used = await show(server, token)
        after, _, third = await refreshed(server, successor)

        assert (status, used, after) == (200, 200, 200)
        assert successor == lost
        assert third not in ("", successor)


async def test_an_answer_that_is_lost_again_and_again_is_given_again(engines: TestEngines) -> None:
    async with phone_of(engines) as (server, phone):
        held = successor = phone.refresh_token
        for _ in range(3):
            for _ in range(3):
                status, _, successor = await refreshed(server, held)
                await pass_by(server, 5 * DAY)
                assert status == 200
            held = successor

        assert (await refreshed(server, held))[0] == 200


async def test_nobody_comes_back_after_the_idle_time(engines: TestEngines) -> None:
    async with phone_of(engines) as (server, phone):
        _, _, lost = await refreshed(server, phone.refresh_token)
        await pass_by(server, 31 * DAY)

        late = [(await refreshed(server, one))[0] for one in (phone.refresh_token, lost)]

        assert late == [401, 401]


async def test_once_its_successor_is_exchanged_a_token_is_a_replay(engines: TestEngines) -> None:
    async with phone_of(engines) as (server, phone):
        _, _, second = await refreshed(server, phone.refresh_token)
        _, token, third = await refreshed(server, second)

        replayed = (await refreshed(server, phone.refresh_token))[0]
        after = [(await refreshed(server, one))[0] for one in (second, third)]

        assert (replayed, after) == (401, [401, 401])
        assert await show(server, token) == 401


async def test_an_app_that_crashed_before_it_kept_the_answer_is_forgiven(
    engines: TestEngines,
) -> None:
    async with phone_of(engines) as (server, phone):
        held = successor = phone.refresh_token
        for _ in range(3):  # it crashes as often as it starts
            status, token, successor = await refreshed(server, held)
            used = await show(server, token)
            await pass_by(server, DAY)
            assert (status, used) == (200, 200)
        for _ in range(3):  # then it goes on for a while, and crashes once more
            held = successor
            status, token, successor = await refreshed(server, held)
            used = await show(server, token)
            await pass_by(server, DAY)
            assert (status, used) == (200, 200)

        assert (await refreshed(server, held))[::2] == (200, successor)


async def test_two_who_take_turns_with_one_token_are_found_at_the_second_step(
    engines: TestEngines,
) -> None:
    async with phone_of(engines) as (server, phone):
        held = successor = phone.refresh_token
        seen = []
        for _ in range(2):
            for _ in range(2):  # the owner, then the thief
                status, token, successor = await refreshed(server, held)
                seen.append((status, await show(server, token)))
                await pass_by(server, dt.timedelta(minutes=5))
            held = successor or held

        assert seen == [(200, 200)] * 3 + [(401, 401)]
        assert (await refreshed(server, held))[0] == 401


async def test_an_app_of_others_gets_a_lost_answer_again_and_nobody_else_does(
    engines: TestEngines,
) -> None:
    async with party(settings_of(engines)) as one:
        first = (await one.tokens())["refresh_token"]
        lost = (await one.refresh(first)).body["refresh_token"]
        await pass_by(one.server, 5 * DAY)
        stranger = await one.refresh(first, client_id=one.confidential.id, client_secret=one.secret)
        again = await one.refresh(first)

        assert (stranger.status, again.status) == (400, 200)
        assert again.body["refresh_token"] == lost


async def is_active(one: OAuthParty, token: str) -> bool:
    own = {"client_id": one.confidential.id, "client_secret": one.secret}
    answer = await one.browser.post("/oauth/introspect", own | {"token": token})
    assert answer.status == 200
    return bool(answer.body["active"])


async def test_what_can_be_exchanged_is_called_active(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        own = {"client_id": one.confidential.id, "client_secret": one.secret}
        form = own | {"grant_type": "refresh_token"}
        first = (await one.tokens(one.confidential))["refresh_token"]
        second = (await one.token(form | {"refresh_token": first})).body["refresh_token"]
        await pass_by(one.server, DAY)
        before = [await is_active(one, token) for token in (first, second)]
        await one.token(form | {"refresh_token": second})
        after = [await is_active(one, token) for token in (first, second)]

        assert (before, after) == ([True, True], [False, True])


async def test_a_session_that_began_before_is_exchanged_as_ever(engines: TestEngines) -> None:
    async with phone_of(engines) as (server, phone):
        session = await server.node.services.account.sessions.get(scope_of(server, phone))
        token, _ = server.node.services.account.sessions._tokens.issue(
            msgspec.structs.replace(session, expires_at=utc_now() + DAY)
        )
        old = {"generation": 2, "at": utc_now() - DAY}
        rotations = server.node.database["rotations"]
        await rotations.update_one({"_id": session.id}, {"$set": old})

        used = await show(server, token)
        again, _, second = await refreshed(server, phone.refresh_token)

        assert (used, again) == (200, 200)
        assert (await refreshed(server, second))[0] == 200

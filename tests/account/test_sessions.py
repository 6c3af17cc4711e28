"""Sessions: seen, named and ended by their user, and by nobody else."""

import asyncio
from typing import Any

import pytest

from config.settings import Settings
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import FACTORS_PATH, SESSIONS, AccountHolder
from tests.support.people.mail import subjects
from tests.support.people.operators import audited
from tests.support.people.passkeys import ORIGIN, add
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from upcoach.cli import admin_commands
from upcoach.client import RestClient


async def open_ids(client: RestClient) -> dict[str, Any]:
    """The caller's sessions by device."""
    found = (await done(client.call("GET", SESSIONS))).body["items"]
    return {one["device"]: one for one in found}


async def test_sessions_are_seen_named_and_ended_one_by_one(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, eve = await AccountHolder.new(server), await AccountHolder.new(server)
        named = "  Ann's\n tab\u202elet "
        tablet = await ann.log_in(device_name=named)
        tablet_client = server.client(tablet.body["token"])
        found = await open_ids(ann.client)
        one = f"{SESSIONS}/{found['tablet']['id']}"
        renamed = await ann.client.call("PATCH", one, {"device_name": "Kitchen"})
        theirs = [
            await eve.client.call("PATCH", one, {"device_name": "Mine"}),
            await eve.client.call("DELETE", one),
        ]
        before = await tablet_client.call("GET", "/v1/me")
        ended = await ann.client.call("DELETE", one)
        after = await tablet_client.call("GET", "/v1/me")
        left = await open_ids(ann.client)
        late = await ann.client.call("PATCH", one, {"device_name": "Ghost"})
        old_refresh = {"refresh_token": tablet.body["refresh_token"]}
        refreshed = await server.client().call("POST", "/v1/auth/refresh", old_refresh)

        assert set(found) == {"phone", "tablet"}
        assert found["tablet"]["device_name"] == "Ann's tablet"
        assert [found["phone"]["current"], found["tablet"]["current"]] == [True, False]
        assert renamed.body["device_name"] == "Kitchen"
        assert [answer.status for answer in theirs] == [404, 404]
        assert [before.status, ended.status, after.status] == [200, 204, 401]
        assert set(left) == {"phone"}
        assert [late.status, refreshed.status] == [404, 401]


async def test_all_others_end_or_all(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await AccountHolder.new(server), await AccountHolder.new(server)
        others = [server.client((await ann.log_in(device=name)).body["token"]) for name in "abc"]
        wrong = await ann.client.call("DELETE", f"{SESSIONS}?keep=all")
        others_end = await ann.client.call("DELETE", f"{SESSIONS}?keep=current")
        ended = [(await one.call("GET", "/v1/me")).status for one in others]
        still = await ann.client.call("GET", "/v1/me")
        last = server.client((await ann.log_in()).body["token"])
        all_end = await ann.client.call("DELETE", SESSIONS)
        nobody = [(await one.call("GET", "/v1/me")).status for one in (ann.client, last)]
        bystander = await bob.client.call("GET", "/v1/me")

        assert wrong.status == 400
        assert [others_end.status, still.status, all_end.status] == [204, 200, 204]
        assert ended == [401] * 3
        assert nobody == [401] * 2
        assert bystander.status == 200


async def test_the_oldest_of_twenty_one_ends(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        newest = ann.client
        for number in range(20):
            answer = await ann.log_in(device=f"tv-{number}")
            newest = server.client(answer.body["token"])
        first = await ann.client.call("GET", "/v1/me")
        left = await open_ids(newest)

        assert first.status == 401
        assert set(left) == {f"tv-{number}" for number in range(20)}


async def test_names_that_are_none_are_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        one = f"{SESSIONS}/{(await open_ids(ann.client))['phone']['id']}"
        given: tuple[Any, ...] = (
            *({}, {"device_name": ""}, {"device_name": "x" * 101}, {"device_name": 5}),
            *({"device_name": None}, {"device_name": "x", "app": "admin"}, {"acr": 2}, []),
        )
        answers = [await ann.client.call("PATCH", one, body) for body in given]
        invisible = await ann.client.call("PATCH", one, {"device_name": "\u200b \u202e"})
        nowhere = await ann.client.call("DELETE", f"{SESSIONS}/ses_1")

        assert {answer.status for answer in answers} == {422}
        assert (invisible.status, nowhere.status) == (422, 404)


async def test_an_operator_ends_all_sessions_by_address(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await AccountHolder.new(server), await AccountHolder.new(server)
        tablet = server.client((await ann.log_in()).body["token"])
        assert settings.mongo_url is not None
        assert settings.redis_url is not None
        async with reading(server, "/v1/events", ann.client.token) as socket:
            count = await admin_commands.revoke(
                settings, settings.mongo_url, settings.redis_url, ann.email.upper()
            )
            await socket.rest()  # the server ends it
        async with asyncio.timeout(10):  # the two sessions are two events
            while (await tablet.call("GET", "/v1/me")).status == 200:
                await asyncio.sleep(0.01)
        answers = [await one.call("GET", "/v1/me") for one in (ann.client, tablet, bob.client)]
        again = await ann.log_in()

        assert count == 2
        assert [answer.status for answer in answers] == [401, 401, 200]
        assert again.status == 201


@pytest.mark.chaos
async def test_an_operator_removes_the_factors_of_whoever_is_locked_out(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        assert settings.mongo_url is not None
        assert settings.redis_url is not None
        asked = await ann.log_in()

        await done(ann.step_up(totp=ann.code()))
        await done(add(ann, Authenticator(ORIGIN), confirmed=False))
        where = settings, settings.mongo_url, settings.redis_url
        counts = [await admin_commands.remove_factors(*where, ann.email.upper()) for _ in range(2)]
        let_in = await ann.log_in()
        factors = (await ann.client.call("GET", FACTORS_PATH)).body
        told = await subjects(server, ann.email)
        entries = await audited(server, action="factors.removed")

        assert (asked.status, let_in.status) == (200, 201)
        assert counts == [2, 0]
        assert factors == {"methods": [], "passkeys": 0, "recovery_codes": 0}
        assert told[-1] == "Your second factors were removed"
        assert told.count(told[-1]) == 1
        assert [one["actor_kind"] for one in entries] == ["system"]

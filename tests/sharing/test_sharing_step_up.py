"""Whoever lets a coach see something shows the best factor that they have, and is told by mail."""

import datetime as dt
from pathlib import Path

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.account.contract_mail import stale
from tests.support.engines import TestEngines
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import post_of, settings_of, subjects, text_of
from tests.support.people.relations import relate
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import ask, send, write
from upcoach.client import RestClient

GOALS: Json = {"kinds": ["goal"]}


async def paths_of(server: Server, person: RestClient) -> dict[str, Json]:
    """What lets a coach of *person* see something, with what it takes."""
    coach = await relate(person, await server.person())
    entry = (await done(person.call("POST", "/v1/journal", {"text": "Dear"}))).body["id"]
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    return {
        f"/v1/shares/{coach}": GOALS,
        f"/v1/journal/{entry}/shares/{coach}": {"until": until},
    }


async def test_an_old_login_shares_nothing_on_any_road(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        paths = await paths_of(server, person)
        await stale(server, person)

        by_rest = [await person.call("PUT", path, body) for path, body in paths.items()]
        muts = [mut("PUT", path, body) for path, body in paths.items()]
        in_batch = await send(person, *muts)
        async with talking(server, person) as wire:
            over_socket = await ask(wire, *muts)

        assert [(one.status, one.body["acr_values"]) for one in by_rest] == [(401, "1")] * 2
        for one in (*in_batch, *over_socket):
            assert one["problem"]["code"] == "insufficient_user_authentication"
        assert (await person.call("GET", next(iter(paths)).rpartition("/")[0])).status == 200


async def test_a_trusted_device_shows_a_code_before_it_shares(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        paths = await paths_of(server, ann.client)
        asked = await ann.challenge()
        entered = await ann.answer(asked, totp=ann.code(), trust_device=True)
        trusted = entered.body["trusted_device"]
        login = await ann.log_in(trusted_device=trusted)
        ann.client.token = login.body["token"]  # of one factor, just now
        names = {path: new_mutation_id() for path in paths}

        weak = [
            await write(ann.client, "PUT", path, paths[path], name=names[path]) for path in paths
        ]
        muts = [mut("PUT", path, body, id=names[path]) for path, body in paths.items()]
        async with talking(server, ann.client) as wire:
            over_socket = await ask(wire, *muts)
        await done(ann.step_up(recovery_code=ann.codes[0]))
        again = [
            await write(ann.client, "PUT", path, paths[path], name=names[path]) for path in paths
        ]

        assert [(one.status, one.body["acr_values"]) for one in weak] == [(401, "2")] * 2
        assert [one["status"] for one in over_socket] == [401] * 2
        assert [one.status for one in again] == [200, 201]  # the same writes, under their names


async def test_a_share_is_not_overtaken_by_its_end(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        for _ in range(20):
            path = next(iter(await paths_of(server, person)))
            muts = [mut("PUT", path, GOALS), mut("DELETE", path)]

            answers = await send(person, *muts)

            assert [one["status"] for one in answers] == [200, 204]
        assert (await person.call("GET", "/v1/shares")).body["items"] == []


async def test_the_owner_is_told_once_of_what_is_shared(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await AccountHolder.new(server)
        paths = await paths_of(server, ann.client)
        names = {path: new_mutation_id() for path in paths}
        for _ in range(2):  # the second time it is a repeat, and the third nothing new
            for path, body in paths.items():
                await done(write(ann.client, "PUT", path, body, name=names[path]))
        for path, body in paths.items():
            await done(ann.client.call("PUT", path, body))

        told = (await subjects(server, ann.email))[1:]
        texts = [text_of(one) for one in post_of(server, ann.email)[2:]]

        assert told == [
            "You have a coach",
            "You share with a coach",
            "You share a journal entry with a coach",
        ]
        assert all("/account/added/not-me?token=" in text for text in texts)
        assert all("“Test Person”" in text for text in texts)
        assert not any(words in text for text in texts for words in ("Dear", "usr_"))

"""Notes of a coach about a client: the coach's alone, and written while the relation stands."""

import asyncio

from config.settings import Settings
from models.base.merge_patch import Json
from tests.coaches.places import NOTE, NOTES
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.relations import CLIENT, relate, share, user_of
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.sockets import mut, sub, talking
from tests.support.wire.writes import ask, write
from upcoach.client import RestClient

SECRET = "fears his brother"


def notes_of(client: str) -> str:
    return NOTES.format(client=client)


async def texts(coach: RestClient, path: str) -> list[str]:
    """The texts of the notes on all pages from *path* on."""
    found: list[str] = []
    while path:
        page = await done(coach.call("GET", path))
        found += [note["text"] for note in page.body["items"]]
        path = next_page(page)
    return found


async def test_a_note_is_written_while_its_client_is_one(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, stranger = await asyncio.gather(*(server.person() for _ in range(3)))
        await relate(client, coach)
        name, other = await user_of(client), await user_of(stranger)
        before = await snapshot(coach)

        draft = {"text": "Calm today. Pay 4111111111111111"}
        made = await done(coach.call("POST", notes_of(name), draft))
        one = NOTE.format(client=name, id=made.body["id"])
        changed = await write(coach, "PATCH", one, {"text": "Calm", "pinned": True}, 1)
        elsewhere = NOTE.format(client=other, id=made.body["id"])
        lost = [
            await coach.call("POST", notes_of(other), {"text": "x"}),
            await coach.call("POST", notes_of(await user_of(coach)), {"text": "x"}),
            await coach.call("POST", notes_of("nobody"), {"text": "x"}),
            await coach.call("GET", elsewhere),
            await write(coach, "PATCH", elsewhere, {"pinned": True}, 2),
            await write(coach, "DELETE", elsewhere),
        ]
        await done(coach.call("DELETE", CLIENT.format(name)))
        over = [
            await coach.call("POST", notes_of(name), {"text": "x"}),
            await write(coach, "PATCH", one, {"text": "x"}, 2),
        ]
        kept = await texts(coach, notes_of(name))
        gone = await write(coach, "DELETE", one)
        await assert_law(
            before,
            coach,
            ("client_note.created", "client_note.updated", "client.deleted", "client_note.deleted"),
        )

        assert made.body["text"] == "Calm today. Pay 4111…"
        assert (made.body["client"], made.body["owner"]) == (name, await user_of(coach))
        assert (changed.body["pinned"], changed.body["version"]) == (True, 2)
        assert [answer.status for answer in lost] == [404] * 6
        assert [answer.body["code"] for answer in over] == ["client_unknown"] * 2
        assert (kept, gone.status) == (["Calm"], 204)


async def test_a_client_never_sees_a_note(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client = await server.person(), await server.person()
        await share(client, coach, ["goal"])
        await relate(coach, client)  # each coaches the other
        name = await user_of(client)
        async with talking(server, client) as wire, talking(server, coach) as own:
            await wire.send(sub(feed=scope_of(server, client).feed, snap=True))
            frames = await wire.until("live")
            (answer,) = await ask(own, mut("POST", notes_of(name), {"text": SECRET}))
            note = answer["body"]["id"]
            await done(client.call("POST", "/v1/goals", {"title": "Rest"}))
            frames += await wire.until("ev")
        feed = scope_of(server, coach).feed
        seen: list[object] = [
            frames,
            await client.call("GET", notes_of(await user_of(coach))),
            await client.call("GET", f"/v1/snapshot?feed={feed}"),
            await client.call("GET", f"/v1/events?since=0&feed={feed}"),
            await client.call("GET", "/v1/events?since=0"),
            await client.call("GET", "/v1/clients"),
            (await snapshot(client))[0],
        ]
        asked = [
            await client.call("GET", NOTE.format(client=of, id=note))
            for of in (name, await user_of(coach))
        ]
        hidden = {"kinds": ["client_note"]}
        shared = await client.call("PUT", f"/v1/shares/{await user_of(coach)}", hidden)

        assert answer["status"] == 201
        assert await texts(coach, notes_of(name)) == [SECRET]
        assert not [one for one in seen if SECRET in repr(one) or note in repr(one)]
        assert [one.status for one in asked] == [404, 404]
        assert shared.status == 422
        async with server.node.database.connection():
            stored = await server.node.database["client_notes"].find_one({})
        assert stored is not None
        assert SECRET not in repr(stored)


async def test_notes_are_found_by_their_words_and_pins(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, other = await asyncio.gather(*(server.person() for _ in range(3)))
        await relate(client, coach)
        await relate(other, coach)
        name = await user_of(client)
        drafts: list[Json] = [
            {"text": "Sleeps badly, Café at night", "pinned": True},
            {"text": "Sleeps well"},
            {"text": "Café again"},
        ]
        for draft in drafts:
            await done(coach.call("POST", notes_of(name), draft))
        await done(coach.call("POST", notes_of(await user_of(other)), {"text": "Sleeps, café"}))

        found = {
            query: await texts(coach, f"{notes_of(name)}?{query}")
            for query in ("limit=1", "q=sleeps&limit=1", "q=cafe", "q=cafe%20sleeps", "q=.*")
        }
        pinned = [await texts(coach, f"{notes_of(name)}?pinned={on}") for on in ("true", "false")]

        first, second, third = (draft["text"] for draft in drafts)
        assert found == {
            "limit=1": [third, second, first],
            "q=sleeps&limit=1": [second, first],
            "q=cafe": [third, first],
            "q=cafe%20sleeps": [first],
            "q=.*": [],
        }
        assert pinned == [[first], [third, second]]

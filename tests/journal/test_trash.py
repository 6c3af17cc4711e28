"""The trash of a journal gives back for thirty days, and then nobody does."""

import datetime as dt

import pytest

from config.settings import Settings
from models.access.limits import Quota
from models.base.merge_patch import Json
from models.contexts import QUOTAS
from streams.redis.connection import STREAMS
from streams.redis.stream_trimming import StreamTrimming
from tests.journal.places import DRAFT, ENTRY, JOURNAL, PAGE, RESTORE
from tests.journal.rows import DOCUMENTS
from tests.journal.writing import found, furnished
from tests.support.engines import redis_of
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient, apply_event

KYOTO = ENTRY.format(id=PAGE)
LONG_AGO = dt.timedelta(days=30, seconds=1)


async def test_the_trash_gives_back_for_thirty_days(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        entries = server.node.database["journal_entries"]

        await done(person.call("DELETE", KYOTO))
        [stored] = await entries.find({"_id": {"$regex": PAGE}}).to_list()
        trash = await found(person, "limit=1", f"{JOURNAL}/trash")
        hidden = [await found(person, query) for query in ("q=rain", "tag=japan", "")]
        refused = await person.call("PATCH", KYOTO, {"mood": 1}, headers={"If-Match": '"v2"'})
        await done(person.call("POST", RESTORE.format(id=PAGE)))

        assert (trash, hidden) == ("Kyoto?", ["", "", ""])
        assert "words" not in stored
        assert (refused.status, refused.body["code"]) == (409, "entry_trashed")
        assert await found(person, "q=rain") == await found(person, "tag=japan") == "Kyoto"
        assert await found(person, "", f"{JOURNAL}/trash") == "?"


async def age(server: Server, person: RestClient, entry: str) -> None:
    """Have *entry* been in the trash for longer than it is kept."""
    entries = server.node.database["journal_entries"]
    ended = dt.datetime.now(dt.UTC) - LONG_AGO
    name = {"_id": f"{scope_of(server, person).user}/{entry}"}
    await entries.update_one(name, {"$set": {"trashed_at": ended}})


async def test_after_thirty_days_nobody_sees_it_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(person.call("DELETE", KYOTO))
        await age(server, person, PAGE)

        answers = [
            await person.call("GET", KYOTO),
            await person.call("GET", f"{KYOTO}/versions"),
            await person.call("GET", f"{KYOTO}/versions/1"),
            await person.call("PATCH", KYOTO, {"mood": 1}, headers={"If-Match": '"v2"'}),
            await person.call("DELETE", KYOTO),
            await person.call("POST", RESTORE.format(id=PAGE)),
            await write(person, "POST", f"{KYOTO}/versions/1/restore", base=2),
        ]

        assert {answer.status for answer in answers} == {404}
        assert await found(person, "", f"{JOURNAL}/trash") == "?"


async def test_what_is_in_the_trash_can_be_deleted_for_good_and_makes_room(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUOTAS, "journal.entry", Quota(2, 256))
    async with serving(settings) as server:
        server.node.committer.holdings.fresh_when_full_s = 0.0
        person = await server.person()
        first, second = [
            (await done(person.call("POST", JOURNAL, {"text": text}))).body["id"] for text in "ab"
        ]
        gone, stays = (f"{JOURNAL}/trash/{one}" for one in (first, second))
        early = await person.call("DELETE", gone)
        await done(person.call("DELETE", f"{JOURNAL}/{first}"))
        stale = await person.call("DELETE", gone, headers={"If-Match": '"v1"'})
        full = await person.call("POST", JOURNAL, {"text": "c"})
        answer = await person.call("DELETE", gone)
        seen = [
            await person.call("GET", f"{JOURNAL}/{first}"),
            await person.call("POST", RESTORE.format(id=first)),
            await person.call("DELETE", gone),
            await person.call("DELETE", f"{JOURNAL}/trash/{PAGE}"),
        ]
        await server.node.services.journal.trash.purge()

        assert (early.status, early.body["code"]) == (409, "entry_not_trashed")
        assert (stale.status, stale.body["code"]) == (412, "version_stale")
        assert (full.status, full.body["code"]) == (409, "quota_exceeded")
        assert answer.status == 204
        assert {one.status for one in seen} == {404}
        assert (await person.call("POST", JOURNAL, {"text": "d"})).status == 201
        assert (await person.call("DELETE", stays)).status == 409
        assert first not in (await snapshot(person))[0]["journal.entry"]


async def test_what_is_over_is_gone_everywhere_but_the_numbers(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        other = await furnished(server)
        await write(person, "PATCH", KYOTO, {"text": "Rain all day. canary", "pinned": True}, 1)
        start = (await snapshot(person))[1].partition(".")[0] + ".0"
        await done(person.call("DELETE", KYOTO))
        await age(server, person, PAGE)
        kept = (await snapshot(other))[0]

        await server.node.services.journal.trash.purge()
        await server.node.services.journal.trash.purge()

        events = await events_since(person, start)
        documents: dict[str, dict[str, Json]] = {kind: {} for kind in kept}
        for event in events:
            apply_event(documents, event)
        about = [event for event in events if event["id"] == PAGE]
        assert [event["type"].rpartition(".")[2] for event in about] == [
            *("created", "updated", "updated", "deleted")
        ]
        assert about[1]["patch"].keys() == {"pinned", "updated_at", "version"}
        assert not {"title", "text", "tags", "feelings"} & about[0]["doc"].keys()
        assert "Rain" not in str(about)
        assert documents == (await snapshot(person))[0]
        assert (await person.call("GET", DRAFT.format(id=PAGE))).status == 404
        assert (await snapshot(other))[0] == kept


async def test_streams_forget_sooner_than_the_trash(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        environ = {"UPCOACH_REDIS_URL": str(settings.redis_url)}
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=29, minutes=1)

        with redis_of(environ) as redis:
            held = sum(redis.xlen(stream) for stream in STREAMS)
            ageing = StreamTrimming(server.node._redis.writer, lambda: dt.datetime.now(dt.UTC))
            await ageing.trim()
            still = sum(redis.xlen(stream) for stream in STREAMS)
            await StreamTrimming(server.node._redis.writer, lambda: later).trim()
            left = sum(redis.xlen(stream) for stream in STREAMS)
        events = await person.call("GET", "/v1/events?since=0")

        assert (held > 0, still, left) == (True, held, 0)
        assert len(events.body) >= len(DOCUMENTS)

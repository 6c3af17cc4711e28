"""The live feed as a stream of events: what is asked for, and what comes."""

import asyncio
import contextlib
import random

import msgspec
import pytest

from config.settings import Settings
from handlers.live.sse import MultiFeedEvents
from models.base.merge_patch import Json
from tests.live.streams import EVENTS, from_here, next_goal
from tests.support.laws.snapshots import head_of, snapshot
from tests.support.people.furnished import GOALS, furnished, write_goals
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import numbers, talking
from tests.support.wire.waiting import until
from upcoach.client import apply_event


async def test_a_stream_carries_the_same_lines_as_the_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)

        async with talking(server, person, {"f": "u:me", "since": "0"}) as wire:
            lines: list[str | None] = [await wire.line() for _ in range(head + 2)]
        async with reading(server, f"{EVENTS}?since=0", person.token) as reader:
            events = await reader.until("live")

        assert reader.status == 200
        assert reader.headers["content-type"] == "text/event-stream"
        assert reader.headers["cache-control"] == "no-store"
        assert reader.headers["x-accel-buffering"] == "no"
        assert reader.headers["ratelimit-policy"] == '"open";q=16;qu="concurrent-requests"'
        assert [event.data for event in events] == lines
        assert [event.name for event in events] == ["subd", *["ev"] * head, "live"]
        numbered = [0, *range(1, head + 1), head]
        assert [event.id for event in events] == [f"{epoch}.{seq}" for seq in numbered]


async def test_an_event_arrives_while_the_stream_is_open(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with reading(server, await from_here(person), person.token) as reader:
            await reader.until("live")
            answer = await done(person.call("POST", GOALS, {"title": "Swim"}))
            [event] = await reader.until("ev")

            assert event.id == answer.headers["upcoach-cursor"]
            assert event.frame["doc"] == answer.body


async def test_a_reader_that_is_cut_again_and_again_loses_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)
        chance = random.Random(7)
        writing = asyncio.create_task(write_goals(person, 300))
        seen: list[int] = []
        last_id = None

        while len(seen) < 300:
            # The URL stays what it was at first: what was seen goes before it.
            path = f"{EVENTS}?since=now" if last_id is None else f"{EVENTS}?since=0&snap=1"
            async with reading(server, path, person.token, last_id=last_id) as reader:
                if last_id is None:
                    await reader.until("subd")
                for _ in range(chance.randrange(1, 60)):
                    if len(seen) == 300:
                        break
                    event = await reader.event()
                    assert event is not None
                    seen += numbers([event.frame])
                last_id = reader.last_id

        await writing
        first = seen[0]
        assert first > head
        assert seen == list(range(first, first + 300))


async def test_documents_come_first_where_they_are_asked_for(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        documents, cursor = await snapshot(person)
        shown: dict[str, dict[str, Json]] = {kind: {} for kind in documents}

        async with reading(server, f"{EVENTS}?snap=1", person.token) as reader:
            subd, *snaps, live = await reader.until("live")

        for snap in snaps:
            shown[snap.frame["kind"]] |= {item["id"]: item for item in snap.frame["items"]}
        assert (subd.frame["mode"], live.frame["cur"]) == ("snapshot", cursor)
        assert shown == documents
        # Whoever is cut in the middle begins again; only the end can be gone on from.
        assert [event.id for event in (subd, *snaps)] == [None] * (len(snaps) + 1)
        assert live.id == cursor


async def test_a_snapshot_with_its_events_is_the_next_snapshot(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with reading(server, f"{EVENTS}?snap=1", person.token) as reader:
            writing = asyncio.create_task(write_goals(person, 50))
            documents: dict[str, dict[str, Json]] = {}
            applied = 0
            while applied < 50:
                event = await reader.event()
                assert event is not None
                frame = event.frame
                if frame["t"] == "snap":
                    page = {item["id"]: item for item in frame["items"]}
                    documents.setdefault(frame["kind"], {}).update(page)
                elif frame["t"] == "ev":
                    apply_event(documents, frame)
                applied = len(documents.get("goal", {})) - 1
            await writing

        assert documents == (await snapshot(person))[0]


@pytest.mark.parametrize("since", ["zzzz.1", "{epoch}.9999"])
async def test_a_cursor_of_another_log_is_reset(settings: Settings, since: str) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        last_id = since.format(epoch=epoch)

        async with reading(server, EVENTS, person.token, last_id=last_id) as reader:
            [reset] = await reader.until("reset")

        assert reader.status == 200
        assert (reset.name, reset.frame["reason"]) == ("reset", "epoch")
        assert reset.frame["cur"] == reset.id == f"{epoch}.{head}"


async def test_a_cursor_that_is_not_kept_is_reset(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        feed = scope_of(server, person).feed
        epoch, head = await head_of(person)
        await until(lambda: (server.node.hub.newest(feed) or 0) >= head)
        await server.node.hub.recover()
        await server.node.database["events"].delete_many({"feed": feed, "seq": {"$lt": 4}})

        async with reading(server, f"{EVENTS}?since={epoch}.1", person.token) as reader:
            [reset] = await reader.until("reset")

        assert reset.frame["reason"] == "retention"
        page = await person.call("GET", reset.frame["snapshot"])
        assert page.headers["upcoach-cursor"] == reset.frame["cur"]


async def test_several_feeds_have_one_cursor(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await furnished(server), await server.person()
        theirs, mine = scope_of(server, client).feed, scope_of(server, coach).feed
        await share(client, coach, ["goal"])
        url = f"{EVENTS}?feed=u:me,{theirs}&since=now"

        async with reading(server, url, coach.token) as reader:
            await reader.until("live")
            await reader.until("live")
            await write_goals(client, 3)
            await write_goals(coach, 2)
            first = [await next_goal(reader) for _ in range(2)]
            cursor = reader.last_id
        await write_goals(client, 1)
        async with reading(server, url, coach.token, last_id=cursor) as reader:
            rest = [await next_goal(reader) for _ in range(4)]
        over_rest = await coach.call("GET", url.replace("now", str(reader.last_id)))

        assert cursor is not None
        assert "~" in cursor
        by_feed = {
            feed: numbers(one for one in first + rest if one["f"] == feed)
            for feed in (mine, theirs)
        }
        assert {feed: len(seqs) for feed, seqs in by_feed.items()} == {theirs: 4, mine: 2}
        for seqs in by_feed.values():
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert over_rest.body == []
        assert over_rest.headers["upcoach-cursor"] == reader.last_id


async def test_what_is_not_shared_is_skipped_and_what_is_taken_back_ends_the_stream(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        client, coach = await furnished(server), await server.person()
        theirs = scope_of(server, client).feed
        path = f"/v1/shares/{scope_of(server, coach).user}"
        await share(client, coach, ["habit"])

        since = (await from_here(client)).partition("=")[2]
        path_of_theirs = f"{EVENTS}?feed={theirs}&since={since}"
        async with reading(server, path_of_theirs, coach.token) as reader:
            await reader.until("live")
            await write_goals(client, 1)
            [skip] = await reader.until("skip")
            await done(client.call("DELETE", path))
            rest = await reader.rest()
        async with reading(server, path_of_theirs, coach.token) as again:
            problem = await again.problem()

        assert skip.id is not None
        assert skip.id.endswith(f".{skip.frame['to']}")
        assert [event.name for event in rest] == ["unsubd"]
        assert (again.status, problem["code"]) == (404, "feed_unknown")


async def test_a_user_has_so_many_streams_and_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        person, other = await furnished(server), await server.person()
        async with contextlib.AsyncExitStack() as stack:
            readers = [
                await stack.enter_async_context(reading(server, EVENTS, person.token))
                for _ in range(17)
            ]
            theirs = await stack.enter_async_context(reading(server, EVENTS, other.token))
            poll = await person.call("GET", f"{EVENTS}?since=now&wait=1")

            assert [reader.status for reader in readers] == [200] * 16 + [429]
            assert readers[0].headers["ratelimit"] == '"open";r=15'
            assert readers[-1].headers["retry-after"] == "1"
            assert (await readers[-1].problem())["code"] == "too_many_requests"
            assert (poll.status, poll.headers["retry-after"]) == (429, "1")
            assert theirs.status == 200

            await readers[0].close()
            await until(lambda: server.node._open_requests.left(scope_of(server, person).user) == 1)
            again = await stack.enter_async_context(reading(server, EVENTS, person.token))
            assert again.status == 200


async def test_a_bad_request_for_a_stream_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await furnished(server), await server.person()
        epoch, _ = await head_of(person)
        theirs = scope_of(server, stranger).feed
        refused = [
            (f"{EVENTS}?feed={theirs}", None, 404, "feed_unknown"),
            (f"{EVENTS}?feed=u:me,{theirs}", None, 404, "feed_unknown"),
            (f"{EVENTS}?feed=", None, 404, "feed_unknown"),
            (f"{EVENTS}?feed=u:me,", None, 404, "feed_unknown"),
            (f"{EVENTS}?feed=admin:kpi", None, 404, "feed_unknown"),
            (f"{EVENTS}?feed={','.join(['u:me'] * 17)}", None, 400, "feeds_too_many"),
            (f"{EVENTS}?since=yesterday", None, 400, "cursor_malformed"),
            (f"{EVENTS}?since={epoch}.1.2", None, 400, "cursor_malformed"),
            (f"{EVENTS}?since={epoch}~AAAA", None, 400, "cursor_malformed"),
            (f"{EVENTS}?since={epoch}~{'A' * 18}", None, 400, "cursor_of_other_feeds"),
            (f"{EVENTS}?since=0", "1", 400, "cursor_malformed"),
            (f"{EVENTS}?since=0", f"{epoch}.-1", 400, "cursor_malformed"),
            (f"{EVENTS}?since=0&since=0", None, 400, "parameter_repeated"),
            (f"{EVENTS}?snap=maybe", None, 400, "parameter_invalid"),
            (f"{EVENTS}?limit=5", None, 400, "parameter_unknown"),
            (f"{EVENTS}?wait=5", None, 400, "parameter_unknown"),
            (f"{EVENTS}?token=x", None, 400, "parameter_unknown"),
        ]

        for path, last_id, status, code in refused:
            async with reading(server, path, person.token, last_id=last_id) as reader:
                problem = await reader.problem()
            assert (reader.status, problem["code"]) == (status, code), path
        for token in ("", "x", "a.b.c.d.e"):
            async with reading(server, EVENTS, token) as reader:
                assert reader.status == 401
        assert not server.node._connections._open


async def test_a_table_of_accepted_types_decides_what_is_answered(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = f"{EVENTS}?since=now"

        for accepted, is_stream in (
            ("text/event-stream", True),
            ("TEXT/Event-Stream; q=0.9, */*", True),
            ("application/json;q=0.5, text/event-stream", True),
            ("application/json, text/event-stream", False),
            ("text/event-stream, application/problem+json, application/json", False),
            ("text/event-stream;q=0", False),
            ("*/*", False),
            ("text/plain", False),
            ("text/event-streams", False),
        ):
            async with reading(server, path, person.token, Accept=accepted) as reader:
                shown = reader.headers["content-type"]
            assert (shown == "text/event-stream") == is_stream, accepted


def test_a_stream_of_several_feeds_has_an_id_once_all_are_known() -> None:
    wrap = MultiFeedEvents("k3f9", ["u:ann", "u:bob"])
    lines = [
        {"t": "subd", "f": "u:ann", "cur": "k3f9.7", "mode": "resume"},
        {"t": "subd", "f": "u:bob", "cur": "k3f9.9", "mode": "snapshot"},
        {"t": "ev", "f": "u:ann", "seq": 8},
        {"t": "snap", "f": "u:bob", "cur": "k3f9.9"},
        {"t": "live", "f": "u:bob", "cur": "k3f9.9"},
        {"t": "skip", "f": "u:bob", "from": 10, "to": 12},
    ]

    made = [wrap(msgspec.json.encode(line) + b"\n").decode() for line in lines]

    assert [one.startswith("id: ") for one in made] == [False] * 4 + [True] * 2

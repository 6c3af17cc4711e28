"""The live feed as a stream of events."""

import asyncio
import contextlib
import datetime as dt
import random
import socket
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from handlers.live.send_buffer import WINDOW, SocketOutlet
from handlers.live.sse import EventStream, SeveralFeeds
from models.base.merge_patch import Json
from tests.support.laws.snapshots import head_of, snapshot
from tests.support.people.furnished import GOAL, GOALS, ONE_GOAL, furnished, write_goals
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import Event, Reader, reading
from tests.support.wire.sockets import numbers, talking
from tests.support.wire.waiting import now, until
from upcoach.client import Client, apply_event

EVENTS = "/v1/events"


def only_stream(server: Server) -> EventStream:
    """The server's end of the only stream."""
    [stream] = server.node._connections._open
    assert isinstance(stream, EventStream)
    return stream


async def from_here(person: Client) -> str:
    """The path of what comes next; `since=now` may bring what this node has not heard of yet."""
    return f"{EVENTS}?since={(await snapshot(person))[1]}"


def frames(events: list[Event]) -> list[Json]:
    """What *events* say."""
    return [event.frame for event in events]


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
            reset, live = await reader.until("live")

        assert reader.status == 200
        assert (reset.name, reset.frame["reason"]) == ("reset", "epoch")
        assert reset.frame["cur"] == live.id == f"{epoch}.{head}"


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


async def test_a_silent_stream_is_commented_on(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with reading(server, await from_here(person), person.token) as reader:
            await reader.until("live")
            stream, began = only_stream(server), now()
            for second in range(61):
                stream.tick(began + second)
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            await reader.until("ev")

            assert reader.comments == 4


async def test_a_stream_ends_half_a_minute_after_its_token(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        async with reading(server, await from_here(person), person.token) as reader:
            await reader.until("live")
            stream = only_stream(server)

            def tick(left_s: float) -> None:
                ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=left_s)
                stream.caller = msgspec.structs.replace(stream.caller, expires_at=ends)
                stream.tick(now())

            for left_s in (61, 59, 58, -29):
                tick(left_s)
            [warning] = await reader.until("auth_expiring")
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            await reader.until("ev")
            tick(-31)

            assert set(warning.frame) == {"t", "exp"}
            assert await reader.rest() == []


async def test_a_session_that_is_ended_ends_its_streams(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        watch = await server.client().log_in(email, PASSWORD, "watch")
        async with (
            reading(server, await from_here(phone), phone.token) as kept,
            reading(other, await from_here(watch), watch.token) as ended,
        ):
            await done(watch.call("POST", "/v1/auth/logout"))
            rest = await ended.rest()
            await done(phone.call("POST", GOALS, {"title": "Swim"}))

            assert [frame["t"] for frame in frames(rest)][:2] == ["subd", "live"]
            assert (await kept.until("ev"))[-1].frame["type"] == "session.ended"
            assert (await kept.until("ev"))[-1].frame["type"] == "goal.created"
        watch.close()


async def test_a_node_that_stops_says_when_to_come_back(settings: Settings) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serving(settings) as server:
            person = await furnished(server)
            path = await from_here(person)
            reader = await stack.enter_async_context(reading(server, path, person.token))
            await reader.until("live")

        [go] = await reader.rest()
        assert (go.name, go.frame["reason"]) == ("go", "drain")
        assert reader.retry_ms == go.frame["after"] <= 1_000


async def next_goal(reader: Reader) -> Json:
    """The next event about a goal."""
    while True:
        [*_, event] = await reader.until("ev")
        if event.frame["type"] == "goal.created":
            return event.frame


async def test_a_node_that_drains_lets_each_go_at_a_moment_of_its_own(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = await from_here(person)
        asked = asyncio.create_task(person.call("GET", f"{path}&wait=60"))
        async with (
            reading(server, path, person.token) as first,
            reading(server, path, person.token) as second,
        ):
            await until(lambda: len(server.node._connections._open) == 3)
            draining = asyncio.create_task(server.node._connections.drain(3.0))
            goes = [(await reader.until("go"))[-1].frame for reader in (first, second)]
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            last = [await reader.rest() for reader in (first, second)]
            answer = await asked
            await draining

        assert goes[0]["after"] != goes[1]["after"]
        assert max(go["after"] for go in goes) <= 2_400
        assert max(reader.retry_ms or 9_999 for reader in (first, second)) <= 200
        # What comes before its moment a reader still gets.
        assert any(event.name == "ev" for events in last for event in events)
        assert answer.status in (200, 204)


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


async def test_a_reader_that_does_not_read_costs_one_window(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)
        count = 600
        async with (
            reading(server, await from_here(person), person.token, buffer=4096) as slow,
            reading(server, await from_here(person), person.token) as quick,
        ):
            outlets = [little_buffered(stream) for stream in server.node._connections._open]
            most = 0

            async def write(start: int) -> None:
                nonlocal most
                for number in range(start, count, 20):
                    body = {"title": f"{number}", "description": "x" * 1_000}
                    await done(person.call("POST", GOALS, body))
                    most = max(most, *(outlet._unsent for outlet in outlets))

            async def read() -> list[int]:
                return [(await quick.until("ev"))[-1].frame["seq"] for _ in range(count)]

            *_, at_once = await asyncio.gather(*(write(start) for start in range(20)), read())
            late = [(await slow.until("ev"))[-1].frame["seq"] for _ in range(count)]

        expected = list(range(head + 1, head + count + 1))
        assert at_once == late == expected
        # One parcel may begin below the limit and end above it.
        assert WINDOW <= most < 2 * WINDOW


def little_buffered(stream: Any) -> SocketOutlet:
    """The outlet of *stream*, for which the kernel keeps next to nothing."""
    assert isinstance(stream.outlet, SocketOutlet)
    stream.outlet._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return stream.outlet


async def test_a_reader_that_goes_or_talks_is_let_go(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        seats, user = server.node._seats, scope_of(server, person).user
        async with reading(server, EVENTS, person.token) as reader:
            await reader.until("live")
            assert seats.left(user) == seats.count - 1
        await until(lambda: seats.left(user) == seats.count)

        async with reading(server, EVENTS, person.token) as reader:
            await reader.until("live")
            await reader.say(b"GET / HTTP/1.1\r\n\r\n")
            assert await reader.rest() == []
        assert not server.node._connections._open
        assert seats.left(user) == seats.count


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
            await until(lambda: server.node._seats.left(scope_of(server, person).user) == 1)
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
            ("application/json, text/event-stream", True),
            ("*/*", False),
            ("text/plain", False),
            ("text/event-streams", False),
        ):
            async with reading(server, path, person.token, Accept=accepted) as reader:
                shown = reader.headers["content-type"]
            assert (shown == "text/event-stream") == is_stream, accepted


async def test_each_change_of_transport_takes_the_cursor_along(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        person = await furnished(server)
        _, head = await head_of(person)
        chance = random.Random(11)
        writing = asyncio.create_task(write_slowly(person, 100))
        _, cursor = await snapshot(person)
        seen: list[int] = []

        while len(seen) < 100:
            node = chance.choice((server, other))
            transport = chance.choice((over_socket, over_stream, over_poll, over_rest))
            cursor, some = await transport(node, person, cursor)
            seen += some

        await writing
        assert seen == list(range(head + 1, head + 101))


async def write_slowly(person: Client, count: int) -> None:
    """Make *count* events one after the other."""
    version = 1
    for number in range(count):
        headers = {"If-Match": f'"v{version}"'}
        body = {"title": f"Run {number}"}
        path = ONE_GOAL.format(id=GOAL)
        version = int(
            (await done(person.call("PATCH", path, body, headers=headers))).body["version"]
        )


async def over_socket(node: Server, person: Client, cursor: str) -> tuple[str, list[int]]:
    """What comes next over a WebSocket, and the cursor after it."""
    async with talking(node, person, {"f": "u:me", "since": cursor}) as wire:
        seqs = numbers(await wire.until("live", "ev"))
    return after(cursor, seqs), seqs


async def over_stream(node: Server, person: Client, cursor: str) -> tuple[str, list[int]]:
    """The same over an event stream."""
    async with reading(node, EVENTS, person.token, last_id=cursor) as reader:
        seqs = numbers(frames(await reader.until("live", "ev")))
        return reader.last_id or cursor, seqs


async def over_poll(node: Server, person: Client, cursor: str) -> tuple[str, list[int]]:
    """The same over a long-poll."""
    return await over_rest(node, person, cursor, "&wait=1&limit=3")


async def over_rest(
    node: Server, person: Client, cursor: str, more: str = "&limit=2"
) -> tuple[str, list[int]]:
    """The same over plain HTTP."""
    client = node.client(person.token)
    answer = await client.call("GET", f"{EVENTS}?since={cursor}{more}")
    assert answer.status in (200, 204), answer
    seqs = numbers(answer.body) if answer.status == 200 else []
    return answer.headers["upcoach-cursor"], seqs


def after(cursor: str, seqs: list[int]) -> str:
    """The cursor behind the last of *seqs*."""
    return f"{cursor.partition('.')[0]}.{seqs[-1]}" if seqs else cursor


def test_a_stream_of_several_feeds_has_an_id_once_all_are_known() -> None:
    wrap = SeveralFeeds("k3f9", ["u:ann", "u:bob"])
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

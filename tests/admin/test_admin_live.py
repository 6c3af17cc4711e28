"""What operators see of all users and nodes, and that nobody else does."""

import asyncio
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from config.settings import Settings
from handlers.http.manifest import UpgradeMatches
from models.base.merge_patch import Json
from streams.admin.timeline import TimelinePosition
from streams.redis.connection import stream_of
from tests.support.engines import redis_of
from tests.support.people.furnished import GOALS, HABITS, write_goals
from tests.support.people.panel import operator
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.admin_live import LIVE, ready, upgrading
from tests.support.wire.answers import done
from tests.support.wire.event_streams import EventStreamReader, reading
from tests.support.wire.sockets import sub, talking
from tests.support.wire.waiting import until

TIMELINE = f"{LIVE}?feed=admin:events"


async def items(reader: EventStreamReader, count: int) -> list[Json]:
    """The next *count* events of the timeline."""
    found: list[Json] = []
    while len(found) < count:
        found += (await reader.until("timeline"))[-1].frame["items"]
    return found


async def test_an_operator_sees_what_happens_and_not_what_it_says(settings: Settings) -> None:
    async with serving(settings) as server:
        admin, person = await operator(server), await server.person()
        async with reading(server, TIMELINE, admin.token) as reader:
            await ready(reader)
            goal = (await done(person.call("POST", GOALS, {"title": "Secret"}))).body
            [item] = await items(reader, 1)

        assert set(item) == {"f", "seq", "type", "kind", "id", "at"}
        assert item["f"] == scope_of(server, person).feed
        assert (item["type"], item["kind"], item["id"]) == ("goal.created", "goal", goal["id"])
        assert item["at"] == goal["created_at"]


async def test_the_server_filters_by_kind_and_by_user(settings: Settings) -> None:
    async with serving(settings) as server:
        admin, ann, bob = await operator(server), await server.person(), await server.person()
        user = scope_of(server, ann).user
        url = f"{TIMELINE}&kind=goal,insight&user={user}"
        async with reading(server, url, admin.token) as reader:
            subd = await ready(reader)
            await write_goals(bob, 3)
            await done(ann.call("POST", HABITS, {"name": "Read"}))
            await done(ann.call("POST", GOALS, {"title": "Run"}))
            seen = await items(reader, 1)

        assert [(item["f"], item["kind"]) for item in seen] == [(f"u:{user}", "goal")]
        assert subd.frame["f"].startswith("admin:events?kind=goal")


async def test_a_watcher_that_was_cut_goes_on_where_it_was(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        admin = await operator(server)
        people = [await server.person() for _ in range(3)]
        async with reading(server, TIMELINE, admin.token) as reader:
            await ready(reader)
            await asyncio.gather(*(write_goals(person, 5) for person in people))
            seen = await items(reader, 1)
            last_id = reader.last_id
        await asyncio.gather(*(write_goals(person, 20) for person in people))
        async with reading(other, TIMELINE, admin.token, last_id=last_id) as reader:
            seen += await items(reader, 75 - len(seen))

        by_feed: dict[str, list[int]] = {}
        for item in seen:
            by_feed.setdefault(item["f"], []).append(item["seq"])
        assert len(by_feed) == 3
        for seqs in by_feed.values():
            assert seqs == list(range(seqs[0], seqs[0] + 25))


async def test_the_beginning_is_what_the_streams_keep(settings: Settings) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        feed = scope_of(server, admin).feed
        # The account, its session, the role, and the session at the panel.
        async with reading(server, f"{TIMELINE}&since=0", admin.token) as reader:
            seen = await items(reader, 4)

        assert [(item["f"], item["seq"]) for item in seen] == [(feed, at) for at in range(1, 5)]
        assert [item["type"] for item in seen] == [
            "user.created",
            "session.created",
            "user.updated",
            "session.created",
        ]


async def test_a_position_before_an_emptied_redis_is_reset(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        async with reading(server, TIMELINE, admin.token) as reader:
            await ready(reader)
            with redis_of(environ) as redis:
                redis.flushdb()
            *_, reset = await reader.until("reset")
            await write_goals(admin, 1)
            [goal] = await items(reader, 1)
        async with reading(server, TIMELINE, admin.token, last_id=reader.last_id) as reader:
            subd = await ready(reader)

        assert (reset.frame["f"], reset.frame["reason"]) == ("admin:events", "retention")
        assert "snapshot" not in reset.frame
        assert goal["type"] == "goal.created"
        assert subd.id is not None


async def test_a_position_below_what_the_streams_keep_is_reset(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        stream = stream_of(scope_of(server, admin).feed)
        async with reading(server, TIMELINE, admin.token) as reader:
            since = (await ready(reader)).id
        await write_goals(admin, 5)
        with redis_of(environ) as redis:
            await until(lambda: redis.xlen(stream) == 9)
            redis.xtrim(stream, maxlen=6, approximate=False)
            async with reading(server, TIMELINE, admin.token, last_id=since) as reader:
                whole = await items(reader, 5)
            redis.xtrim(stream, maxlen=4, approximate=False)
        async with reading(server, f"{TIMELINE}&since={since}", admin.token) as reader:
            [event] = await reader.until("reset", "subd")

        assert [item["type"] for item in whole] == ["goal.created"] * 5
        assert event.frame["reason"] == "retention"
        assert event.id is not None


async def test_the_state_of_all_nodes_comes_once_a_second(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        admin, person = await operator(server), await server.person()
        nodes = {one.node._connections.node for one in (server, other)}
        async with (
            talking(server, person, {"f": "u:me"}),
            talking(other, person, {"f": "u:me"}),
            reading(other, "/v1/events", person.token),
            reading(server, f"{LIVE}?feed=admin:kpi", admin.token) as reader,
        ):
            states = [await state(reader)]
            while set(states[-1]["nodes"]) != nodes or states[-1]["writes_s"] is None:
                states.append(await state(reader))
            await write_goals(person, 20)
            while not states[-1]["events_s"] or not states[-1]["writes_s"]:
                states.append(await state(reader))

        last = states[-1]
        assert (last["sockets"], last["streams"], last["polls"]) == (2, 2, 0)
        assert (last["people"], last["errors"]) == (2, 0)
        assert set(last["nodes"][server.node._connections.node]) == {
            "sockets",
            "streams",
            "polls",
            "writes_s",
            "errors",
        }
        assert 0 < last["events_s"] <= 40
        assert 0 < last["writes_s"] <= 40


async def state(reader: EventStreamReader) -> Json:
    """The next state."""
    *_, told = await reader.until("eph")
    frame = told.frame
    assert (frame["ch"], frame["kind"]) == ("admin:kpi", "kpi")
    body: Json = frame["body"]
    return body


async def test_a_state_that_cannot_leave_gives_place_to_the_next(settings: Settings) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        async with reading(server, f"{LIVE}?feed=admin:kpi", admin.token) as reader:
            await state(reader)
            [stream] = server.node._connections._open
            transport: Any = stream
            transport = transport.transport
            transport.stuck_since = 0.0
            for number in range(100):
                server.node._kpis._push({"number": number})
            transport.stuck_since = None
            server.node._kpis._push({"number": 100})
            numbers = []
            while 100 not in numbers:
                numbers.append((await state(reader)).get("number"))

        assert [number for number in numbers if number is not None] == [100]


async def test_without_redis_no_number_is_made_up(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        async with reading(server, f"{LIVE}?feed=admin:kpi", admin.token) as reader:
            await state(reader)
            with redis_of(environ) as redis:
                redis.set("kpi:nodes", "not a set")
            body = await state(reader)
            while body["sockets"] is not None:
                body = await state(reader)

        assert body.pop("nodes") == {}
        assert set(body.values()) == {None}


async def test_both_feeds_come_over_a_socket_too(settings: Settings) -> None:
    async with serving(settings) as server:
        admin, person = await operator(server), await server.person()
        wishes = ({"f": "admin:kpi"}, {"f": "admin:events?kind=goal"})
        async with talking(server, admin, *wishes) as wire:
            subds = [frame for frame in await wire.until("eph") if frame["t"] == "subd"]
            await write_goals(person, 1)
            *_, timeline = await wire.until("timeline")
            await wire.send({"t": "unsub", "f": "admin:events?kind=goal"})
            await wire.until("unsubd")
            await write_goals(person, 1)
            await wire.send(sub(timeline["cur"], "admin:events"))
            *_, again = await wire.until("timeline")

        assert subds[0] == {"t": "subd", "f": "admin:kpi", "mode": "state"}
        assert [item["kind"] for item in timeline["items"]] == ["goal"]
        assert timeline["f"] == "admin:events?kind=goal"
        assert [item["kind"] for item in again["items"]] == ["goal"]


async def test_the_path_itself_is_a_socket_for_operators(settings: Settings) -> None:
    async with serving(settings) as server:
        admin, person = await operator(server), await server.person()
        ticket = (await done(admin.call("POST", "/v1/live/tickets"))).body["ticket"]

        for query, token in (("", admin.token), (f"?ticket={ticket}", "")):
            async with upgrading(server, query, token) as wire:
                await wire.send({"t": "hello", "v": 1, "subs": [{"f": "admin:kpi"}]})
                frames = await wire.until("eph")
                assert server.node._in_flight.count == 0  # a node that stops waits for no socket
            assert [frame["t"] for frame in frames][:2] == ["welcome", "subd"]
        for token in ("", "x", person.token):
            with pytest.raises(HTTPClientError) as refusal:
                async with upgrading(server, "", token):
                    pass
            assert refusal.value.code == 404
        answers = server.node.metrics.requests
        assert answers.labels("GET", LIVE, "101")._value.get() == 2
        assert answers.labels("GET", LIVE, "404")._value.get() == 3


def test_a_cursor_of_the_timeline_is_url_safe_and_short_enough_for_a_frame() -> None:
    places = TimelinePosition("0123456789abcdef", tuple((2**48, 2**32 - 1) for _ in range(64)))

    text = str(places)

    assert TimelinePosition.parse(text) == places
    assert len(text) <= 2_048
    assert all(letter.isalnum() or letter in "-_~=" for letter in text)


def test_a_websocket_is_asked_for_in_whatever_letters() -> None:
    matcher = UpgradeMatches(f"{LIVE}$")

    def is_for_sockets(upgrade: str) -> bool:
        headers = HTTPHeaders({"Host": "localhost", "Upgrade": upgrade})
        line = RequestStartLine("GET", LIVE, "HTTP/1.1")
        request = HTTPServerRequest(start_line=line, headers=headers)
        return matcher.match(request) is not None

    asked = {upgrade: is_for_sockets(upgrade) for upgrade in ("websocket", "WebSocket", "h2c", "")}
    assert asked == {"websocket": True, "WebSocket": True, "h2c": False, "": False}

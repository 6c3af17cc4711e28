"""The live feed by requests that wait."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from config.settings import Settings
from handlers.live.base import connections
from handlers.live.poll import Poll, as_array
from models.base import cancellation
from streams.feed.encoded_batch import EncodedBatch, EncodedEvent
from tests.support.laws.snapshots import head_of, snapshot
from tests.support.people.furnished import GOALS, HABIT, furnished, write_goals
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from tests.support.wire.waiting import now, until
from upcoach.client import Response, RestClient

EVENTS = "/v1/events"


def polls(server: Server) -> list[Poll]:
    """The requests that wait."""
    return [guest for guest in server.node._connections._open if isinstance(guest, Poll)]


async def from_here(person: RestClient, wait_s: int = 30, more: str = "") -> str:
    """The path of a poll for what comes next."""
    return f"{EVENTS}?since={(await snapshot(person))[1]}&wait={wait_s}{more}"


async def waiting(server: Server, person: RestClient, path: str) -> asyncio.Task[Response]:
    """A poll that has begun to wait."""
    before = len(polls(server))
    asked = asyncio.create_task(person.call("GET", path))
    await until(lambda: len(polls(server)) == before + 1)
    return asked


async def test_a_poll_is_answered_by_the_next_event(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        asked = await waiting(server, person, await from_here(person))

        written = await done(person.call("POST", GOALS, {"title": "Swim"}))
        answer = await asked

        assert answer.status == 200
        assert [frame["doc"] for frame in answer.body] == [written.body]
        assert answer.headers["upcoach-cursor"] == written.headers["upcoach-cursor"]
        assert answer.headers["upcoach-up-to-date"] == "true"
        assert polls(server) == []


async def test_a_poll_is_answered_at_once_with_what_is_there(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        await until(lambda: server.node.hub.newest(scope_of(server, person).feed) == head)

        page = await person.call("GET", f"{EVENTS}?since=0&wait=60&limit=3")
        rest = await person.call("GET", page.headers["link"].partition(">")[0][1:] + "&wait=60")

        assert [frame["seq"] for frame in page.body] == [1, 2, 3]
        assert page.headers["upcoach-cursor"] == f"{epoch}.3"
        assert [frame["seq"] for frame in rest.body] == [4, 5, 6]


async def test_a_poll_in_vain_is_answered_with_its_cursor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its end is no affair of the timer that looks after all connections: it would come late.
    monkeypatch.setattr(connections, "TICK_S", 3_600.0)
    async with serving(settings) as server:
        person = await furnished(server)
        _, cursor = await snapshot(person)
        path = await from_here(person, 1)

        began = now()
        answer = await person.call("GET", path)

        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["upcoach-cursor"] == cursor
        assert now() - began >= 1
        assert polls(server) == []


async def test_a_poll_gets_nothing_twice_from_a_node_that_lags(environ: dict[str, str]) -> None:
    async with a_node_that_hears_nothing_of(environ) as (server, mute):
        person = await server.person()
        writer = mute.client(person.token)
        await done(person.call("POST", GOALS, {"title": "Heard"}))
        await write_goals(writer, 3)
        asked = await waiting(server, person, await from_here(person))

        written = await done(person.call("POST", GOALS, {"title": "Swim"}))
        answer = await asked

        assert [frame["doc"] for frame in answer.body] == [written.body]
        assert answer.headers["upcoach-cursor"] == written.headers["upcoach-cursor"]


async def test_a_poll_on_a_node_that_lags_shows_a_coach_nothing_of_before(
    environ: dict[str, str],
) -> None:
    async with a_node_that_hears_nothing_of(environ) as (server, mute):
        client, coach = await server.person(), await server.person()
        writer = mute.client(client.token)
        await share(client, coach, ["habit"])
        secret = (await done(writer.call("POST", GOALS, {"title": "Secret"}))).body["id"]
        await done(writer.call("DELETE", f"{GOALS}/{secret}"))
        await share(writer, coach, ["goal"])
        shown = await done(writer.call("POST", GOALS, {"title": "Shown"}))
        feed, since = scope_of(server, client).feed, shown.headers["upcoach-cursor"]
        asked = await waiting(server, coach, f"{EVENTS}?feed={feed}&since={since}&wait=30")

        written = await done(client.call("POST", GOALS, {"title": "Swim"}))
        answer = await asked

        assert [frame["seq"] for frame in answer.body] == [
            int(written.headers["upcoach-cursor"].partition(".")[2])
        ]
        assert "Secret" not in str(answer.body)


@contextlib.asynccontextmanager
async def a_node_that_hears_nothing_of(
    environ: dict[str, str],
) -> AsyncIterator[tuple[Server, Server]]:
    """Two nodes, of which the second publishes nothing."""
    silent = Settings.from_environ(environ | {"UPCOACH_REDIS_URL": "redis://127.0.0.1:1/0"})
    async with serving(Settings.from_environ(environ)) as server, serving(silent) as mute:
        yield server, mute


async def test_those_who_wait_at_one_place_get_the_same_bytes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        path = await from_here(person)
        headers = {"Authorization": f"Bearer {person.token}"}
        asked = [person._http.fetch(server.url + path, headers=headers) for _ in range(8)]
        await until(lambda: len(polls(server)) == 8)
        await write_goals(person, 1)
        bodies = {(await one).body for one in asked}

        assert len(bodies) == 1


def test_an_array_of_lines_is_made_once_for_all() -> None:
    batch = EncodedBatch(
        "u:ann", [EncodedEvent(7, "goal", b'{"seq":7}\n'), EncodedEvent(8, "goal", b'{"seq":8}\n')]
    )

    first, second = batch.form(as_array), batch.form(as_array)

    assert first == b'[{"seq":7},{"seq":8}]'
    assert first is second


async def test_who_went_away_waits_no_longer(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        user = scope_of(server, person).user
        path = await from_here(person)
        cut = asyncio.create_task(_cut(server, path, person.token))
        await until(lambda: len(polls(server)) == 1)

        cut.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cut

        await until(lambda: not polls(server))
        await until(
            lambda: server.node._open_requests.left(user) == server.node._open_requests.count
        )
        assert server.node.hub._topics[scope_of(server, person).feed].audience == 0


async def _cut(server: Server, path: str, token: str) -> None:
    async with reading(server, path, token, Accept="application/json"):
        raise AssertionError("answered")


async def test_a_session_that_is_ended_ends_its_polls(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        watch = await other.client().log_in(email, PASSWORD, "watch")
        asked = await waiting(server, server.client(watch.token), await from_here(phone))

        await done(watch.call("POST", "/v1/auth/logout"))
        answer = await asked

        assert (answer.status, answer.body["code"]) == (401, "session_ended")
        watch.close()


async def test_nobody_whose_session_ends_is_told_what_ended_it(settings: Settings) -> None:
    async with serving(settings) as server:
        for ending in (change_password, log_out_others, remove_session):
            phone = await server.person("phone")
            email = (await phone.call("GET", "/v1/me")).body["email"]
            watch = await server.client().log_in(email, PASSWORD, "watch")
            asked = await waiting(server, server.client(watch.token), await from_here(phone))

            await ending(phone, watch)
            answer = await asked

            assert (answer.status, answer.body["code"]) == (401, "session_ended"), ending
            watch.close()


async def change_password(phone: RestClient, _watch: RestClient) -> None:
    body = {"current": PASSWORD, "password": "another staple of a horse"}
    await done(phone.call("POST", "/v1/auth/password/change", body))


async def log_out_others(phone: RestClient, _watch: RestClient) -> None:
    await done(phone.call("DELETE", "/v1/auth/sessions?keep=current"))


async def remove_session(phone: RestClient, watch: RestClient) -> None:
    sessions = (await watch.call("GET", "/v1/auth/sessions")).body["items"]
    [name] = [one["id"] for one in sessions if one["current"]]
    await done(phone.call("DELETE", f"/v1/auth/sessions/{name}"))


async def test_a_node_that_stops_answers_those_who_wait(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, cursor = await snapshot(person)
        asked = await waiting(server, person, await from_here(person))
        server.node._connections.close_all(4503, "draining")
        answer = await asked

        assert answer.status == 204
        assert answer.headers["upcoach-cursor"] == cursor
        assert answer.headers["connection"] == "close"


async def test_a_poll_is_over_with_its_token(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        asked = await waiting(server, person, await from_here(person))
        [poll] = polls(server)
        expires_at = poll.caller.expires_at
        poll._clock = lambda: expires_at
        poll.tick(now() + 1)

        assert (await asked).status == 204


async def test_more_than_was_asked_for_comes_in_pages(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)
        asked = await waiting(server, person, await from_here(person, 30, "&limit=1"))

        # What comes together is one batch; without the streams the log brings it all at once.
        [reader] = [task for task in server.node._tasks if task.get_name() == "reader"]
        await cancellation.end(reader)
        await done(person.call("DELETE", f"/v1/habits/{HABIT}"))
        await server.node.hub.recover()
        first = await asked
        second = await person.call("GET", first.headers["link"].partition(">")[0][1:] + "&wait=9")

        assert [frame["seq"] for frame in first.body + second.body] == [head + 1, head + 2]


async def test_a_coach_waits_for_what_is_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await furnished(server), await server.person()
        theirs = scope_of(server, client).feed
        path = f"/v1/shares/{scope_of(server, coach).user}"
        await share(client, coach, ["goal"])
        feed = f"&feed={theirs}"

        asked = await waiting(server, coach, await from_here(client, 30, feed))
        await write_goals(client, 1)
        shown = await asked
        asked = await waiting(server, coach, await from_here(client, 30, feed))
        await share(client, coach, ["habit"])
        changed = await asked
        asked = await waiting(server, coach, await from_here(client, 30, feed))
        await write_goals(client, 1)
        hidden = await asked
        asked = await waiting(server, coach, await from_here(client, 30, feed))
        await done(client.call("DELETE", path))
        lost = await asked

        assert [frame["type"] for frame in shown.body] == ["goal.created"]
        assert (changed.status, changed.body["reset"]["reason"]) == (410, "access")
        assert [frame["t"] for frame in hidden.body] == ["skip"]
        assert (lost.status, lost.body["code"]) == (404, "feed_unknown")


async def test_a_poll_of_several_feeds_is_woken_by_each(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await furnished(server), await server.person()
        theirs = scope_of(server, client).feed
        await share(client, coach, ["goal"])
        url = f"{EVENTS}?feed=u:me,{theirs}"
        start = await coach.call("GET", f"{url}&since=now")
        cursor, woken = start.headers["upcoach-cursor"], []

        for writer in (client, coach, client):
            asked = await waiting(server, coach, f"{url}&since={cursor}&wait=30")
            await write_goals(writer, 1)
            answer = await asked
            cursor = answer.headers["upcoach-cursor"]
            woken += [frame["f"] for frame in answer.body]

        assert woken == [theirs, scope_of(server, coach).feed, theirs]


async def test_a_bad_poll_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await furnished(server), await server.person()
        epoch, _ = await head_of(person)
        theirs = scope_of(server, stranger).feed
        refused = [
            ("wait=0&since=0", 400, "parameter_invalid"),
            ("wait=61&since=0", 400, "parameter_invalid"),
            ("wait=&since=0", 400, "parameter_invalid"),
            ("wait=1.5&since=0", 400, "parameter_invalid"),
            ("wait=-1&since=0", 400, "parameter_invalid"),
            ("wait=1&wait=2&since=0", 400, "parameter_repeated"),
            ("wait=1&since=0&limit=0", 400, "parameter_invalid"),
            ("wait=1&since=0&limit=501", 400, "parameter_invalid"),
            ("wait=1&since=0&snap=1", 400, "parameter_unknown"),
            ("wait=1&since=0&ticket=x", 400, "parameter_unknown"),
            ("wait=1", 400, "cursor_missing"),
            ("wait=1&since=x", 400, "cursor_malformed"),
            (f"wait=1&since=0&feed={theirs}", 404, "feed_unknown"),
            (f"wait=1&since={epoch}.1&feed=u:me,{theirs}", 404, "feed_unknown"),
            ("wait=1&since=zzzz.1", 410, "cursor_gone"),
            (f"wait=1&since={epoch}.9999", 410, "cursor_gone"),
        ]

        for query, status, code in refused:
            answer = await person.call("GET", f"{EVENTS}?{query}")
            assert (answer.status, answer.body["code"]) == (status, code), query
        assert (await server.client().call("GET", f"{EVENTS}?since=0&wait=1")).status == 401
        assert polls(server) == []

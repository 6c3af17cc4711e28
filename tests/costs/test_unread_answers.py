"""Answers that nobody reads: one account is not answered more and more of them."""

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import msgspec
import pytest

from config.settings import Settings
from handlers.contexts import CONTEXTS
from handlers.http.limits.unread_answers import UnreadAnswers
from handlers.http.operations import Call
from handlers.live.base.send_buffer import WINDOW
from handlers.live.websocket.connection import Connection
from models.access.limits import PAGE_BYTES, PAGES_AT_ONCE, UNREAD_BY_READER
from models.access.request_origin import NOWHERE
from models.base.errors import Unavailable
from models.base.ids import new_id
from models.goals import Goal, NewGoal
from tests.costs.drafts import largest_draft
from tests.costs.raw import until
from tests.support.people.relations import user_of
from tests.support.people.wealth import hold
from tests.support.server import Server
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import MUTATIONS
from upcoach.client import RestClient
from upcoach.node import app
from upcoach.node.process.listener import HttpListener

GOALS = 6  # as large as they may be
UNREAD = 40
WRITES = 8  # of each goal
PATHS = ("/v1/events?since=0", "/v1/snapshot?kind=goal", "/v1/goals")


@contextlib.asynccontextmanager
async def thrifty(settings: Settings) -> AsyncIterator[Server]:
    """A node whose kernel takes little of an answer that nobody reads."""
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        app.running_node(settings, settings.mongo_url, settings.redis_url) as node,
        HttpListener(node.application, "127.0.0.1", 0) as listener,
    ):
        for listening in listener._sockets:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        server = Server(f"http://127.0.0.1:{listener.port}", node)
        try:
            yield server
        finally:
            server.close()


@contextlib.asynccontextmanager
async def wealthy(settings: Settings) -> AsyncIterator[tuple[Server, RestClient]]:
    async with thrifty(settings) as server:
        person = await server.person()
        owner, at = await user_of(person), dt.datetime.now(dt.UTC)
        draft = msgspec.convert(largest_draft(NewGoal), NewGoal)
        drafts = [msgspec.structs.replace(draft, id=new_id("gol")) for _ in range(GOALS)]
        await hold(server, owner, [Goal.drafted(one, owner=owner, at=at) for one in drafts])
        yield server, person


class Unread:
    """Requests whose answers are not read beyond their status."""

    def __init__(self, server: Server, person: RestClient) -> None:
        self._address = ("127.0.0.1", urlsplit(server.url).port)
        self._token = person.token
        self._writers: list[asyncio.StreamWriter] = []

    async def ask(self, path: str) -> int:
        """The status of the answer."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, self._address)
        reader, writer = await asyncio.open_connection(sock=raw, limit=4096)
        self._writers.append(writer)
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        writer.write(head.encode())
        return int((await reader.readline()).split()[1])

    async def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def unread(server: Server, person: RestClient) -> AsyncIterator[Unread]:
    asked = Unread(server, person)
    try:
        yield asked
    finally:
        await asked.close()


@pytest.mark.parametrize("path", PATHS)
async def test_so_many_bytes_wait_to_be_read_and_no_more(settings: Settings, path: str) -> None:
    async with wealthy(settings) as (server, person):
        held = server.node.runner.unread
        async with unread(server, person) as asked:
            codes = await asyncio.gather(*(asked.ask(path) for _ in range(UNREAD)))
            most, refused = held.total, await person.call("GET", path)
            stranger = await (await server.person()).call("GET", path)
        await until(lambda: not held.total)
        after = await person.call("GET", path)

    assert set(codes) == {200, 429}
    assert UNREAD_BY_READER <= most < UNREAD_BY_READER + (PAGES_AT_ONCE + 1) * PAGE_BYTES
    assert (refused.status, refused.body["code"]) == (429, "requests_too_many")
    assert (stranger.status, after.status) == (200, 200)


async def test_who_has_read_everything_is_answered_whatever_others_leave_unread() -> None:
    readers = [f"usr_{number}" for number in range(UNREAD)]
    held = UnreadAnswers(by_reader=4, by_all=UNREAD)
    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    for reader in readers:
        held.require_room(reader)
        held.hold(reader, 1, written, lambda: None)

    for reader in readers:
        with pytest.raises(Unavailable, match="Read them"):
            held.require_room(reader)
    held.require_room("usr_stranger")
    written.set_result(None)
    await until(lambda: not held.total)
    for reader in readers:
        held.require_room(reader)


@pytest.mark.parametrize("path", PATHS)
async def test_what_one_leaves_unread_holds_no_stranger_back(settings: Settings, path: str) -> None:
    async with wealthy(settings) as (server, person):
        held = server.node.runner.unread
        held._by_all = 1
        async with unread(server, person) as asked:
            assert await asked.ask(path) == 200
            await until(lambda: held.total > 0)
            refused = await person.call("GET", path)
            stranger = await (await server.person()).call("GET", path)

    assert (refused.status, refused.body["code"]) == (429, "requests_too_many")
    assert stranger.status == 200


async def test_an_answer_that_nobody_takes_is_given_up(settings: Settings) -> None:
    async with wealthy(settings) as (server, person):
        held = server.node.runner.unread
        held.patience_s = 0.5
        async with unread(server, person) as asked:
            assert await asked.ask(PATHS[0]) == 200
            await until(lambda: held.total > 0)
            await until(lambda: not held.total)


@contextlib.contextmanager
def full(server: Server, reader: str) -> Iterator[None]:
    """So much of *reader*'s waits to be read that nothing more is answered."""
    written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    server.node.runner.unread.hold(reader, UNREAD_BY_READER, written, lambda: None)
    yield
    written.set_result(None)


async def test_what_became_unread_while_a_page_waited_counts_however_costly_it_is(
    settings: Settings,
) -> None:
    rows = [row for context in CONTEXTS for row in context.operations if row.is_page]
    let_in = []
    async with thrifty(settings) as server:
        person = await server.person()
        caller = server.node.services.account.sessions.authenticate(person.token)
        call = Call(caller=caller, names={}, origin=NOWHERE)
        with full(server, caller.scope.user):
            for row in rows:
                with contextlib.suppress(Unavailable):
                    async with server.node.runner._turn(row, call):
                        let_in.append(row.path)

    assert any(row.is_costly for row in rows)
    assert let_in == []


async def test_who_leaves_answers_unread_writes_nothing(settings: Settings) -> None:
    async with thrifty(settings) as server:
        person = await server.person()
        goal = mut("POST", "/v1/goals", {"title": "Run"})
        with full(server, await user_of(person)):
            alone = await person.write(goal)
            many = await person.call("POST", MUTATIONS, [goal])
        await until(lambda: not server.node.runner.unread.total)
        listed = await person.call("GET", "/v1/goals")
        made = await person.write(goal)

    assert (alone["status"], alone["problem"]["code"]) == (429, "requests_too_many")
    assert (many.status, listed.body["items"], made["status"]) == (429, [], 201)


async def test_answers_on_a_socket_show_no_document_while_a_mebibyte_is_unread(
    settings: Settings,
) -> None:
    async with wealthy(settings) as (server, person):
        listed = (await person.call("GET", "/v1/goals?limit=100")).body["items"]
        paths = [f"/v1/goals/{goal['id']}" for goal in listed] * WRITES
        writes = [mut("PATCH", path, {"title": f"{n}"}, base=1) for n, path in enumerate(paths)]
        async with talking(server, person) as wire:
            [connection] = server.node._connections._open
            assert isinstance(connection, Connection)
            await wire.send(*writes)
            await until(lambda: connection.transport.unsent > WINDOW)
            await until(lambda: not connection._writing.tasks)
            unsent = connection.transport.unsent
            answers = await wire.answers(len(writes))

    assert WINDOW < unsent < 1.1 * PAGE_BYTES
    assert {answer["id"] for answer in answers} == {write["id"] for write in writes}
    assert {answer["status"] for answer in answers} == {200}
    brief = [answer for answer in answers if "body" not in answer]
    assert len(brief) > len(answers) / 2
    assert all(answer["ver"] > 1 for answer in brief)

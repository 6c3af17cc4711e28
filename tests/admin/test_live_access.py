"""Who may watch all users and nodes, how many at once, and who may no longer."""

import asyncio
import dataclasses
import os
import socket
import sys

import pytest
from tornado.httpclient import HTTPClientError
from tornado.iostream import IOStream

from config.settings import Settings
from handlers.live.base.admin_feeds import WATCHES, AdminSubscriptions
from handlers.live.base.send_buffer import SocketTransport
from models.access.request_origin import RequestOrigin
from models.base.errors import NotFound
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.people.furnished import furnished
from tests.support.people.panel import operator, set_roles
from tests.support.server import PASSWORD, Server, ServerProcess, serving
from tests.support.wire.admin_live import LIVE, ready, refused, upgrading
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import sub, talking
from tests.support.wire.waiting import until
from upcoach.client import RestClient


async def test_whoever_is_refused_the_socket_in_masses_is_hung_up_on(settings: Settings) -> None:
    async with serving(dataclasses.replace(settings, limits="on")) as server:
        refused_requests, network = (
            server.node.runner.refused,
            RequestOrigin(address="127.0.0.1").household,
        )
        statuses: list[int] = []
        for _ in range(2):
            with pytest.raises(HTTPClientError) as refusal:
                async with upgrading(server, "", "x"):
                    pass
            statuses.append(refusal.value.code)
            while not refused_requests.take(network, asyncio.get_running_loop().time() + 1).wait_s:
                pass

        assert statuses == [404, 429]


async def test_for_everybody_else_there_is_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        person, anonymous = await furnished(server), server.client()
        nowhere = await person.call("GET", "/v1/admin/nothing")

        for client in (person, anonymous, server.client("x")):
            for method in ("GET", "POST", "OPTIONS", "DELETE", "PUT", "PATCH"):
                answer = await client.call(method, LIVE)
                assert answer.status == 404
                assert unnamed(answer.body) == unnamed(nowhere.body)
                assert set(answer.headers) == set(nowhere.headers)
        for token in ("", "x", person.token):
            async with reading(server, LIVE, token) as reader:
                assert unnamed(await reader.problem()) == unnamed(nowhere.body)
        async with talking(server, person) as wire:
            for name in ("admin:kpi", "admin:events", "admin:events?kind=goal", "admin:x"):
                assert await refused(wire, sub(feed=name)) == (404, "feed_unknown")


def unnamed(problem: Json) -> Json:
    """*problem* without what names the request."""
    return {
        name: value for name, value in problem.items() if name not in ("instance", "request_id")
    }


async def test_a_bad_request_of_an_operator_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        marker = (await server.node._admin_feeds.streams.places(None)).marker
        refusals = [
            (f"{LIVE}?feed=u:me", 400, "parameter_invalid"),
            (f"{LIVE}?feed=", 400, "parameter_invalid"),
            (f"{LIVE}?kind=secret", 400, "kind_unknown"),
            (f"{LIVE}?kind=goal,", 400, "kind_unknown"),
            (f"{LIVE}?title=x", 400, "parameter_unknown"),
            (f"{LIVE}?since=x", 400, "cursor_malformed"),
            (f"{LIVE}?since={marker}~AAAA", 400, "cursor_malformed"),
            (f"{LIVE}?since={marker}~{'A' * 1023}", 400, "cursor_malformed"),
            (f"{LIVE}?user=a&user=b", 400, "parameter_repeated"),
        ]

        for path, status, code in refusals:
            async with reading(server, path, admin.token) as reader:
                problem = await reader.problem()
            assert (reader.status, problem["code"]) == (status, code), path
        assert (await admin.call("GET", LIVE)).status == 406
        async with talking(server, admin) as wire:
            for name in ("admin:x", "admin:kpi?kind=goal"):
                assert await refused(wire, sub(feed=name)) == (404, "feed_unknown")
            assert await refused(wire, sub("x", "admin:events")) == (400, "cursor_malformed")
            assert await refused(wire, sub(feed="admin:events?a=b")) == (400, "parameter_unknown")


async def test_so_many_watch_the_timeline_and_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        async with talking(server, admin) as wire:
            for number in range(WATCHES):
                await wire.send(sub(feed=f"admin:events?user={number}"))
                await wire.until("subd")
            over_socket = await refused(wire, sub(feed="admin:events"))
            async with reading(server, LIVE, admin.token) as reader:
                problem = await reader.problem()
        await until(lambda: not server.node._admin_feeds.watches)

        assert over_socket == (503, "watchers_too_many")
        assert (reader.status, problem["code"]) == (503, "watchers_too_many")


async def test_who_is_no_operator_any_more_is_sent_away(settings: Settings) -> None:
    async with serving(settings) as server:
        admin = await operator(server)
        async with (
            reading(server, LIVE, admin.token) as reader,
            talking(server, admin, {"f": "admin:events"}) as wire,
        ):
            await wire.until("subd")
            await ready(reader)
            await server.node._admin_feeds.check()
            assert server.node._admin_feeds.watches
            await set_roles(server, admin, ())
            await server.node._admin_feeds.check()
            *_, unsubd = await wire.until("unsubd")
            rest = await reader.until("unsubd")

            assert unsubd["problem"]["code"] == "feed_unknown"
            assert rest[-1].frame["problem"]["code"] == "feed_unknown"
            assert not server.node._admin_feeds.watches
            assert await refused(wire, sub(feed="admin:kpi")) == (404, "feed_unknown")


async def test_a_socket_that_goes_while_its_powers_are_looked_up_leaves_nothing(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        admin, desk = await operator(server), server.node._admin_feeds
        caller = server.node.services.account.sessions.authenticate(admin.token)
        ours, theirs = socket.socketpair()
        watching = AdminSubscriptions(desk, SocketTransport(IOStream(ours)))

        following = asyncio.create_task(watching.follow(caller, "admin:events"))
        await asyncio.sleep(0)  # it has asked, and MongoDB has not answered
        under_way = not following.done()
        watching.close()
        await following
        ours.close()
        theirs.close()

        assert under_way
        assert (len(desk.watches), len(desk._watching)) == (0, 0)


async def test_a_role_is_given_by_the_command_and_taken_back(environ: dict[str, str]) -> None:
    async with ServerProcess(dict(environ)) as process:
        server = Server(process.url)
        email = f"{new_id('test')}@example.org"
        anonymous = server.client()
        await anonymous.register(email, PASSWORD, "Root")
        person = await anonymous.log_in(email, PASSWORD, "desk")

        assert await status_of(server, person) == 404
        assert await command(environ, "--email", email.upper()) == (
            0,
            f"{email.upper()} is now: superadmin.\n",
        )
        assert await status_of(server, person) == 401  # with one factor only
        assert (await command(environ, "--email", email, "--role", "user"))[0] == 0
        assert await status_of(server, person) == 404
        assert await command(environ, "--email", "nobody@example.org") == (
            2,
            "upcoach: There is no account for nobody@example.org.\n",
        )
        person.close()
        server.close()


async def status_of(server: Server, person: RestClient) -> int:
    async with reading(server, LIVE, person.token) as reader:
        return reader.status


async def command(environ: dict[str, str], *arguments: str) -> tuple[int | None, str]:
    """What `python -m upcoach admin` answers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "upcoach",
        "admin",
        *arguments,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_nobody_gives_a_role_to_oneself(settings: Settings) -> None:
    async with serving(settings) as server:
        body = {
            "email": "eve@example.org",
            "password": PASSWORD,
            "name": "Eve",
            "roles": ["superadmin"],
        }

        wish = body | {"roles": ["superadmin"]}
        answer = await server.client().call("POST", "/v1/auth/register", wish)

        assert answer.status == 422
        with pytest.raises(NotFound):
            await server.node.services.account.accounts.set_roles(
                "eve@example.org", ("superadmin",)
            )

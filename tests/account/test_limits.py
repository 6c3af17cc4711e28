"""The limits: exact, the same on every node, told of in headers, and kept without Redis."""

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis
from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.websocket import websocket_connect

from handlers.contexts import ROUTER
from handlers.http.client_ip import address_of
from models.access.rate_limiter import GO_ON
from models.access.rate_limits import PASSWORDS, SURFACES, Bound, Cost
from streams.limits.rate_limiter import LocalRateLimiter, SharedRateLimiter
from streams.redis.connection import RedisConnections
from tests.account.limited import log_in, patient, person_at, serving_limited
from tests.support.engines import redis_of
from tests.support.server import PASSWORD
from upcoach.client import RestClient

CALLER = {"user": "usr_1", "ip": "203.0.113.7/32", "client": "app", "session": "ses_1"}
EVERYBODY = CALLER | {"account": "ann@example.org", "device": "", "address": "ann@example.org"}


@asynccontextmanager
async def counting(environ: dict[str, str]) -> AsyncIterator[tuple[Redis, SharedRateLimiter]]:
    connections = RedisConnections(environ["UPCOACH_REDIS_URL"])
    try:
        yield connections.counter, patient(SharedRateLimiter(connections.counter, b"k"))
    finally:
        await connections.aclose()


async def now_us(redis: Redis) -> int:
    seconds, rest = await redis.time()
    return seconds * 1_000_000 + rest


async def test_a_bound_lets_exactly_its_burst_through(limited: dict[str, str]) -> None:
    async with counting(limited) as (redis, limits):
        nodes = [limits, patient(SharedRateLimiter(redis, b"k"))]
        for name, surface in SURFACES.items():
            least, every_us = min(
                (one.burst, one.every_us) if isinstance(one, Bound) else (one.free, 60_000_000)
                for one in surface.rules
                if not isinstance(one, Bound) or one.unit == "request"
            )
            began = await now_us(redis)
            # Of many all but some at once: who waits for a connection too long is not counted.
            ahead = max(0, least - 100)
            least -= ahead
            if ahead:
                assert not (await nodes[0].take(name, EVERYBODY, Cost(ahead))).wait_s
            taken = await asyncio.gather(
                *(nodes[turn % 2].take(name, EVERYBODY) for turn in range(2 * least + 2))
            )
            regained = (await now_us(redis) - began) // every_us
            count = sum(not one.wait_s for one in taken)
            assert least <= count <= least + regained, name
            other = EVERYBODY | dict.fromkeys(("user", "ip", "client", "session"), "other")
            other |= dict.fromkeys(("account", "address"), "other@example.org")
            assert not (await nodes[0].take(name, other)).wait_s, name
            looked = await nodes[0].take(name, EVERYBODY, charge=False)
            assert looked.wait_s == pytest.approx(max(one.wait_s for one in taken), abs=1.0), name
        for key in await redis.keys("limit:*"):
            assert await redis.pttl(key) != -1  # none is for ever
            assert b"ann" not in key


async def test_what_one_rule_refuses_costs_nothing_at_the_others(limited: dict[str, str]) -> None:
    async with counting(limited) as (_, limits):
        taken = [await limits.take("login", EVERYBODY) for _ in range(50)]
        minute = taken[-1].counts[1]

        assert [bool(one.wait_s) for one in taken] == [False] * 5 + [True] * 45
        assert minute.rule.name == "minute"
        assert minute.left == 20 - 5


async def test_tries_at_a_password_wait_longer_each_time(limited: dict[str, str]) -> None:
    waits = []
    async with counting(limited) as (redis, limits):
        for _ in range(9):
            verdict = await limits.take("login", EVERYBODY)
            refused = await limits.take("login", EVERYBODY)
            if refused.wait_s:
                waits.append(round(refused.wait_s))
                (key,) = {one.key for one in verdict.counts if one.rule == PASSWORDS}
                tried, _, at = (await redis.get(key)).decode().partition(":")  # type: ignore[union-attr]
                # As if that wait were over: what the script knows of time is this number.
                over = int(at) - int(refused.wait_s * 1e6) - 1_000_000
                await redis.set(key, f"{int(tried)}:{over}", keepttl=True)
            else:
                waits.append(0)
        await limits.forgive("login", EVERYBODY)
        after = await limits.take("login", EVERYBODY)

    assert waits == [0, 0, 60, 120, 240, 480, 900, 900, 900]
    assert after.wait_s == 0


@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=60), st.integers(1, 9))
def test_alone_no_process_lets_through_more_than_a_tenth(gaps: list[int], burst: int) -> None:
    bound = Bound(name="b", by=("ip",), count=60, seconds=60, burst=burst * 10)
    alone, now, times = LocalRateLimiter(), 0, []
    for gap in gaps:
        now += gap
        if not alone.take([bound], ["k"], charge=True, now_us=now)[0][0]:
            times.append(now)

    assert times
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            allowed = burst + (times[last] - start) // 10_000_000
            assert last - first + 1 <= allowed + 1


async def test_without_redis_logins_are_few_and_reads_are_many() -> None:
    nobody: Any = Redis.from_url("redis://127.0.0.1:1/0")
    limits = SharedRateLimiter(nobody)
    try:
        logins = [await limits.take("login", EVERYBODY) for _ in range(3)]
        reads = [await limits.take("read", CALLER) for _ in range(300)]
        await limits.forgive("login", EVERYBODY)
        again = await limits.take("login", EVERYBODY)
    finally:
        await nobody.aclose()

    assert [bool(one.wait_s) for one in logins] == [False, True, True]
    assert reads == [GO_ON] * 300
    assert not again.counts[0].wait_s


async def test_a_limit_is_told_of_and_kept(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        person, _ = await person_at(server)
        user = (await person.call("GET", "/v1/me")).body["id"]
        await server.node.runner.limits.take("write", {"user": user}, Cost(570))
        answers = await asyncio.gather(
            *(person.call("POST", "/v1/goals", {"title": f"{n}"}) for n in range(40))
        )
        read = await person.call("GET", "/v1/goals")
        bad = await person.call("POST", "/v1/goals", {"title": 5})
        other, _ = await person_at(server, "198.51.100.1")
        theirs = await other.call("POST", "/v1/goals", {"title": "Run"})

    statuses = [one.status for one in answers]
    assert statuses.count(201) in range(30, 33)
    assert set(statuses) == {201, 429}
    refused = next(one for one in answers if one.status == 429)
    assert refused.body["code"] == "requests_too_many"
    assert 0 < refused.body["after"] <= 1_000
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"].startswith('"write-user";r=0;t=')
    assert refused.headers["ratelimit-policy"].startswith('"write-user";q=120;w=60;pk=:')
    assert read.status == 200
    assert read.headers["ratelimit"].startswith('"read-user";r=9')
    assert bad.status in (422, 429)
    assert theirs.status == 201


async def test_guesses_use_up_the_tries_of_strangers_and_not_those_of_the_owner(
    limited: dict[str, str],
) -> None:
    async with serving_limited(limited) as server:
        client = server.client()
        _, email = await person_at(server)
        first = await log_in(client, email, PASSWORD)
        known = first.headers["upcoach-known-device"]
        hashed = 0
        verify = server.node.services.account.passwords.verify

        async def counted(*arguments: Any) -> Any:
            nonlocal hashed
            hashed += 1
            return await verify(*arguments)

        server.node.services.account.passwords.verify = counted  # type: ignore[assignment,method-assign]
        guesses = [
            await log_in(client, email.upper(), f"guess {n} guess", f"198.51.100.{n % 200}")
            for n in range(300)
        ]
        stranger = await log_in(client, email, PASSWORD, "192.0.2.1")
        owner = await log_in(client, email, PASSWORD, Upcoach_Known_Device=known)
        at_browser = {"email": email, "password": PASSWORD, "device": "tab", "app": "web"}
        shown = {"Cookie": f"known={known}", "X-Forwarded-For": "203.0.113.8"}
        window = await client.call("POST", "/v1/auth/login", at_browser, headers=shown)
        forged = await log_in(client, email, PASSWORD, Upcoach_Known_Device=f"{known[:-2]}AA")
        nobody = [await log_in(client, "no@x.org", "wrong wrong", "192.0.2.2") for _ in range(7)]

    assert {one.status for one in guesses} == {401, 429}
    assert hashed <= 10 + len(nobody)
    assert stranger.status == forged.status == 429
    assert owner.status == 201
    assert owner.headers["upcoach-known-device"] == known
    assert window.status == 201
    assert f"known={known}; HttpOnly" in window.headers["set-cookie"]
    # An address that nobody has is kept apart by the same figures.
    assert [one.status for one in nobody] == [401] * 5 + [429] * 2


async def test_one_address_tries_many_accounts_in_vain(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        answers = [
            await log_in(server.client(), f"a{n}@x.org", "wrong wrong", f"2001:db8::{n:x}")
            for n in range(30)
        ]
        made = [
            await server.client().call(
                "POST",
                "/v1/auth/register",
                {"email": f"a{n}@x.org", "password": PASSWORD, "name": "A"},
                headers={"X-Forwarded-For": "192.0.2.9"},
            )
            for n in range(7)
        ]

    assert [one.status for one in answers].count(401) in (20, 21)
    assert answers[-1].status == 429
    assert [one.status for one in made][-2:] == [429, 429]
    assert 429 not in [one.status for one in made][:5]


async def test_clients_that_guess_a_secret_are_held_back(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        raw = b"grant_type=client_credentials&client_id=cli_x&client_secret=guess"
        answers = [
            await server.client().call("POST", "/oauth/token", raw=raw, headers=form)
            for _ in range(12)
        ]

    assert {one.status for one in answers[:10]} == {401}
    assert [one.status for one in answers[10:]] == [429, 429]
    assert answers[-1].body["error"] == "temporarily_unavailable"
    assert int(answers[-1].headers["retry-after"]) in range(1, 7)


async def test_keys_in_redis_name_nobody(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        person, email = await person_at(server)
        await person.call("GET", "/v1/goals")
        with redis_of(limited) as redis:
            keys = redis.keys("limit:*")
            text = b" ".join([*keys, *redis.mget(keys)])

    assert len(keys) >= 4
    assert email.encode() not in text
    assert b"203.0.113" not in text
    assert b"usr_" not in text


def test_every_public_operation_is_counted_by_something_that_it_has() -> None:
    rows = [row for route in ROUTER.routes for row in route.operations.values()]
    public = {row.path: row.limit for row in rows if row.public}

    assert public
    for path, limit in public.items():
        counted = {party for rule in SURFACES[limit].rules for party in rule.by}
        assert "ip" in counted, path
        assert not counted & {"user", "client"}, path


TRUSTED = tuple(map(ipaddress.ip_network, ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8")))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", "203.0.113.7"),  # it is no proxy of ours
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.7", "203.0.113.7"),  # the first is what a client says
        ("127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("127.0.0.1", "2001:db8::1, fd00::1", "2001:db8::1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.7, nonsense", "127.0.0.1"),
        ("127.0.0.1", "10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_only_our_balancers_say_where_a_request_comes_from(
    peer: str, forwarded: str, expected: str
) -> None:
    headers = HTTPHeaders({"Host": "x"} | ({"X-Forwarded-For": forwarded} if forwarded else {}))
    line = RequestStartLine("GET", "/", "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=headers, connection=cast("Any", None))
    request.remote_ip = peer

    assert address_of(request, TRUSTED) == expected


def test_the_table_is_that_of_the_specification() -> None:
    found = {
        f"{name}/{rule.name}": (rule.count, rule.seconds, rule.burst)
        for name, surface in SURFACES.items()
        for rule in surface.rules
        if isinstance(rule, Bound)
    }

    assert found["login/minute"] == (20, 60, 20)
    assert found["login/hour"][:2] == (200, 3_600)
    assert found["mail/network"][:2] == (5, 3_600)
    assert found["mail/address"][:2] == (3, 3_600)
    assert found["token/client"] == (60, 60, 20)
    assert found["client/failed"][:2] == (10, 60)
    assert found["authorize/network"][:2] == (60, 60)
    assert found["user_code/codes"][:2] == (10, 3_600)
    assert found["read/user"] == (600, 60, 100)
    assert found["write/user"] == (120, 60, 600)
    assert found["integration/client"][:2] == (300, 60)
    assert found["upload/user"][:2] == (30, 3_600)
    assert found["connect/network"][:2] == (20, 60)
    assert msgspec.to_builtins(PASSWORDS)["free"] == 5


async def test_so_many_sockets_and_no_more(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server, contextlib.AsyncExitStack() as stack:
        people = [(await person_at(server, f"192.0.2.{number}"))[0] for number in range(4)]
        url = server.url.replace("http", "ws", 1) + "/v1/live"

        async def connect(person: RestClient, address: str) -> int | str:
            headers = {"X-Forwarded-For": address}
            wire = await websocket_connect(HTTPRequest(url, headers=headers))
            stack.callback(wire.close)
            await wire.write_message(json.dumps({"t": "hello", "v": 1, "token": person.token}))
            said = await wire.read_message()
            return wire.close_code or "" if said is None else json.loads(said)["t"]

        of_user = [await connect(people[0], f"198.51.100.{number}") for number in range(12)]
        of_network = [await connect(people[1 + number % 3], "203.0.113.50") for number in range(24)]

    assert of_user == ["welcome"] * 10 + [4429] * 2
    assert of_network[:20] == ["welcome"] * 20
    assert 4429 in of_network[20:]


@pytest.mark.parametrize("path", ["/v1/auth/password/forgot", "/v1/auth/register"])
async def test_an_answer_tells_nobody_what_others_have_asked_of_an_address(
    limited: dict[str, str], path: str
) -> None:
    async with serving_limited(limited) as server:
        _, busy = await person_at(server)
        _, quiet = await person_at(server, "203.0.113.8")
        told = []
        for number, email in enumerate((busy, busy, quiet)):
            body = {"email": email, "password": PASSWORD, "name": "Ann"}
            if path.endswith("forgot"):
                body = {"email": email}
            headers = {"X-Forwarded-For": f"198.51.100.{number}"}
            answer = await server.client().call("POST", path, body, headers=headers)
            told.append((answer.status, answer.headers["ratelimit"]))

    assert told[0] == told[1] == told[2]
    assert "-network" in told[0][1]
    assert "-address" not in told[0][1]

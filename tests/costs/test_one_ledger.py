"""One ledger of writes: over REST, sockets, batches and imports, on all nodes together."""

import asyncio
import contextlib

import pytest

from models.access.rate_limiter import GO_ON
from models.access.rate_limits import SURFACES, Bound, Cost
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from streams.limits.prepaid_rate_limiter import PREPAID, PrepaidRateLimiter
from tests.costs.ledger import nodes
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.people.phone_away import frames_of, go_on, outcome_of, queued, stay
from tests.support.server import Server, serving
from tests.support.wire.sockets import Wire, mut, talking
from tests.support.wire.writes import MUTATIONS, statuses
from upcoach.client import RestClient

WRITES, HOUR, DAY = (rule for rule in SURFACES["write"].rules if isinstance(rule, Bound))
JOURNAL = "/v1/journal"

WRITE = Cost(1, 1)
LEFT = 4_096  # KiB: enough to be counted, and few enough to be written soon


@pytest.fixture
def environ(engines: TestEngines) -> dict[str, str]:
    return engines.environ(UPCOACH_LIMITS="on")


async def over_rest(person: RestClient, count: int) -> int:
    answers = [await person.call("POST", GOALS, {"title": "Run"}) for _ in range(count)]
    return [one.status for one in answers].count(201)


async def over_a_socket(wire: Wire, count: int, body: Json | None = None) -> list[Json]:
    """The answers to *count* writes, a few at a time so that no burst of frames is too much."""
    answers: list[Json] = []
    for _ in range(0, count, 10):
        await wire.send(*(mut("POST", GOALS, body or {"title": "Run"}) for _ in range(10)))
        answers += await wire.answers(10)
    return answers


async def in_batches(person: RestClient, count: int) -> int:
    made = 0
    for _ in range(count):
        batch = [mut("POST", GOALS, {"title": "Run"}) for _ in range(50)]
        answer = await person.call("POST", MUTATIONS, batch)
        made += statuses(answer.body).count(201) if answer.status == 200 else 0
    return made


async def test_all_roads_take_from_one_ledger(environ: dict[str, str]) -> None:
    async with nodes(environ, 2) as (one, other):
        person = await one.person()
        elsewhere = other.client(person.token)
        began = asyncio.get_running_loop().time()
        async with (
            talking(one, person) as first,
            talking(one, person) as second,
            talking(other, person) as third,
        ):
            sockets = [over_a_socket(wire, 200) for wire in (first, second, third)]
            others = asyncio.gather(over_rest(person, 150), in_batches(elsewhere, 8))
            answers = await asyncio.gather(*sockets)
            made = sum(await others)
        took_s = asyncio.get_running_loop().time() - began

    made += sum(statuses(some).count(201) for some in answers)
    refused = [one for some in answers for one in some if one["status"] == 429]
    regained = took_s * WRITES.count / WRITES.seconds
    # What a node has paid for ahead and did not use is lost.
    assert WRITES.burst - 50 - 2 * PREPAID.requests <= made <= WRITES.burst + regained + 1
    assert {one["problem"]["code"] for one in refused} == {"writes_too_many"}
    assert all(0 < one["problem"]["after"] <= 60_000 for one in refused)


async def leave_kib(server: Server, person: RestClient, left: int) -> None:
    """Take of what *person* may keep at once all but so many kibibytes."""
    user = (await person.call("GET", "/v1/me")).body["id"]
    cost = Cost(0, HOUR.burst - left)
    verdict = await server.node.runner.limits.take("write", {"user": user}, cost)
    assert not verdict.wait_s


async def test_bytes_are_counted_over_all_sockets(environ: dict[str, str]) -> None:
    text = {"text": "x" * 29_000}
    async with nodes(environ, 1) as (server,), contextlib.AsyncExitStack() as stack:
        person = await server.person()
        await leave_kib(server, person, LEFT)
        wires = [await stack.enter_async_context(talking(server, person)) for _ in range(10)]

        async def pour(wire: Wire) -> int:
            made = 0
            for _ in range(20):
                await wire.send(mut("POST", JOURNAL, text))
                made += (await wire.answers(1))[0]["status"] == 201
            return made

        made = sum(await asyncio.gather(*map(pour, wires)))
        after = await person.call("POST", JOURNAL, text)

    assert LEFT - 2 * PREPAID.kib - 29 <= made * 29 <= LEFT + HOUR.count // 60
    assert after.status == 429
    assert after.body["code"] == "requests_too_many"


async def test_a_small_change_of_a_large_document_costs_what_is_kept(
    environ: dict[str, str],
) -> None:
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        async with talking(server, person) as wire:
            entry = new_id("jen")
            await wire.send(mut("POST", JOURNAL, {"id": entry, "text": "\u20ac" * 30_000}))
            made = (await wire.answers(1))[0]
            await leave_kib(server, person, LEFT)
            for turn in range(100):
                body = {"mood": turn % 5 + 1}
                await wire.send(mut("PATCH", f"{JOURNAL}/{entry}", body, base=made["ver"] + turn))
                if (await wire.answers(1))[0]["status"] == 429:
                    break

    assert turn in range(LEFT // 88 - 5, LEFT // 88 + 10)


async def test_an_import_takes_from_the_same_ledger(environ: dict[str, str]) -> None:
    csv = {"Content-Type": "text/csv"}
    path = "/v1/imports/csv/journal"
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        await leave_kib(server, person, LEFT)
        tables = [journal_table(60, turn) for turn in range(7)]
        answers = [await person.call("POST", path, raw=raw, headers=csv) for raw in tables]
        after = await person.call("POST", JOURNAL, {"text": "x" * 29_000})

    statuses_ = [one.status for one in answers]
    assert statuses_ == sorted(statuses_)
    assert statuses_.count(200) in (2, 3)
    assert after.status in (201, 429)


async def test_an_import_that_comes_again_under_its_name_is_paid_for_once(
    environ: dict[str, str],
) -> None:
    path = "/v1/imports/csv/journal"
    tables = journal_table(60, 0), journal_table(60, 1)
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        await leave_kib(server, person, LEFT)

        async def imported(table: bytes, name: str) -> tuple[int, Json]:
            headers = {"Content-Type": "text/csv", "Idempotency-Key": name}
            answer = await person.call("POST", path, raw=table, headers=headers)
            return answer.status, answer.body

        name = new_mutation_id()
        answers = [await imported(tables[0], name) for _ in range(4)]
        reused, _ = await imported(tables[1], name)
        other, _ = await imported(tables[1], new_mutation_id())

    assert [status for status, _ in answers] == [200] * 4
    assert answers == answers[:1] * 4
    assert (reused, other) == (422, 200)


async def test_what_a_socket_is_sent_counts_as_read(environ: dict[str, str]) -> None:
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        await person.call("POST", GOALS, {"title": "Run"})
        user = (await person.call("GET", "/v1/me")).body["id"]
        await server.node.runner.limits.take("read", {"user": user}, Cost(90))
        began = asyncio.get_running_loop().time()
        async with talking(server, person) as wire:
            for _ in range(8):
                await wire.send({"t": "sub", "f": "u:me", "snap": True})
                await wire.until("live")
        took_s = asyncio.get_running_loop().time() - began

    # Eight of four or more, of which some ten were left, at ten a second.
    assert took_s > 1.5


async def test_what_computes_much_counts_as_much(environ: dict[str, str]) -> None:
    async with nodes(environ, 1) as (server,):
        person = await server.person()
        heavy = [await person.call("GET", "/v1/habits/achievements") for _ in range(7)]
        other = await (await server.person()).call("GET", "/v1/habits/achievements")

    assert [one.status for one in heavy][:5] == [200] * 5
    assert heavy[-1].status == 429
    assert other.status == 200


def journal_table(rows: int, turn: int) -> bytes:
    """A table of *rows* entries of twenty-five kilobytes."""
    lines = [f"2020-01-01,{turn} {n} {'x' * 25_000}" for n in range(rows)]
    return "\n".join(["date,text", *lines]).encode()


@pytest.mark.parametrize("road", ["rest", "socket", "batches"])
async def test_a_phone_that_was_away_for_weeks_is_held_back_by_nothing(
    environ: dict[str, str], road: str
) -> None:
    async with nodes(environ, 1) as (server,):
        phone = await server.person()
        await stay(phone)
        await go_on(phone)
        queue = list(queued())
        frames = frames_of(queue)
        if road == "rest":
            answers = [await phone.write(frame) for frame in frames]
        elif road == "socket":
            answers = []
            for start in range(0, 500, 50):
                async with talking(server, phone) as wire:
                    await wire.send(*frames[start : start + 50])
                    found = {one["id"]: one for one in await wire.answers(50)}
                    answers += [found[one["id"]] for one in frames[start : start + 50]]
        else:
            answers = []
            for start in range(0, 500, 100):
                batch = frames[start : start + 100]
                answers += (await phone.call("POST", MUTATIONS, batch)).body

    assert [outcome_of(one)[0] for one in answers] == [one.status for one in queue]


async def test_what_waits_behind_a_refused_write_is_refused_too(engines: TestEngines) -> None:
    # A tenth of a second is a write: the change would come when there is room for it again.
    async with serving(engines.settings(UPCOACH_LIVE_WRITES_S="10")) as server:
        person = await server.person()
        async with talking(server, person) as wire:
            await wire.send(*(mut("POST", GOALS, {"title": "Run"}) for _ in range(100)))
            await wire.answers(100)
            goals = [new_id("gol") for _ in range(30)]
            pairs = [
                frame
                for goal in goals
                for frame in (
                    mut("POST", GOALS, {"id": goal, "title": "Run"}),
                    mut("PATCH", f"{GOALS}/{goal}", {"title": "Walk"}, base=1),
                )
            ]
            left = list(pairs)
            found: dict[str, Json] = {}
            while left:
                for frame in left:
                    await wire.send(frame)
                some = {one["id"]: one for one in await wire.answers(len(left))}
                found |= some
                left = [one for one in left if some[one["id"]]["status"] == 429]
                afters = [some[one["id"]]["problem"]["after"] for one in left]
                await asyncio.sleep(max(afters, default=0) / 1_000)  # as our clients do

    assert sorted({one["status"] for one in found.values()}) == [200, 201]


async def test_credit_is_asked_for_once_for_many(environ: dict[str, str]) -> None:
    async with nodes(environ, 1) as (server,):
        limits = server.node.runner.limits
        asked = []
        take = limits.take

        async def counted(*arguments: object, **more: object) -> object:
            asked.append(arguments)
            return await take(*arguments, **more)  # type: ignore[arg-type]

        limits.take = counted  # type: ignore[method-assign,assignment]
        credit, user = PrepaidRateLimiter(limits), new_mutation_id()
        verdicts = [await credit.take("write", {"user": user}, WRITE) for _ in range(64)]

    assert verdicts == [GO_ON] * 64
    assert len(asked) <= 5

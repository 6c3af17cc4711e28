"""A large file: read elsewhere, written in parts, and never told in a log."""

import asyncio
import datetime as dt
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from config.settings import Settings
from models.base.errors import Invalid, Unavailable
from models.base.ids import new_id
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.server import serving
from tests.support.server.lag import heartbeat
from upcoach.client import Response, RestClient
from upcoach.services.imports import imports, workers
from upcoach.services.imports.worker_protocol import ImportJob
from upcoach.services.imports.workers import ForkServer, Workers

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
HELD_S = 0.05  # see tests/costs/test_reads.py


def moods(number: int, note: str = "") -> bytes:
    rows = (
        f"{(START + dt.timedelta(hours=n)).isoformat()},{1 + n % 5},{note}" for n in range(number)
    )
    return "\n".join(("at,level,note", *rows)).encode()


async def brought(
    person: RestClient, content: bytes, query: str = "", key: str = "", what: str = "moods"
) -> Response:
    headers = {"Content-Type": "text/csv"} | ({"Idempotency-Key": key} if key else {})
    path = f"/v1/imports/csv/{what}{query}"
    return await person.call("POST", path, raw=content, headers=headers)


async def test_a_large_file_is_written_in_parts_that_fit_into_a_transaction(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        number = 2 * imports.PART + 7
        before = await snapshot(person)

        shown = await brought(person, moods(number), "?tz=UTC&dry_run=true")
        first = await brought(person, moods(number), "?tz=UTC")
        again = await brought(person, moods(number + 3), "?tz=UTC")

        assert shown.body["moods"] == first.body["moods"] == {"created": number, "kept": 0}
        assert again.body["moods"] == {"created": 3, "kept": number}
        parts = await server.node.database["events"].distinct("at", {"type": "mood.created"})
        assert len(parts) == 4
        await assert_law(before, person, ("mood.created",) * (number + 3))


async def test_large_texts_make_smaller_parts(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        text = "word " * 4_000
        rows = [f"2026-01-{1 + n % 28:02},{n} {text}" for n in range(120)]
        content = "\n".join(("date,text", *rows)).encode()

        answer = await brought(person, content, "?tz=UTC", what="journal")

        assert answer.body["journal_entries"] == {"created": 120, "kept": 0}
        query = {"type": "journal.entry.created"}
        parts = await server.node.database["events"].distinct("at", query)
        assert len(parts) == 1 + len(content) // imports.PART_BYTES


async def test_another_file_under_a_used_name_writes_no_part_of_it(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        key = new_id("x").removeprefix("x_")
        first = await brought(person, moods(3), "?tz=UTC", key)

        reused = await brought(person, moods(3 * imports.PART, "other"), "?tz=UTC", key)
        repeated = await brought(person, moods(3), "?tz=UTC", key)

        assert (reused.status, reused.body["code"]) == (422, "mutation_reused")
        assert repeated.body == first.body
        assert len((await person.call("GET", "/v1/moods")).body["items"]) == 3


async def test_reading_and_writing_a_large_file_holds_nobody_up(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await brought(person, moods(1), "?tz=UTC")  # starts what reads
        content = moods(5_000, "a note that is like many others")

        async with heartbeat() as beat:
            answer = await brought(person, content, "?tz=UTC")
            shown = await brought(person, content, "?tz=UTC&dry_run=true")

        assert answer.body["moods"]["created"] == 5_000
        assert shown.body["moods"]["kept"] == 5_000
        assert beat.worst() < HELD_S


async def test_few_long_texts_hold_nobody_up(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await brought(person, moods(1), "?tz=UTC")  # starts what reads
        letters = [chr(code) for code in range(0x4E00, 0x9FFF)]  # each two of them are a word
        texts = ("".join(random.Random(n).choices(letters, k=6_000)) for n in range(6))
        digits = "1 2 " * 7_000
        rows = [f"2026-01-{1 + n:02},{n} {text}" for n, text in enumerate((*texts, *[digits] * 12))]
        content = "\n".join(("date,text", *rows)).encode()

        async with heartbeat() as beat:
            shown = await brought(person, content, "?tz=UTC&dry_run=true", what="journal")
            answer = await brought(person, content, "?tz=UTC", what="journal")

        assert shown.body["journal_entries"] == {"created": 18, "kept": 0}
        assert answer.body["journal_entries"] == {"created": 18, "kept": 0}
        assert beat.worst() < HELD_S


async def test_one_user_brings_one_file_at_a_time(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        content = moods(500)

        answers = await asyncio.gather(
            *(brought(person, content, "?tz=UTC&dry_run=true") for _ in range(8))
        )

        refused = [answer for answer in answers if answer.status != 200]
        assert 3 <= len(answers) - len(refused) < 8
        assert {(one.status, one.body["code"]) for one in refused} == {(429, "requests_too_many")}
        assert all("retry-after" in one.headers for one in refused)


async def test_a_reader_that_dies_is_a_refusal_and_the_next_is_well() -> None:
    server = ForkServer()
    try:
        reader = Workers(server)
        job = ImportJob("moods", "usr_1", "UTC", START)
        assert len((await reader.read(job, moods(3))).items) == 3
        endless = asyncio.create_task(reader.read(job, moods(50_000)))
        await _child_of(server)

        os.kill(await _child_of(server), signal.SIGKILL)
        with pytest.raises(Unavailable):  # nothing is wrong with the file
            await endless

        assert len((await reader.read(job, moods(3))).items) == 3
        assert server.process is not None
        server.process.kill()  # the whole of it: it is started anew
        server.process.wait()
        assert len((await reader.read(job, moods(3))).items) == 3
    finally:
        server.close()


async def test_a_reader_that_has_had_its_time_says_so() -> None:
    server = ForkServer()
    try:
        reader = Workers(server)
        job = ImportJob("moods", "usr_1", "UTC", START)
        await reader.read(job, moods(3))
        for limit in (signal.SIGXCPU, signal.SIGALRM):
            endless = asyncio.create_task(reader.read(job, moods(50_000)))
            child = await _child_of(server)
            await _is_reading(child)

            os.kill(child, limit)

            with pytest.raises(Invalid) as refusal:
                await endless
            assert refusal.value.flaws[0].code == "export_too_large"
    finally:
        server.close()


async def test_a_reader_that_cannot_be_started_is_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    reader = Workers(ForkServer())

    with pytest.raises(Unavailable):
        await reader.read(ImportJob("moods", "usr_1", "UTC", START), moods(3))


async def test_what_takes_too_long_ends_at_its_time() -> None:
    server = ForkServer()
    try:
        job = ImportJob("moods", "usr_1", "UTC", START)
        await Workers(server).read(job, moods(3))
        reader = Workers(server, patience_s=0.01, deadline_s=0.05)

        slow = [asyncio.create_task(reader.read(job, moods(50_000))) for _ in range(5)]
        refusals = await asyncio.gather(*slow, return_exceptions=True)

        kinds = [type(one) for one in refusals]
        assert kinds.count(Invalid) == workers.AT_ONCE
        assert kinds.count(Unavailable) == 5 - workers.AT_ONCE
    finally:
        server.close()


async def test_a_short_file_is_read_while_long_ones_take_all_turns() -> None:
    server = ForkServer()
    try:
        job = ImportJob("moods", "usr_1", "UTC", START)
        reader = Workers(server, patience_s=30)
        await reader.read(job, moods(3))
        long = [asyncio.create_task(reader.read(job, moods(50_000))) for _ in range(5)]
        children = await _children_at_work(server, workers.AT_ONCE)
        for child in children:
            os.kill(child, signal.SIGSTOP)  # as slow as can be

        assert len((await reader.read(job, moods(5))).items) == 5
        assert not any(one.done() for one in long)
        for child in children:
            os.kill(child, signal.SIGKILL)  # what is stopped hears of no end
        for one in long:
            one.cancel()
        await asyncio.gather(*long, return_exceptions=True)
    finally:
        server.close()


async def test_readers_die_with_their_parent_and_know_no_secret() -> None:
    server = ForkServer()
    os.environ["UPCOACH_INDEX_KEY_OF_A_TEST"] = "secret"
    try:
        job = ImportJob("moods", "usr_1", "UTC", START)
        reading = asyncio.create_task(Workers(server).read(job, moods(50_000)))
        child = await _child_of(server)
        assert b"UPCOACH" not in _environ_of(child)
        assert server.process is not None

        server.process.kill()
        server.process.wait()
        with pytest.raises(Unavailable):
            await reading

        assert not await _is_alive(child)
    finally:
        del os.environ["UPCOACH_INDEX_KEY_OF_A_TEST"]
        server.close()


async def _child_of(server: ForkServer) -> int:
    """The reader that is at work, once there is one."""
    return (await _children_at_work(server, 1))[0]


async def _children_at_work(server: ForkServer, number: int) -> list[int]:
    """The readers that are at work, once there are so many."""
    async with asyncio.timeout(30):
        while True:
            if server.process is not None:
                children = _children_of(server.process.pid)
                if len(children) >= number:
                    return children
            await asyncio.sleep(0.001)


async def _is_reading(pid: int) -> None:
    """Return when a reader has all that it asks for, and has worked on it for a while."""
    async with asyncio.timeout(30):
        while _ticks_of(pid) < 10:
            await asyncio.sleep(0.001)


def _ticks_of(pid: int) -> int:
    """The CPU time of a process, in hundredths of a second."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])


async def _is_alive(pid: int) -> bool:
    """Whether a process is there still, a while after it was to end."""
    for _ in range(1_000):
        if not _exists(pid):
            return False
        await asyncio.sleep(0.005)
    return True


def _children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _environ_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()

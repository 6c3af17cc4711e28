"""Archives come by the disk: larger than what a node holds, and read for what is wanted of them."""

import asyncio
import contextlib
import io
import random
import resource
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.http.limits.byte_budget import ByteBudget, ByteReservation
from handlers.http.rest.upload_spool import UploadSpool
from models.access.limits import ARCHIVE_BYTES, HELD_BY_USER, SPOOLED_BY_USER
from models.base.ids import new_mutation_id
from tests.costs.raw import raw, until
from tests.imports.exports import NEWER
from tests.support.engines import TestEngines
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient

LOOP = "/v1/imports/loop"
ZIP = {"Content-Type": "application/zip"}
MIB = 1024 * 1024


def with_photos(size: int) -> bytes:
    """An export with *size* bytes of photos that are not to be packed any smaller."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for at in range(0, size, MIB):
            file.writestr(f"photos/{at}.jpeg", random.Random(at).randbytes(MIB))
        for name, content in NEWER.items():
            file.writestr(name, content)
    return archive.getvalue()


def spooled(server: Server) -> int:
    """The bytes of uploads that are on the disk."""
    return server.node.bodies.spooled


async def uploaded(person: RestClient, archive: bytes, name: str) -> tuple[int, dict[str, int]]:
    """The status of an import, and how many habits it made."""
    headers = ZIP | {"Idempotency-Key": name}
    answer = await done(person.call("POST", LOOP, raw=archive, headers=headers))
    return answer.status, answer.body["habits"]


@pytest.mark.parametrize("mib", [32, pytest.param(600, marks=pytest.mark.chaos)])
async def test_an_archive_may_be_larger_than_what_a_node_holds(
    engines: TestEngines, mib: int
) -> None:
    archive = with_photos(mib * MIB)
    assert len(archive) > HELD_BY_USER
    async with serving(engines.settings(UPCOACH_LIMITS="on")) as server:
        person = await server.person()
        name = new_mutation_id()
        uploading = asyncio.create_task(uploaded(person, archive, name))
        held, on_disk = [0], [0]
        while not uploading.done():
            held.append(server.node.bodies.held)
            on_disk.append(spooled(server))
            await asyncio.sleep(0)
        first = await uploading

        assert max(held) == 0
        assert max(on_disk) == len(archive)
        assert first[1]["created"] == 4
        assert await uploaded(person, archive, name) == first  # the same file under the same name
        other = await person.call(
            "POST", LOOP, raw=archive + b"x", headers=ZIP | {"Idempotency-Key": name}
        )
        assert (other.status, other.body["code"]) == (422, "mutation_reused")
        await until(lambda: spooled(server) == 0)


async def test_what_is_larger_still_is_refused_before_it_comes(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        shown = f"Authorization: Bearer {person.token}\r\n"
        for path, size in ((LOOP, ARCHIVE_BYTES + 1), ("/v1/goals", 10**15), (LOOP, 10**15)):
            async with raw(server) as one:
                await one.send(path, shown, size, 0)
                assert await one.status() == 413, (path, size)
        assert spooled(server) == 0


async def test_a_file_is_deleted_off_the_loop_and_its_room_is_held_until_then(
    tmp_path: Path,
) -> None:
    budget = ByteBudget(MIB, MIB)
    spool = UploadSpool(tmp_path, ByteReservation(budget, "usr_1"))
    assert spool.has_room(MIB)
    written = spool.take(bytes(MIB))
    assert written is not None
    await written

    spool.close()
    spool.close()

    assert budget.total == MIB
    await until(lambda: budget.total == 0)
    assert budget.held == {}


@pytest.mark.parametrize("beyond", [3_000, MIB], ids=["at its end", "on its way"])
async def test_a_full_disk_is_told_and_costs_no_room_for_good(
    engines: TestEngines, beyond: int
) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        with disk_of(2 * MIB):
            answer = await person.call("POST", LOOP, raw=bytes(2 * MIB + beyond), headers=ZIP)

        assert (answer.status, answer.body["code"]) == (503, "bodies_too_many")
        await until(lambda: spooled(server) == 0)


@contextlib.contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size*: Python ignores the signal (SIGXFSZ)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_one_account_has_no_more_on_the_disk_than_one_archive(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(engines.settings()) as server:
        person, other = await server.person(), await server.person()
        monkeypatch.setattr(server.node.bodies._spooled, "per_sender", 4 * MIB)
        shown = f"Authorization: Bearer {person.token}\r\n"
        async with raw(server) as one, raw(server) as two:
            await one.send(LOOP, shown, 8 * MIB, 3 * MIB)
            await until(lambda: spooled(server) == 3 * MIB)
            await two.send(LOOP, shown, 8 * MIB, 3 * MIB)
            assert await two.status() == 503
            assert await uploaded(other, with_photos(2 * MIB), new_mutation_id())
            await until(lambda: spooled(server) == 3 * MIB)
        await until(lambda: spooled(server) == 0)
    assert SPOOLED_BY_USER == ARCHIVE_BYTES

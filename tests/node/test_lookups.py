"""Names that nobody answers for, and that they hold up no others."""

import asyncio
import socket
import subprocess
import sys
import threading
from typing import Any, Final

import pytest

from tests.support.engines import TestEngines
from tests.support.server import serving
from tests.support.server.receiver import Receiver
from tests.support.wire.waiting import until
from upcoach.node.process.lookups import PEOPLES, Addresses, LookUpBounds, LookUps
from upcoach.node.process.outbound_guard import GuardedResolver
from upcoach.services.base.fetching import FetchFailed

ANSWER: Final[Addresses] = [(socket.AF_INET, ("1.1.1.1", 443))]
HANGING: Final = """
import asyncio, threading
from upcoach.node.process.lookups import PEOPLES, LookUps

async def main():
    began = threading.Event()
    def hang(_host, _port):
        began.set()
        threading.Event().wait()
    asyncio.create_task(LookUps(PEOPLES, hang)("a.example.com", 443))
    while not began.is_set():
        await asyncio.sleep(0)

asyncio.run(main())
"""


class Tarpit:
    """A name server that answers for no name under `hangs.example`, until it is opened."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.opened = threading.Event()

    def __call__(self, host: str, _port: int) -> Addresses:
        self.asked.append(host)
        if host.endswith(".hangs.example"):
            self.opened.wait()
        return ANSWER


async def given_up(look_ups: LookUps, host: str) -> None:
    """Ask for *host*, and give it up once it is looked up or waits for it."""
    task = asyncio.create_task(look_ups(host, 443))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_hangs_is_bounded_and_what_nobody_waits_for_is_skipped() -> None:
    tarpit = Tarpit()
    look_ups = LookUps(LookUpBounds(threads=2, names=6, per_suffix=4), tarpit)
    kept = [asyncio.create_task(look_ups(f"{name}.hangs.example", 443)) for name in "ab"]
    await until(lambda: len(tarpit.asked) == 2)
    for _ in range(9):  # of one name there is one look-up, however many ask
        await given_up(look_ups, "a.hangs.example")
    await given_up(look_ups, "c.hangs.example")
    await given_up(look_ups, "d.hangs.example")
    with pytest.raises(OSError, match="too many names"):
        await look_ups("e.hangs.example", 443)
    other = asyncio.create_task(look_ups("other.example", 443))
    await given_up(look_ups, "another.example.com")
    with pytest.raises(OSError, match="too many names"):
        await look_ups("last.example.org", 443)

    tarpit.opened.set()

    assert await asyncio.gather(other, *kept) == [ANSWER] * 3
    assert await look_ups("e.hangs.example", 443) == ANSWER
    assert sorted(tarpit.asked) == [
        "a.hangs.example",
        "b.hangs.example",
        "e.hangs.example",
        "other.example",
    ]
    look_ups.close()


async def test_a_name_that_is_none_is_an_error_of_the_system() -> None:
    def refuse(_host: str, _port: int) -> Addresses:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    look_ups = LookUps(PEOPLES, refuse)
    with pytest.raises(socket.gaierror):
        await look_ups("a.example.com", 443)
    look_ups.close()


async def test_an_address_is_looked_up_nowhere() -> None:
    async def unasked(_host: str, _port: int) -> Addresses:
        raise AssertionError

    resolver = GuardedResolver(loopback=True, resolve=unasked)

    assert await resolver.resolve("1.1.1.1", 443) == ANSWER
    assert await resolver.resolve("127.0.0.1", 80) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert await resolver.resolve("2606:4700:4700::1111", 443) == [
        (socket.AF_INET6, ("2606:4700:4700::1111", 443, 0, 0))
    ]
    resolver.close()


async def test_a_name_that_nobody_answers_for_is_given_up() -> None:
    given_up = asyncio.Event()

    async def hang(_host: str, _port: int) -> Addresses:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return []

    resolver = GuardedResolver(loopback=False, patience_s=0.01, resolve=hang)
    with pytest.raises(TimeoutError, match="Timeout while its name was looked up"):
        await resolver.resolve("hooks.example.com", 443)
    assert given_up.is_set()
    resolver.close()


async def test_names_that_people_chose_hold_up_no_server_of_the_operator(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, known = threading.Event(), socket.getaddrinfo

    def hang(host: str, *args: Any, **options: Any) -> Any:
        if ".hangs" in str(host):
            opened.wait()
            raise socket.gaierror(socket.EAI_AGAIN, "nobody answers")
        return known(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    async with serving(engines.settings()) as server, Receiver().listening() as receiver:
        assembly = server.node.assembly
        near = receiver.url.replace("127.0.0.1", "localhost")
        urls = [f"https://a.hangs{number}.example/" for number in range(PEOPLES.names)]
        posts = [asyncio.create_task(assembly.chosen_outbound.post(u, b"", {}, 0)) for u in urls]
        await until(lambda: threading.active_count() > PEOPLES.threads)

        with pytest.raises(FetchFailed, match="too many names"):
            await assembly.chosen_outbound.post(f"{near}/a", b"", {}, 0)
        at_an_address = await assembly.chosen_outbound.post(f"{receiver.url}/b", b"", {}, 0)
        of_the_operator = await assembly.outbound(f"{near}/c", {"form": "x"})

        assert (at_an_address.status, of_the_operator.status) == (204, 204)
        assert [received.path for received in receiver.received] == ["b", "c"]
        opened.set()
        outcomes = await asyncio.gather(*posts, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {FetchFailed}


def test_a_look_up_that_hangs_does_not_delay_the_end_of_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", HANGING], timeout=30, check=False)

    assert ended.returncode == 0

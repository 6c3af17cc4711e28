"""What becomes of a process whose loop is held, and what systemd hears of one that works."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ServerProcess

HOLD = """
import asyncio, os, re, time
from config import logging
from upcoach.node import serving
from upcoach.node.process import watchdog
from upcoach.node.process.systemd import Notifier

logging.configure("info", "json")

def hold_with_python(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass

def hold_with_a_pattern(_):
    re.match("(a+)+$", "a" * 64 + "b")  # ends after the sun

async def main():
    told = serving.install_stop_signal(end_s={told_s})
    notifier = Notifier(os.environ)
    async with watchdog.Watchdog(notifier, end_s={end_s}).watching():
        notifier.ready()
        await asyncio.sleep(0.5)
        print("holding", flush=True)
        {hold}({seconds})
        print("free", flush=True)
        await told.wait()
        notifier.stops()

asyncio.run(main())
"""
MICROSECONDS = 1_000_000


class Manager:
    """A service manager's end of the socket."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        self._socket.settimeout(60)

    def environ(self, watchdog_s: float) -> dict[str, str]:
        interval = str(int(watchdog_s * MICROSECONDS))
        return {"NOTIFY_SOCKET": str(self._path), "WATCHDOG_USEC": interval}

    def hear(self) -> str:
        return self._socket.recv(1024).decode()

    def heard_within(self, seconds: float) -> list[str]:
        """All that comes in this time."""
        end, heard = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                heard.append(self.hear())
        self._socket.settimeout(60)
        return heard

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path)
    yield made
    made.close()


@contextlib.contextmanager
def holding(
    hold: str,
    seconds: float,
    *,
    end_s: float = 60,
    told_s: int = 60,
    environ: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A process whose loop is held from now on."""
    code = HOLD.format(hold=hold, seconds=seconds, end_s=end_s, told_s=told_s)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        try:
            yield process
        finally:
            process.kill()


def lines_of(errors: str) -> dict[str, dict[str, Any]]:
    """What was logged, by event."""
    found = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    assert len({line["event"] for line in found}) == len(found), found  # each is told once
    return {line["event"]: line for line in found}


def test_what_holds_the_loop_is_written_down_once_with_how_long_it_took() -> None:
    with holding("hold_with_python", 2.5) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "free\n"
        assert process.stderr is not None
        told = [process.stderr.readline()]
        while "loop_free" not in told[-1]:
            told.append(process.stderr.readline())
        process.terminate()
        _, errors = process.communicate(timeout=60)

    lines = lines_of("".join(told) + errors)
    assert list(lines) == ["loop_held", "loop_free"]
    assert lines["loop_held"]["stack"][-1].endswith(" hold_with_python")
    assert lines["loop_free"]["held_s"] > 2.4
    assert process.returncode == 0


@pytest.mark.chaos
def test_a_held_loop_is_silent_towards_systemd(manager: Manager) -> None:
    environ = manager.environ(watchdog_s=2)
    with holding("hold_with_python", 5, environ=environ) as process:
        early = manager.heard_within(1.5)
        late = manager.heard_within(2)
        assert process.stdout is not None
        assert process.stdout.readline() == "free\n"
        again = manager.hear()
        process.terminate()
        process.communicate(timeout=60)
    end = manager.heard_within(1)

    assert set(early) == {"READY=1", "WATCHDOG=1"}
    assert late == []
    assert again == "WATCHDOG=1"
    assert end[-1] == "STOPPING=1"


@pytest.mark.parametrize("hold", ["hold_with_python", "hold_with_a_pattern"])
def test_sigterm_ends_a_process_that_is_too_busy_to_drain(hold: str) -> None:
    with holding(hold, 60, told_s=1) as process:
        process.terminate()
        process.communicate(timeout=30)

    assert process.returncode == -signal.SIGALRM


def test_a_process_is_ended_that_lets_go_of_nothing() -> None:
    with holding("hold_with_a_pattern", 0, end_s=2) as process:
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "hold_with_a_pattern" in errors


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_a_server_tells_systemd_how_it_is(
    environ: dict[str, str], manager: Manager, processes: str
) -> None:
    more = {"UPCOACH_PROCESSES": processes, "UPCOACH_DRAIN_S": "0"}
    heard: list[str] = []
    async with ServerProcess(environ | more | manager.environ(watchdog_s=1)) as server:
        while "READY=1" not in heard or heard.count("WATCHDOG=1") < 3:
            heard.append(await asyncio.to_thread(manager.hear))
        code = await server.stop()
    end = await asyncio.to_thread(manager.heard_within, 0.2)  # it was sent before the process ended

    assert heard.count("READY=1") == 1
    assert end.count("STOPPING=1") == 1
    assert code == 0

"""A node in a process of its own, that a test may kill."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from typing import Self


class ServerProcess:
    """`python -m upcoach serve` as a process of its own."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self._process: asyncio.subprocess.Process
        self._output = ""
        self._reading: asyncio.Task[None]
        self.url = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            await self.stop()

    async def start(self) -> None:
        """Start, and return when it serves; the port stays the same over restarts."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "upcoach",
            "serve",
            env={**os.environ, **self._environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        self._output = ""
        async for line in self._process.stdout:
            self._output += line.decode()
            match = re.search(r"serves at (http://\S+)", self._output)
            if match:
                self.url = match[1]
                self._environ["UPCOACH_PORT"] = self.url.rpartition(":")[2]
                self._environ.setdefault("UPCOACH_METRICS_PORT", "0")
                self._reading = asyncio.create_task(self._read_on())
                return
        raise AssertionError(f"the server did not start:\n{self._output}")

    async def kill(self) -> None:
        """End it without a chance to do anything (SIGKILL)."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def stop(self) -> int:
        """End it as an operator does (SIGTERM), and return its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self._process.wait(), 30)
        await self._reading
        return code

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def metrics_url(self) -> str:
        """Where its operators' port answers."""
        match = re.search(r"metrics +(http://\S+)/metrics", self._output)
        assert match is not None, self._output
        return match[1]

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output

    async def _read_on(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._output += line.decode()

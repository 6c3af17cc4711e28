"""A process of the benchmark: told what to do, and answering, in lines over its pipes."""

import asyncio
import contextlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import msgspec

LINE_BYTES = 64 * 1024 * 1024  # an answer may hold the times of many thousand deliveries
END_S = 10.0
PRIORITY = 10  # before whatever else the machine does, if we may

Command = Callable[..., Any]


class Program:
    """A process that answers each line with a line of JSON, kept on one *core* if one is given."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        core: int | None = None,
    ) -> None:
        self._command = command
        self._environ = {**os.environ, **(environ or {})}
        self._core = core
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
            preexec_fn=None if self._core is None else self._settle,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def say(self, line: str) -> Any:
        """Send *line* and return the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        return await self.hear()

    async def hear(self) -> Any:
        """The next answer."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            message = f"{' '.join(self._command)} ended early; its own words are above"
            raise RuntimeError(message)
        return msgspec.json.decode(line)

    def _settle(self) -> None:
        assert self._core is not None
        os.sched_setaffinity(0, {self._core})
        with contextlib.suppress(PermissionError):
            os.nice(-PRIORITY)


class Listener(Program):
    """A program that ends by itself when it hears nothing more."""

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), END_S)
        await super().__aexit__()


class Child(Listener):
    """`python -m tests.bench.<name>`, whose commands have options."""

    def __init__(
        self, name: str, environ: Mapping[str, str] | None = None, core: int | None = None
    ) -> None:
        super().__init__((sys.executable, "-m", f"tests.bench.{name}"), environ, core)

    async def ask(self, command: str, **options: Any) -> Any:
        """Have *command* done and return its answer."""
        return await self.say(msgspec.json.encode([command, options]).decode())


async def obey(commands: Mapping[str, Command]) -> None:
    """Do what the parent says until it closes the pipe."""
    # Whatever is printed by accident must not stand between the answers.
    answers = os.dup(1)
    os.dup2(2, 1)
    lines = asyncio.StreamReader(limit=LINE_BYTES)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with contextlib.closing(os.fdopen(answers, "wb")) as out:
        while line := await lines.readline():
            command, options = msgspec.json.decode(line)
            answer = commands[command](**options)
            if inspect.isawaitable(answer):
                answer = await answer
            out.write(msgspec.json.encode(answer) + b"\n")
            out.flush()

"""A process of the benchmark: told what to do, and answering, in lines of JSON over its pipes."""

import asyncio
import contextlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Self

import msgspec

LINE_BYTES = 64 * 1024 * 1024  # an answer may hold the times of many thousand deliveries
END_S = 10.0

Command = Callable[..., Any]


class Child:
    """`python -m tests.bench.<name>`, seen from its parent."""

    def __init__(self, name: str, environ: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._environ = {**os.environ, **(environ or {})}
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"tests.bench.{self._name}",
            env=self._environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), END_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def ask(self, command: str, **options: Any) -> Any:
        """Have *command* done and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode([command, options]) + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            message = f"tests.bench.{self._name} ended early; its own words are above"
            raise RuntimeError(message)
        return msgspec.json.decode(line)


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

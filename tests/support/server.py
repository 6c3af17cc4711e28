"""A server in this process, or in one of its own that a test may kill."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from typing import Self

from config.settings import Settings
from models.base.ids import new_id
from upcoach.client import Client
from upcoach.node import app

PASSWORD = "correct horse battery"


class Server:
    """A node with its port, and people who use it."""

    def __init__(self, url: str, node: app.Node | None = None, kind: type[Client] = Client) -> None:
        self.url = url
        self._node = node
        self._kind = kind
        self._clients: list[Client] = []

    @property
    def node(self) -> app.Node:
        """The node, when it lives in this process."""
        assert self._node is not None
        return self._node

    def client(self, token: str = "") -> Client:
        """A client that is closed with the server."""
        client = self._kind(self.url, token)
        self._clients.append(client)
        return client

    async def person(self, device: str = "phone") -> Client:
        """Somebody new, logged in."""
        email = f"{new_id('test')}@example.org"
        anonymous = self.client()
        answer = await anonymous.register(email, PASSWORD, "Test Person")
        assert answer.status == 202, answer
        person = await anonymous.log_in(email, PASSWORD, device)
        self._clients.append(person)
        return person

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()


@contextlib.asynccontextmanager
async def serving(settings: Settings, kind: type[Client] = Client) -> AsyncIterator[Server]:
    """A node of this process, with a free port, and clients of a *kind*."""
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        app.running_node(settings, settings.mongo_url, settings.redis_url) as node,
        app.listening(node.application, "127.0.0.1", 0) as port,
    ):
        server = Server(f"http://127.0.0.1:{port}", node, kind)
        try:
            yield server
        finally:
            server.close()


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
            found = re.search(r"serves at (http://\S+)", self._output)
            if found:
                self.url = found[1]
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
        found = re.search(r"metrics +(http://\S+)/metrics", self._output)
        assert found is not None, self._output
        return found[1]

    @property
    def metrics_port(self) -> int:
        """The operators' port, where a test has chosen one."""
        return int(self._environ["UPCOACH_METRICS_PORT"])

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output

    async def _read_on(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._output += line.decode()

"""A server in this process, or in one of its own that a test may kill."""

import contextlib
from collections.abc import AsyncIterator

from config.settings import Settings
from models.base.ids import new_id
from tests.support.engines import TestEngines
from upcoach.client import RestClient
from upcoach.node import app

PASSWORD = "correct horse battery"


class Server:
    """A node with its port, and people who use it."""

    def __init__(
        self, url: str, node: app.Node | None = None, kind: type[RestClient] = RestClient
    ) -> None:
        self.url = url
        self._node = node
        self._kind = kind
        self._clients: list[RestClient] = []

    @property
    def node(self) -> app.Node:
        """The node, when it lives in this process."""
        assert self._node is not None
        return self._node

    def client(self, token: str = "") -> RestClient:
        """A client that is closed with the server."""
        client = self._kind(self.url, token)
        self._clients.append(client)
        return client

    async def person(self, device: str = "phone") -> RestClient:
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
async def serving(settings: Settings, kind: type[RestClient] = RestClient) -> AsyncIterator[Server]:
    """A node of this process, at the port that is set (0: a free one), and clients of a *kind*."""
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        app.running_node(settings, settings.mongo_url, settings.redis_url) as node,
        app.listening(node.application, "127.0.0.1", settings.port) as port,
    ):
        server = Server(f"http://127.0.0.1:{port}", node, kind)
        try:
            yield server
        finally:
            server.close()


@contextlib.asynccontextmanager
async def two_nodes(engines: TestEngines) -> AsyncIterator[tuple[Server, Server]]:
    """Two nodes of one installation."""
    settings = engines.settings()
    async with serving(settings) as first, serving(settings) as second:
        yield first, second

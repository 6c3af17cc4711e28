"""Nodes that count what their users do."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from config.settings import Settings
from tests.support.server import Server, serving


@contextlib.asynccontextmanager
async def nodes(environ: dict[str, str], count: int) -> AsyncIterator[Sequence[Server]]:
    """So many nodes that count, on however slow a machine."""
    async with contextlib.AsyncExitStack() as stack:
        servers = []
        for _ in range(count):
            server = await stack.enter_async_context(serving(Settings.from_environ(environ)))
            server.node.runner.limits.patience_s = 60
            servers.append(server)
        yield servers

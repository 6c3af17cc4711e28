"""Two nodes whose mails are in a folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.engines import TestEngines
from tests.support.people.mail import settings_of
from tests.support.server import Server, serving

Nodes = tuple[Server, Server]


@asynccontextmanager
async def two(engines: TestEngines, path: Path, **more: str) -> AsyncIterator[Nodes]:
    """Two nodes of one installation."""
    settings = settings_of(engines, path, **more)
    async with serving(settings) as one, serving(settings) as other:
        yield one, other

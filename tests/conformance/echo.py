"""A server that sends back what it gets, through the product's own protocol class."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from tornado.web import Application

from handlers.live.websocket.websocket_protocol import StrictHandler
from upcoach.node.app import listening


class Echo(StrictHandler):
    """Every message comes back."""

    def initialize(self, *, compression: bool) -> None:
        self._compression = compression

    def get_compression_options(self) -> dict[str, Any] | None:
        return {} if self._compression else None

    async def on_message(self, message: str | bytes) -> None:
        await self.write_message(message, binary=isinstance(message, bytes))


@contextlib.asynccontextmanager
async def echoing(*, largest: int, compression: bool = False) -> AsyncIterator[int]:
    """The port of a server that echoes messages of up to *largest* bytes."""
    application = Application(
        [("/", Echo, {"compression": compression})],
        websocket_max_message_size=largest,
        log_function=lambda _: None,
    )
    async with listening(application, "127.0.0.1", 0) as port:
        yield port

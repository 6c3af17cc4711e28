"""A server that webhooks lead to: it says when each message came, and answers each path its way."""

import asyncio
import time
from typing import Final

import msgspec

from tests.bench.child import obey

HEAD_END: Final = b"\r\n\r\n"
SLOW_S: Final = 1.0
TAKEN: Final = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
KEPT: Final = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
ANSWERS: Final = {
    "fails": b"HTTP/1.1 500 Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "garbage": b"\xff\x00 <html>{" * 100 + b"\r\n\r\n",
}


class Message(msgspec.Struct, frozen=True):
    """The last message that came: what a bare loop posts again."""

    headers: dict[str, str]
    body: str


class Receiver:
    """What came, by the number in its path."""

    def __init__(self) -> None:
        self.modes: dict[int, str] = {}
        self._came: dict[int, list[float]] = {}
        self._last: tuple[bytes, bytes] | None = None
        self._hanging: list[asyncio.StreamWriter] = []
        self._count = asyncio.Condition()

    def begin(self, modes: list[tuple[int, str]]) -> dict[str, str]:
        """Forget what came, and answer as *modes* say from now on: with 204 where there is none."""
        self.modes |= modes
        self._came = {}
        return {}

    async def came(
        self, numbers: list[int], count: int, patience_s: float
    ) -> list[tuple[int, list[float]]]:
        """When messages came to each of *numbers*, once each of them has *count*."""
        async with asyncio.timeout(patience_s), self._count:
            await self._count.wait_for(
                lambda: all(len(self._came.get(number, ())) >= count for number in numbers)
            )
        return list(self._came.items())

    def last(self) -> Message:
        """The last message."""
        assert self._last is not None
        head, body = self._last
        rows = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        kept = {
            name: text
            for name, text in rows
            if name.lower().startswith(("webhook", "content-type"))
        }
        return Message(kept, body.decode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one message."""
        try:
            head = (await reader.readuntil(HEAD_END)).removesuffix(HEAD_END)
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            body = await reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        number = int(head.split(b" ", 2)[1].strip(b"/"))
        self._came.setdefault(number, []).append(time.monotonic())
        self._last = head, body
        await self._answer(self.modes.get(number, ""), writer)
        async with self._count:
            self._count.notify_all()

    async def _answer(self, mode: str, writer: asyncio.StreamWriter) -> None:
        if mode == "hangs":
            self._hanging.append(writer)
            return
        if mode == "slow":
            await asyncio.sleep(SLOW_S)
        writer.write(ANSWERS.get(mode, TAKEN))
        writer.close()


async def main() -> None:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, backlog=1_024)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await obey(
            {
                "port": lambda: port,
                "begin": receiver.begin,
                "came": receiver.came,
                "last": receiver.last,
            }
        )


if __name__ == "__main__":
    asyncio.run(main())

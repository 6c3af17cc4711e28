"""Python's `websockets`, which nobody here wrote."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import websockets

from config.settings import Settings
from tests.conformance.following import Heard, assert_nothing_is_lost
from tests.support.server import serving
from upcoach.client import RestClient


@contextlib.asynccontextmanager
async def following(port: int, person: RestClient, heard: Heard) -> AsyncIterator[None]:
    """A client that comes back for ever."""
    task = asyncio.create_task(follow(port, person.token, heard))
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def follow(port: int, token: str, heard: Heard) -> None:
    """Follow `u:me` through every cut."""
    since = "now"
    epoch = ""
    async for socket in websockets.connect(
        f"ws://127.0.0.1:{port}/v1/live", subprotocols=[websockets.Subprotocol("upcoach.v1")]
    ):
        hello = {"t": "hello", "v": 1, "token": token, "subs": [{"f": "u:me", "since": since}]}
        with contextlib.suppress(websockets.ConnectionClosed):
            await socket.send(msgspec.json.encode(hello).decode())
            async for message in socket:
                for line in message.splitlines():
                    heard.hear(line)
                    frame = msgspec.json.decode(line)
                    if frame["t"] in ("subd", "live"):
                        epoch = frame["cur"].partition(".")[0]
                    if frame["t"] == "live":
                        since = frame["cur"]
                    elif frame["t"] == "ev":
                        since = f"{epoch}.{frame['seq']}"


async def test_websockets_loses_nothing(settings: Settings) -> None:
    await assert_nothing_is_lost(settings, following)


async def test_a_ping_comes_back_as_it_was(settings: Settings) -> None:
    async with (
        serving(settings) as server,
        websockets.connect(f"{server.url.replace('http', 'ws', 1)}/v1/live") as socket,
    ):
        for payload in (b"", b"x" * 125):
            pong = await socket.ping(payload)
            await pong

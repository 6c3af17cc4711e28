"""Picows, as its documentation shows it: a listener for each connection, and its `send`."""

import asyncio
import json
from typing import Any

from pace import listen, obey
from picows import WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

clients: set[WSTransport] = set()
users: dict[int, WSTransport] = {}


class Feed(WSListener):
    """Somebody who listens."""

    def __init__(self, user: int) -> None:
        self.user = user

    def on_ws_connected(self, transport: WSTransport) -> None:
        clients.add(transport)
        users[self.user] = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        clients.discard(transport)
        users.pop(self.user, None)


def make(request: WSUpgradeRequest) -> Feed:
    return Feed(int(request.path.rpartition(b"=")[2]))


async def broadcast(event: dict[str, Any]) -> None:
    message = json.dumps(event).encode()
    for client in clients:
        client.send(WSMsgType.TEXT, message)


async def unicast(user: int, event: dict[str, Any]) -> None:
    users[user].send(WSMsgType.TEXT, json.dumps(event).encode())


async def main() -> None:
    await ws_create_server(make, sock=listen())
    await obey(broadcast, unicast)


asyncio.run(main())

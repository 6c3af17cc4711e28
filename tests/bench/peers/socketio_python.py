"""python-socketio on uvicorn, as its documentation shows it: rooms and `emit`."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import socketio
import uvicorn
from pace import listen, obey

sio = socketio.AsyncServer(async_mode="asgi")


@sio.event
async def connect(sid: str, environ: dict[str, Any]) -> None:
    user = parse_qs(environ["QUERY_STRING"])["user"][0]
    await sio.enter_room(sid, f"user:{user}")


async def broadcast(event: dict[str, Any]) -> None:
    await sio.emit("event", event)


async def unicast(user: int, event: dict[str, Any]) -> None:
    await sio.emit("event", event, to=f"user:{user}")


async def main() -> None:
    config = uvicorn.Config(socketio.ASGIApp(sio), log_level="warning")
    serving = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listen()]))
    await obey(broadcast, unicast)
    serving.cancel()


asyncio.run(main())

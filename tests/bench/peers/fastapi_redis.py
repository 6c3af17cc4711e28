"""FastAPI on uvicorn, with the connection manager of its documentation, fed by Redis Pub/Sub."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pace import listen
from redis.asyncio import Redis


class ConnectionManager:
    """Who is connected."""

    def __init__(self) -> None:
        self.active_connections: list[WebSocket] = []
        self.users: dict[str, WebSocket] = {}

    async def connect(self, websocket: WebSocket, user: str) -> None:
        await websocket.accept()
        self.active_connections.append(websocket)
        self.users[user] = websocket

    def disconnect(self, websocket: WebSocket, user: str) -> None:
        self.active_connections.remove(websocket)
        self.users.pop(user, None)

    async def broadcast(self, message: str) -> None:
        for connection in self.active_connections:
            await connection.send_text(message)

    async def send_personal_message(self, message: str, user: str) -> None:
        await self.users[user].send_text(message)


manager = ConnectionManager()


async def follow() -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe("events")
        await pubsub.psubscribe("user:*")
        async for message in pubsub.listen():
            if message["type"] == "message":
                await manager.broadcast(message["data"])
            elif message["type"] == "pmessage":
                user = message["channel"].removeprefix("user:")
                await manager.send_personal_message(message["data"], user)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    following = asyncio.create_task(follow())
    yield
    following.cancel()


app = FastAPI(lifespan=lifespan)


@app.websocket("/")
async def feed(websocket: WebSocket, user: str) -> None:
    await manager.connect(websocket, user)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        manager.disconnect(websocket, user)


uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listen()])

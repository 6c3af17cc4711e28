"""A client of the server: REST calls, and a device that follows its owner's feed.

`Device` holds what a phone would hold: the documents, the position, and the writes that have no
answer yet.  It applies an event if its number is the next, ignores it if it is not larger, and
begins again from its position when the socket is cut or a number is missing; writes without an
answer are sent again under the same id, which the server carries out once.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Self

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

from models.identity import new_mutation_id
from models.merge_patch import Json, merged

RETRY_S = 0.2


class Response(msgspec.Struct, frozen=True):
    """An answer: status, headers with lower-case names, and the JSON body if there is one."""

    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """REST calls of one user."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._http = AsyncHTTPClient(force_instance=True)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Ask for *path*; *body* is sent as JSON, *raw* as it is."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
            raw = msgspec.json.encode(body)
        request = HTTPRequest(
            self.url + path,
            method=method,
            headers=sent | (headers or {}),
            body=raw,
            allow_nonstandard_methods=True,
            request_timeout=30,
        )
        answer = await self._http.fetch(request, raise_error=False)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Response(
            answer.code,
            {name.lower(): value for name, value in answer.headers.items()},
            msgspec.json.decode(answer.body) if is_json and answer.body else answer.body,
        )

    async def register(self, email: str, password: str, name: str, tz: str = "UTC") -> Response:
        """Make an account."""
        body = {"email": email, "password": password, "name": name, "tz": tz}
        return await self.call("POST", "/v1/auth/register", body)

    async def log_in(self, email: str, password: str, device: str) -> Self:
        """The same client, logged in on *device*; raises `ClientError` when refused."""
        body = {"email": email, "password": password, "device": device}
        answer = await self.call("POST", "/v1/auth/login", body)
        if answer.status != 201:
            raise ClientError(answer.body)
        return type(self)(self.url, answer.body["token"])


class ClientError(Exception):
    """The server refused; the problem is the argument."""


OnEvent = Callable[[Json], None]


class Device:
    """A device that follows its owner's feed over a WebSocket, through every interruption.

    Attributes
    ----------
    documents
        Public documents by kind and id.
    seq
        The number up to which events are applied.
    applied
        How often each number was applied; more than once would be a fault.
    repeats
        How often a number came again; harmless, but the server promises not to.
    gaps
        How often a number was missing.

    """

    def __init__(self, urls: list[str], token: str, on_event: OnEvent | None = None) -> None:
        self._urls = urls
        self._token = token
        self._on_event = on_event
        self._connection: WebSocketClientConnection | None = None
        self._pages: dict[str, dict[str, Json]] = {}
        self._unanswered: dict[str, Json] = {}
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._task: asyncio.Task[None] | None = None
        self._attempts = 0
        self._changed = asyncio.Condition()
        self.documents: dict[str, dict[str, Json]] = {}
        self.epoch = ""
        self.seq = 0
        self.live = False
        self.applied: dict[int, int] = {}
        self.repeats = 0
        self.gaps = 0
        self.resets: list[str] = []
        self.closed_with: int | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow_forever())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self.cut()

    def cut(self) -> None:
        """Drop the socket, as a tunnel or a lift does; the device comes back by itself."""
        protocol = self._connection.protocol if self._connection is not None else None
        if protocol is not None and protocol.stream is not None:
            # Without a closing frame: what was on its way is lost, in both directions.
            protocol.stream.close()

    async def mutate(self, op: str, path: str, body: Any = None, base: int | None = None) -> Json:
        """Write, and return the `res` frame, however often it takes to get one."""
        frame: Json = {"t": "mut", "id": new_mutation_id(), "op": op, "path": path}
        if body is not None:
            frame["body"] = body
        if base is not None:
            frame["base"] = base
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._answers[frame["id"]] = answer
        self._unanswered[frame["id"]] = frame
        await self._send(frame)
        return await answer

    async def until(self, condition: Callable[[Self], bool], timeout_s: float = 30.0) -> None:
        """Return when *condition* holds, which is looked at after every frame."""
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def _follow_forever(self) -> None:
        while True:
            with contextlib.suppress(OSError, HTTPClientError, WebSocketError):
                await self._follow()
            self.live = False
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        url = self._urls[self._attempts % len(self._urls)].replace("http", "ws", 1)
        self._attempts += 1
        connection = await websocket_connect(f"{url}/v1/live", connect_timeout=5)
        self._connection = connection
        try:
            wish: Json = {"f": "u:me"}
            wish |= {"since": f"{self.epoch}.{self.seq}"} if self.epoch else {"snap": True}
            await self._send({"t": "hello", "v": 1, "token": self._token, "subs": [wish]})
            for frame in tuple(self._unanswered.values()):
                await self._send(frame)
            while isinstance(message := await connection.read_message(), str):
                for line in message.splitlines():
                    await self._take(msgspec.json.decode(line))
            self.closed_with = connection.close_code
        finally:
            connection.close()

    async def _send(self, frame: Json) -> None:
        connection = self._connection
        if connection is None:
            return
        # What cannot be sent now is sent after the next hello.
        with contextlib.suppress(WebSocketError):
            await connection.write_message(msgspec.json.encode(frame).decode())

    async def _take(self, frame: Json) -> None:
        match frame["t"]:
            case "ping":
                await self._send({"t": "pong"})
            case "subd":
                self._start(frame)
            case "snap":
                self._take_page(frame)
            case "ev" | "skip":
                await self._take_event(frame)
            case "live":
                self.live = True
            case "reset":
                self._reset(frame)
            case "unsubd":
                self.cut()
            case "res":
                self._answer(frame)
        async with self._changed:
            self._changed.notify_all()

    def _start(self, frame: Json) -> None:
        epoch, _, seq = frame["cur"].partition(".")
        self.epoch = epoch
        if frame["mode"] == "snapshot":
            self.seq = int(seq)
            self._pages = {}

    def _take_page(self, frame: Json) -> None:
        page = self._pages.setdefault(frame["kind"], {})
        page.update({item["id"]: item for item in frame["items"]})
        if frame["last"]:
            self.documents[frame["kind"]] = page

    async def _take_event(self, frame: Json) -> None:
        first, last = _span(frame)
        if last <= self.seq:
            self.repeats += 1
            return
        if first > self.seq + 1:
            self.gaps += 1
            await self._send({"t": "sub", "f": "u:me", "since": f"{self.epoch}.{self.seq}"})
            return
        self.seq = last
        if frame["t"] == "ev":
            self.applied[last] = self.applied.get(last, 0) + 1
            apply_event(self.documents, frame)
            if self._on_event is not None:
                self._on_event(frame)

    def _reset(self, frame: Json) -> None:
        """Begin again with a snapshot."""
        self.resets.append(frame["reason"])
        self.epoch, self.seq, self.documents = "", 0, {}
        self.cut()

    def _answer(self, frame: Json) -> None:
        if frame["status"] == 503 or _is_running(frame):
            asyncio.get_running_loop().call_later(RETRY_S, self._repeat, frame["id"])
            return
        self._unanswered.pop(frame["id"], None)
        answer = self._answers.pop(frame["id"], None)
        if answer is not None and not answer.done():
            answer.set_result(frame)

    def _repeat(self, mutation_id: str) -> None:
        frame = self._unanswered.get(mutation_id)
        if frame is not None:
            self._sending = asyncio.ensure_future(self._send(frame))


def _is_running(answer: Json) -> bool:
    """Whether *answer* says that the write, sent over an earlier socket, has no answer yet."""
    return bool(answer["status"] == 409 and answer["problem"]["code"] == "mutation_running")


def _span(frame: Json) -> tuple[int, int]:
    """The first and the last number that *frame* stands for."""
    if frame["t"] == "skip":
        return frame["from"], frame["to"]
    return frame["seq"], frame["seq"]


def apply_event(documents: dict[str, dict[str, Json]], event: Json) -> None:
    """Change *documents* (by kind and id) as an `ev` frame says.

    A document is changed only by a version that is larger than its own.  A deletion takes along
    whatever stands below the document's id.
    """
    kind, _, verb = event["type"].rpartition(".")
    standing = documents.setdefault(kind, {})
    document = standing.get(event["id"])
    if document is not None and event["ver"] <= document["version"]:
        return
    if verb == "deleted":
        for some in documents.values():
            for name in [name for name in some if f"{name}/".startswith(f"{event['id']}/")]:
                del some[name]
    elif "doc" in event:
        standing[event["id"]] = event["doc"]
    elif document is not None:
        standing[event["id"]] = merged(document, event["patch"])

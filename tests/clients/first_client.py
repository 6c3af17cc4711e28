"""A small client, written from `docs/first-client.md` alone: it shares no code with the server."""

import asyncio
import hashlib
import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any, Final

import websockets

LOGIN, REFRESH = "/v1/auth/login", "/v1/auth/refresh"
AGAIN_S: Final = 0.3
SILENT, FOR_GOOD, TOO_LARGE = 4401, (4400, 4403, 4409, 4426), 1009
Documents = dict[str, dict[str, dict[str, Any]]]


class FirstClient:
    """An exact copy of one person's documents, and a queue of writes, both kept on disk."""

    def __init__(self, url: str, device: str, file: Path) -> None:
        self.url = url
        self.live = asyncio.Event()
        self.sums: dict[str, str] | None = None
        self.mismatches = 0
        self.answers: dict[str, dict[str, Any]] = {}
        self.socket: websockets.ClientConnection | None = None
        self._device = device
        self._file = file
        self._token = ""
        self._pages: Documents | None = None
        self._begin = ""
        self._is_asking = False
        self._tries = 0
        self._made_from: dict[str, list[str]] = {}
        self._held_until = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept: dict[str, Any] = {"documents": {}, "cursor": "", "queue": [], "refresh": ""}
        if file.exists():
            self._kept = json.loads(file.read_text())
        for frame in self._kept["queue"]:
            self._made_from.setdefault(f"{frame.get('base')} {frame['path']}", []).append(
                frame["id"]
            )

    @property
    def documents(self) -> Documents:
        documents: Documents = self._kept["documents"]
        return documents

    @property
    def cursor(self) -> str:
        return str(self._kept["cursor"])

    @property
    def queue(self) -> list[dict[str, Any]]:
        queue: list[dict[str, Any]] = self._kept["queue"]
        return queue

    async def log_in(self, email: str, password: str) -> None:
        body = {"email": email, "password": password, "device": self._device}
        status, answer = await asyncio.to_thread(post, self.url + LOGIN, body)
        assert status == 201, answer
        self._take_tokens(answer)

    async def write(self, op: str, path: str, body: Any = None, base: int | None = None) -> str:
        """Queue a write, send it if there is a connection, and return its id."""
        frame: dict[str, Any] = {"t": "mut", "id": uuid7(), "op": op, "path": path}
        if base is not None:
            alike = self._made_from.setdefault(f"{base} {path}", [])
            frame |= {"base": base, "follows": alike[-256:]}
            alike.append(frame["id"])
        if body is not None:
            frame["body"] = body
        self.queue.append(frame)
        self._keep()
        if not self._held_until:
            await self._send(frame)
        return str(frame["id"])

    async def run(self) -> None:
        """Follow the feed, through every cut, until the server says that this is over."""
        while (code := await self._connect()) not in FOR_GOOD:
            self.socket = None
            self.live.clear()
            if code == SILENT:
                self._token = ""
                continue
            if code == TOO_LARGE:
                largest = max(self.queue, key=lambda frame: len(json.dumps(frame)))
                self._answer({"id": largest["id"], "status": 413})
            await asyncio.sleep(random.uniform(0, min(30.0, 0.25 * 2**self._tries)))
            self._tries += 1

    async def _connect(self) -> int | None:
        """The code with which a connection ends that was opened now."""
        try:
            if not self._token:
                await self._refresh()
            address = self.url.replace("http", "ws", 1) + "/v1/live"
            protocols = [websockets.Subprotocol("upcoach.v1")]
            async with websockets.connect(address, subprotocols=protocols, max_size=None) as socket:
                await self._talk(socket)
        except websockets.ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None
        except (OSError, websockets.WebSocketException, TimeoutError):
            return None
        return None

    async def _talk(self, socket: websockets.ClientConnection) -> None:
        self._pages, self._is_asking, self._held_until, heartbeat_s = None, False, 0.0, 30
        hello = {"t": "hello", "v": 1, "token": self._token, "dev": self._device}
        await socket.send(json.dumps(hello | {"subs": [self._subscription()]}))
        while True:
            async with asyncio.timeout(2 * heartbeat_s + 1):
                message = await socket.recv()
            for line in message.splitlines():
                frame = json.loads(line)
                if frame["t"] == "welcome":
                    self.socket, heartbeat_s = socket, frame["hb"]
                    await self._send(*self.queue)
                elif frame["t"] == "go":
                    self._later(frame["after"] / 1000, socket.close)
                else:
                    await self._take(frame)
                    self._keep()

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "ping":
                await self._send({"t": "pong"})
            case "auth_expiring":
                await self._refresh()
                await self._send({"t": "auth", "token": self._token})
            case "res":
                self._answer(frame)
            case "subd" | "reset" | "unsubd":
                self._is_asking = False
                await self._follow(frame)
            case _ if not self._is_asking:
                await self._follow(frame)

    async def _follow(self, frame: dict[str, Any]) -> None:
        if self._pages is not None and frame["t"] in ("ev", "skip", "live"):
            self._kept |= {"documents": self._pages, "cursor": self._begin}
            self._pages = None
        match frame["t"]:
            case "subd":
                self._begin = frame["cur"]
                self._pages = {} if frame["mode"] == "snapshot" else None
            case "snap" if self._pages is not None:
                page = {item["id"]: item for item in frame["items"]}
                self._pages.setdefault(frame["kind"], {}).update(page)
            case "ev" | "skip":
                await self._advance(frame)
            case "live":
                await self._check(frame.get("sums"))
            case "reset":
                self._kept |= {"documents": {}} if frame["reason"] == "access" else {}
                await self._begin_anew()

    async def _advance(self, frame: dict[str, Any]) -> None:
        is_event = frame["t"] == "ev"
        first, last = (frame["seq"], frame["seq"]) if is_event else (frame["from"], frame["to"])
        epoch, _, number = self.cursor.partition(".")
        if last <= int(number):
            return
        if first > int(number) + 1:
            await self._subscribe()
            return
        if is_event:
            apply(self.documents, frame)
        self._kept["cursor"] = f"{epoch}.{last}"
        if last % 200 == 0:
            await self._send({"t": "ack", "cur": self.cursor})

    async def _check(self, sums: dict[str, str] | None) -> None:
        self._tries, self.sums = 0, sums
        self.live.set()
        if sums not in (None, sums_of(self.documents)):
            self.mismatches += 1
            if self.mismatches == 1:
                await self._begin_anew()

    async def _begin_anew(self) -> None:
        self._kept["cursor"] = ""
        await self._subscribe()

    async def _subscribe(self) -> None:
        self._is_asking, self._pages = True, None
        self.live.clear()
        await self._send({"t": "sub"} | self._subscription())

    def _subscription(self) -> dict[str, Any]:
        return {"f": "u:me"} | ({"since": self.cursor} if self.cursor else {"snap": True})

    def _answer(self, frame: dict[str, Any]) -> None:
        problem = frame.get("problem", {})
        is_running = problem.get("code") == "mutation_running"
        if frame["status"] in (429, 503) or is_running:
            self._hold(problem.get("after", 1000 * AGAIN_S) / 1000)
            return
        self._kept["queue"] = [write for write in self.queue if write["id"] != frame["id"]]
        self.answers[frame["id"]] = frame

    def _hold(self, after_s: float) -> None:
        """Send the whole queue again at the latest time that an answer names."""
        was_held, now = bool(self._held_until), time.monotonic()
        self._held_until = max(self._held_until, now + after_s)
        if not was_held:
            self._later(0.0, self._again)

    async def _again(self) -> None:
        while (left_s := self._held_until - time.monotonic()) > 0:
            await asyncio.sleep(left_s)
        self._held_until = 0.0
        await self._send(*self.queue)

    def _later(self, after_s: float, act: Any) -> None:
        async def wait() -> None:
            await asyncio.sleep(after_s)
            await act()

        task = asyncio.create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, *frames: dict[str, Any]) -> None:
        try:
            for frame in frames:
                if self.socket is not None:
                    await self.socket.send(json.dumps(frame))
        except websockets.ConnectionClosed:
            self.socket = None  # `run` finds out, and the queue goes over the next one

    async def _refresh(self) -> None:
        body = {"refresh_token": self._kept["refresh"]}
        status, answer = await asyncio.to_thread(post, self.url + REFRESH, body)
        assert status != 401, "Log in again."
        if status == 200:
            self._take_tokens(answer)

    def _take_tokens(self, answer: dict[str, str]) -> None:
        self._kept["refresh"] = answer["refresh_token"]
        self._keep()
        self._token = answer["token"]

    def _keep(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._kept))
        new.replace(self._file)


def apply(documents: Documents, event: dict[str, Any]) -> None:
    """Change *documents* as an `ev` frame says."""
    kind, _, verb = event["type"].rpartition(".")
    of_kind, name = documents.setdefault(kind, {}), event["id"]
    held = of_kind.get(name)
    if held is not None and event["ver"] <= held["version"]:
        return
    if verb == "deleted":
        of_kind.pop(name, None)
        for some in documents.values():
            for below in [other for other in some if other.startswith(f"{name}/")]:
                del some[below]
    elif "doc" in event:
        of_kind[name] = event["doc"]
    elif held is not None:
        of_kind[name] = merged(held, event["patch"])


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        result[name] = None if value is None else merged(result.get(name), value)
    return {name: value for name, value in result.items() if value is not None}


def sums_of(documents: Documents) -> dict[str, str]:
    """The checksums of *documents*."""
    sums: dict[str, int] = {}
    for kind, of_kind in documents.items():
        for name, document in of_kind.items():
            digest = hashlib.sha256(f"{name}\n{document['version']}".encode()).digest()
            sums[kind] = sums.get(kind, 0) ^ int.from_bytes(digest[:8], "big")
    return {kind: f"{total:016x}" for kind, total in sums.items() if total}


def uuid7() -> str:
    """A UUID of version 7 (RFC 9562, 5.7)."""
    rest = int.from_bytes(os.urandom(10), "big")
    head = int(time.time() * 1000) << 80 | 7 << 76 | (rest >> 64 & 0xFFF) << 64
    return str(uuid.UUID(int=head | 2 << 62 | rest & (1 << 62) - 1))


def post(url: str, body: Any) -> tuple[int, Any]:
    """The status and the body of an answer."""
    content = json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.loads(refusal.read() or b"null")

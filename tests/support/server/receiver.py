"""A receiver of webhooks that answers as a test wants, and keeps what it got."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
import standardwebhooks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tornado.web import Application, RequestHandler

from models.base.merge_patch import Json
from tests.support.wire.answers import done
from tests.support.wire.waiting import until
from upcoach.client import RestClient
from upcoach.node import app

WEBHOOKS: Final = "/v1/webhooks"


class Received(msgspec.Struct, frozen=True):
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Json:
        """The payload."""
        content: Json = msgspec.json.decode(self.body)
        return content

    @property
    def message(self) -> str:
        """Its `webhook-id`."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> Json:
        """The event that it tells of."""
        event: Json = self.content["data"]["event"]
        return event

    def verified(self, secret: str) -> Any:
        """What the library of Standard Webhooks reads of it, with *secret*."""
        return standardwebhooks.Webhook(secret).verify(self.body, self.headers)

    def verify_asymmetric(self, public_key: str) -> None:
        """Verify one of its Ed25519 signatures, or raise `InvalidSignature`."""
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
        signed = f"{self.message}.{self.headers['webhook-timestamp']}.".encode() + self.body
        [first, *_others] = [
            text.removeprefix("v1a,")
            for text in self.headers["webhook-signature"].split(" ")
            if text.startswith("v1a,")
        ]
        key.verify(base64.b64decode(first), signed)


class Receiver:
    """A server that webhooks lead to.

    Attributes
    ----------
    modes
        How requests are answered, by path: a status, or "hangs", "held" (which fails when
        it is freed), "redirects", "garbage", "huge", "slow"; without one with 204.
    retry_after
        What answers say of when to come again.
    most_at_once
        How many requests of one path there were at once at most.

    """

    def __init__(self) -> None:
        self.url = ""
        self.modes: dict[str, int | str] = {}
        self.retry_after = ""
        self.received: list[Received] = []
        self.most_at_once: dict[str, int] = {}
        self.open: dict[str, int] = {}
        self.freed = asyncio.Event()

    def of(self, path: str) -> list[Received]:
        """What came in at *path*."""
        return [received for received in self.received if received.path == path]

    async def wait_for(self, count: int, path: str = "a") -> list[Received]:
        """The first *count* that come in at *path*, once there are so many."""
        await until(lambda: len(self.of(path)) >= count)
        return self.of(path)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Receiver"]:
        """The receiver, while it answers."""
        application = Application(
            [(r"/(.*)", _Everything, {"receiver": self})], log_function=lambda _: None
        )
        async with app.listening(application, "127.0.0.1", 0) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self
            self.freed.set()


class _Everything(RequestHandler):
    """All that a receiver answers."""

    def initialize(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def post(self, path: str) -> None:
        receiver = self._receiver
        headers = {name.lower(): value for name, value in self.request.headers.items()}
        receiver.received.append(Received(path, headers, self.request.body))
        receiver.open[path] = receiver.open.get(path, 0) + 1
        most = receiver.most_at_once.get(path, 0)
        receiver.most_at_once[path] = max(most, receiver.open[path])
        await self._answer(receiver.modes.get(path, 204))
        receiver.open[path] -= 1

    async def _answer(self, mode: int | str) -> None:
        if self._receiver.retry_after:
            self.set_header("Retry-After", self._receiver.retry_after)
        match mode:
            case int():
                self.set_status(mode)
            case "hangs":
                await self._receiver.freed.wait()
            case "held":
                await self._receiver.freed.wait()
                self.set_status(500)
            case "slow":
                await asyncio.sleep(0.05)
            case "redirects":
                self.redirect("/elsewhere", status=308)
            case "garbage":
                self.set_header("Content-Type", "application/json")
                self.write(b"\xff\x00<html>{" * 1_000)
            case "huge":
                self.write(b" " * (2 * 1024 * 1024))


async def add_webhook(person: RestClient, url: str, *types: str, **fields: Any) -> Json:
    """A new webhook of *person* that leads to *url*, with its secret."""
    body = {"url": url, "types": types or ("*",), **fields}
    issued: Json = (await done(person.call("POST", WEBHOOKS, body))).body
    return issued

"""The base of the transports over plain HTTP: frames become requests, answers frames."""

import abc
import asyncio
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from models.base.merge_patch import Json
from models.wire.close_codes import CloseCode
from upcoach.client.channel import Channel, ChannelListener
from upcoach.client.exchange import Exchange
from upcoach.client.outbox import again_s
from upcoach.client.rest import NO_ANSWER, RestClient

EVENTS: Final = "/v1/events"
_CODES: Final = {401: CloseCode.TOKEN, 429: CloseCode.TOO_MANY, 503: CloseCode.FULL}


class Ended(Exception):
    """A feed cannot be followed any further; the listener knows why."""


class WebChannel(Channel):
    """Base of the transports over plain HTTP: a task for each feed, and one for the writes."""

    def __init__(self, url: str, listener: ChannelListener) -> None:
        self._token = ""
        self._is_greeted = False
        self._writes: asyncio.Queue[Json] = asyncio.Queue()
        self._feeds: dict[str, asyncio.Task[None]] = {}
        self._exchanges: set[Exchange] = set()
        super().__init__(url, listener)

    async def run(self) -> None:
        """See `Channel.run`; writes go one after the other, so that their order holds."""
        self._listener.opened(self)
        client = RestClient(self.url)
        try:
            while True:
                frame = await self._writes.get()
                client.token = self._token
                result = await client.write(frame)
                if result["status"] == 401:
                    self._end(CloseCode.TOKEN)
                self._hear(result)
                if again_s(result) is not None:
                    self._hold_back(result)
        except NO_ANSWER:
            self._end(None)
        finally:
            client.close()

    def send(self, frame: Json) -> None:
        """See `Channel.send`."""
        match frame["t"]:
            case "hello":
                self._token = frame["token"]
                for subscription in frame["subs"]:
                    self._follow(subscription)
            case "sub":
                self._follow(frame)
            case "mut":
                self._writes.put_nowait(frame)
            case "auth":
                self._token = frame["token"]
                self.renewed()

    def _hold_back(self, result: Json) -> None:
        """Tell the writes behind one that has to wait to wait too, as the server does."""
        while not self._writes.empty():
            self._hear(result | {"id": self._writes.get_nowait()["id"]})

    def cut(self) -> None:
        """See `Channel.cut`."""
        for exchange in self._exchanges:
            exchange.cut()
        self._end(None)
        self.close()

    def renewed(self) -> None:
        """React to a new token."""

    @abc.abstractmethod
    async def feed(self, name: str, since: str, *, snap: bool) -> None:
        """Follow a feed after *since*, or its documents and what comes after them."""

    def _follow(self, subscription: Json) -> None:
        standing = self._feeds.pop(subscription["f"], None)
        if standing is not None:
            standing.cancel()
        self._feeds[subscription["f"]] = self._spawn(self._feed(subscription))

    async def _feed(self, subscription: Json) -> None:
        name, snap = subscription["f"], subscription.get("snap", False)
        try:
            if isinstance(snap, list):
                self._hear({"t": "subd", "f": name, "cur": subscription["since"], "mode": "resume"})
                for kind in snap:
                    await self.pages(name, kind)
            await self.feed(name, subscription.get("since", ""), snap=snap is True)
        except Ended:
            return
        except OSError:
            self._end(None)

    async def pages(self, name: str, kind: str = "") -> str:
        """Fetch the snapshot of a feed, of one *kind* or of all; return the cursor after it."""
        path, cursor = _with("/v1/snapshot", feed=name, kind=kind), ""
        while path:
            answer = await self.ask(name, path)
            if not cursor:
                cursor = answer.headers["upcoach-cursor"]
                if not kind:
                    self._hear({"t": "subd", "f": name, "cur": cursor, "mode": "snapshot"})
            page: Json = msgspec.json.decode(answer.body)
            self._hear({"t": "snap", "f": name, "cur": cursor, **page})
            path = _next(answer)
        return cursor

    async def ask(self, name: str, path: str, **options: Any) -> Exchange:
        """GET *path*, or raise `Ended`."""
        exchange = Exchange(**options)
        self._exchanges.add(exchange)
        try:
            await exchange.get(self.url + path, {"Authorization": f"Bearer {self._token}"})
        finally:
            self._exchanges.discard(exchange)
        self.check(name, exchange)
        return exchange

    def check(self, name: str, answer: Exchange) -> None:
        """Turn the first good answer into a `welcome`, a bad one into its frame or close code."""
        if answer.status in (200, 204):
            self.greet()
            return
        code = _CODES.get(answer.status)
        if code is not None or answer.status >= 500 or not answer.status:
            self._end(code or (CloseCode.INTERNAL if answer.status else None))
            raise Ended
        problem = msgspec.json.decode(answer.body)
        self.greet()
        if "reset" in problem:
            self._hear({"t": "reset", **problem["reset"], "f": name})
        else:
            self._hear({"t": "unsubd", "f": name, "problem": problem})
        raise Ended

    def greet(self) -> None:
        """Say `welcome`, once."""
        if not self._is_greeted:
            self._is_greeted = True
            self._hear({"t": "welcome"})


def _with(path: str, **parameters: str) -> str:
    return f"{path}?{urlencode({name: value for name, value in parameters.items() if value})}"


def _next(answer: Exchange) -> str:
    link = answer.headers.get("link", "")
    return link.partition(">")[0].removeprefix("<") if 'rel="next"' in link else ""


def events_path(feed: str, **parameters: str) -> str:
    """The path of the live feed over HTTP."""
    return _with(EVENTS, feed=feed, **parameters)

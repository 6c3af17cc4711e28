"""The transport over server-sent events (WHATWG HTML, 9.2)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from models.base.merge_patch import Json
from upcoach.client.exchange import Exchange
from upcoach.client.web import WebChannel, events_path

COMMENT_S: Final = 15.0
_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?!\Z)")


class StreamMessage(NamedTuple):
    """One event of a stream."""

    data: str
    id: str | None


class EventParser:
    r"""Parses server-sent events from a stream of bytes, however they are cut.

    Examples
    --------
    >>> parser = EventParser()
    >>> list(parser.feed(b"id: 7\nevent: ev\nda")), list(parser.feed(b"ta: {}\n\n"))
    ([], [StreamMessage(data='{}', id='7')])

    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []
        self._id: str | None = None

    def feed(self, piece: bytes) -> Iterator[StreamMessage]:
        """The events that end in *piece*."""
        *lines, self._rest = _LINE_END.split(self._rest + piece)
        for line in lines:
            if line:
                self._take(line)
            elif self._data:
                message = StreamMessage("\n".join(self._data), self._id)
                self._data, self._id = [], None
                yield message

    def _take(self, line: bytes) -> None:
        name, _, value = line.decode().removeprefix("\ufeff").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value


class StreamChannel(WebChannel):
    """An event stream for each feed."""

    patience_s = 2 * COMMENT_S + 1

    def __init__(self, *arguments: object) -> None:
        self._streams: set[Exchange] = set()
        super().__init__(*arguments)  # type: ignore[arg-type]

    def renewed(self) -> None:
        """Reconnect every stream with the new token, from its last event."""
        for stream in self._streams:
            stream.cut()

    async def feed(self, name: str, since: str, *, snap: bool) -> None:
        """See `WebChannel.feed`."""
        seen = "" if snap else since
        while True:
            token = self._token
            seen = await self._stream(name, seen)
            if token == self._token:
                self._end(None)
                return

    async def _stream(self, name: str, seen: str) -> str:
        """Read one stream to its end; return the last event's id."""
        parser = EventParser()
        last = seen

        def take(piece: bytes) -> None:
            nonlocal last
            self._hear(None)
            for message in parser.feed(piece):
                last = message.id or last
                frame: Json = msgspec.json.decode(message.data)
                self._hear(frame)

        def head() -> None:
            if stream.status == 200:
                self.greet()

        stream = Exchange(on_head=head, on_data=take)
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "text/event-stream"}
        if seen:
            headers["Last-Event-ID"] = seen
        path = events_path(name, snap="" if seen else "1")
        self._exchanges.add(stream)
        self._streams.add(stream)
        try:
            await stream.get(self.url + path, headers)
        finally:
            self._exchanges.discard(stream)
            self._streams.discard(stream)
        self.check(name, stream)
        return last

"""XREAD over many streams, on a connection of its own.

It is the one command that a node sends without end, and through redis-py it costs several times
as much: packing the names of all streams and their positions anew, and parsing through a stream
reader.  Here the names are packed once, a position when it moves, and hiredis parses what comes.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import hiredis
from redis.asyncio import Redis, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

Fields = list[bytes]  # name, value, name, value ...
Entries = Sequence[tuple[bytes, Fields]]
START = b"0-0"
ANSWER_S = 5.0  # beyond the time for which a read may block


class ReplyParser(asyncio.Protocol):
    """Parses the replies of Redis, one at a time."""

    def __init__(self) -> None:
        self._parser = hiredis.Reader()
        self._reply: asyncio.Future[Any] | None = None
        self._lost = False

    def expect(self) -> asyncio.Future[Any]:
        """A future of the next reply."""
        reply = self._reply = asyncio.get_running_loop().create_future()
        if self._lost:
            reply.set_exception(RedisConnectionError("Connection lost"))
        return reply

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        answer = self._parser.gets()
        if answer is not False and self._reply is not None and not self._reply.done():
            self._reply.set_result(answer)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._lost = True
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(RedisConnectionError("Connection lost"))


class StreamPositions:
    """Some streams, each read from a position of its own.

    Attributes
    ----------
    positions
        By stream: the entry after which reading goes on.

    """

    def __init__(self, redis: "Redis", names: Iterable[str], *, count: int, block_ms: int) -> None:
        self._redis = redis
        self._patience_s = block_ms / 1000 + ANSWER_S
        self._packed = {name.encode(): _packed(START) for name in names}
        words = [b"XREAD", b"COUNT", b"%d" % count, b"BLOCK", b"%d" % block_ms, b"STREAMS"]
        head = b"*%d\r\n" % (len(words) + 2 * len(self._packed))
        self._head = head + b"".join(map(_packed, [*words, *self._packed]))

    def go_on_after(self, positions: Mapping[str, bytes]) -> None:
        """Continue reading after *positions*."""
        self._packed |= {name.encode(): _packed(at) for name, at in positions.items()}

    async def __aenter__(self) -> Self:
        self._transport, self._answers = await _connected(self._redis)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.abort()

    async def read(self) -> list[Fields]:
        """The new entries of all streams, in the order of each; none if there was none in time."""
        command = self._head + b"".join(self._packed.values())
        try:
            async with asyncio.timeout(self._patience_s):
                reply = await _answered(self._transport, self._answers, command)
        except TimeoutError:
            raise RedisConnectionError("Redis does not answer a read.") from None
        return [] if reply is None else self._entries_of(reply)

    def _entries_of(
        self, reply: "dict[bytes, Entries] | Sequence[tuple[bytes, Entries]]"
    ) -> list[Fields]:
        """The fields of the entries in *reply*; reading continues after them."""
        taken = []
        for name, entries in reply.items() if isinstance(reply, dict) else reply:
            self._packed[name] = _packed(entries[-1][0])
            taken += [fields for _, fields in entries]
        return taken


def _packed(word: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(word), word)


async def _connected(redis: "Redis") -> tuple[asyncio.Transport, ReplyParser]:
    """A connection to where *redis* connects to, authenticated and on its database."""
    options = redis.connection_pool.connection_kwargs
    try:
        transport, answers = await _opened(redis.connection_pool.connection_class, options)
    except OSError as failure:
        raise RedisConnectionError(str(failure)) from None
    try:
        for words in _greetings(options):
            await _answered(transport, answers, _command(words))
    except BaseException:
        transport.abort()
        raise
    return transport, answers


async def _opened(
    kind: type[Any], options: Mapping[str, Any]
) -> tuple[asyncio.Transport, ReplyParser]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(options.get("socket_connect_timeout")):
        if options.get("path"):
            return await loop.create_unix_connection(ReplyParser, options["path"])
        is_safe = issubclass(kind, SSLConnection)
        context = SSLConnection(**options).ssl_context.get() if is_safe else None
        host, port = options.get("host", "localhost"), options.get("port", 6379)
        return await loop.create_connection(ReplyParser, host, port, ssl=context)


def _greetings(options: Mapping[str, Any]) -> Iterator[list[str]]:
    if options.get("password"):
        names = [options["username"]] if options.get("username") else []
        yield ["AUTH", *names, options["password"]]
    if options.get("db"):
        yield ["SELECT", str(options["db"])]


async def _answered(transport: asyncio.Transport, answers: ReplyParser, command: bytes) -> Any:
    answer = answers.expect()
    transport.write(command)
    reply = await answer
    if isinstance(reply, hiredis.ReplyError):
        raise ResponseError(str(reply))
    return reply


def _command(words: Sequence[str]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(_packed(word.encode()) for word in words)

"""HTTP listeners: a port and its server, and a reservation of a shared port."""

import asyncio
import contextlib
import errno
import socket
from types import TracebackType
from typing import Any, Final, Self

import msgspec
from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPInputError,
    ParseBodyConfig,
    ParseMultipartConfig,
    set_parse_body_config,
)
from tornado.iostream import IOStream, StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application

from handlers.http.problem_handler import HEADERS, HSTS
from handlers.http.problems import MEDIA_TYPE, http_problem
from handlers.http.rest.application import BoundedApplication
from models.access.limits import ANONYMOUS_BODY_BYTES, ANONYMOUS_BODY_S, LINGER_S

HEAD_LINES = 100  # of a request: browsers and proxies send thirty
HEAD_S = 75.0  # from the answer before it to its end
TAKEN_S = 60.0  # without a byte taken of an answer, a connection is given up
QUEUE = 1024  # connections that wait to be accepted: a crowd that comes at once
NO_ADDRESS_OF_OURS: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class StartError(Exception):
    """The process cannot start; the message says what to do."""


class BoundedStream(IOStream):
    """A connection that limits the number of header lines: each costs as much as a long one.

    Attributes
    ----------
    too_late
        What is answered to a head that comes too slowly.

    """

    too_late: bytes
    is_too_late = False

    async def read_until_regex(self, regex: bytes, max_bytes: int | None = None) -> bytes:
        """See `IOStream.read_until_regex`, by which heads are read."""
        deadline = asyncio.get_running_loop().call_later(HEAD_S, self._time_out)
        try:
            head = await super().read_until_regex(regex, max_bytes)
        finally:
            deadline.cancel()
        if self.is_too_late:  # whoever was told so may send the same request elsewhere
            self.close()
            raise StreamClosedError
        if head.count(b"\n") > HEAD_LINES:
            raise HTTPInputError("too many header fields")  # answered with 400
        return head

    def _time_out(self) -> None:
        """Answer whoever has begun a head, and hang up on whoever has not."""
        if b"\n" not in self._read_buffer.lstrip(b"\r\n"):
            self.close()
            return
        self.is_too_late = True
        self.write(self.too_late)


class Server(HTTPServer):
    """Tornado's server, limited to the connections of a network that the application allows."""

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """See `TCPServer.handle_stream`."""
        if type(stream) is IOStream:
            stream.__class__ = BoundedStream
        if isinstance(stream, BoundedStream):
            stream.too_late = self._too_late
        application = self.request_callback
        if not isinstance(application, BoundedApplication):
            super().handle_stream(stream, address)
            return
        network = application.admit_connection(address[0])
        if network is None:
            stream.close()
            return
        self._networks[stream] = network
        super().handle_stream(stream, address)

    async def watch(self) -> None:
        """Close connections whose clients stop reading an answer, until cancelled."""
        unsent: dict[IOStream, int] = {}
        while True:
            await asyncio.sleep(TAKEN_S)
            before, unsent = (
                unsent,
                {
                    stream: len(stream._write_buffer)  # noqa: SLF001 - the only way to know
                    for stream in self._networks
                    if stream.writing()
                },
            )
            for stream, size in unsent.items():
                if before.get(stream) == size:
                    stream.close()

    def on_close(self, server_conn: object) -> None:
        """See `HTTPServerConnectionDelegate.on_close`: so does what becomes a WebSocket."""
        super().on_close(server_conn)
        assert isinstance(server_conn, HTTP1ServerConnection)
        network = self._networks.pop(server_conn.stream, None)
        if isinstance(self.request_callback, BoundedApplication):
            self.request_callback.release_connection(network or "")

    def initialize(self, *arguments: Any, **options: Any) -> None:
        """See `HTTPServer.initialize`."""
        super().initialize(*arguments, **options)
        self._networks: dict[IOStream, str] = {}
        self._too_late = _request_timeout(self.request_callback)


def _request_timeout(application: object) -> bytes:
    """The answer to a head that does not end: no handler knows of it (RFC 9110, 15.5.9)."""
    content = msgspec.json.encode(http_problem(408, "The header has not come in time."))
    headers = HEADERS | {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(content)),
        "Connection": "close",
    }
    if isinstance(application, Application) and application.settings.get("is_secure"):
        headers["Strict-Transport-Security"] = HSTS
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 408 Request Timeout\r\n{lines}\r\n".encode() + content


class HttpListener:
    """Serves *application* on a port while the context lasts; port 0 takes a free one.

    With *shared* other processes listen on the same port, and the kernel gives each connection to
    one of them.
    """

    def __init__(
        self, application: Application, host: str, port: int, *, shared: bool = False
    ) -> None:
        try:
            self._sockets = bind_sockets(port, host, backlog=QUEUE, reuse_port=shared)
        except OSError as failure:
            raise _unusable(host, port, failure) from None
        # For all servers of a process: nobody here reads multipart bodies.
        set_parse_body_config(ParseBodyConfig(multipart=ParseMultipartConfig(enabled=False)))
        self._server = Server(
            application,
            max_header_size=16 * 1024,
            max_body_size=ANONYMOUS_BODY_BYTES,  # who may send more is found out by the application
            idle_connection_timeout=HEAD_S + LINGER_S,
            body_timeout=ANONYMOUS_BODY_S,
        )

    @property
    def port(self) -> int:
        """The port, which was chosen if none was given."""
        port: int = self._sockets[0].getsockname()[1]
        return port

    def refuse(self) -> None:
        """Accept no more connections; open ones end with their next answer."""
        for listening in self._sockets:
            # Who waits in the queue was accepted by the kernel, and is cut off by the close.
            with contextlib.suppress(OSError):
                while True:
                    connection, address = listening.accept()
                    self._server.handle_stream(IOStream(connection), address)
        self._server.stop()
        self._server.conn_params.no_keep_alive = True

    async def __aenter__(self) -> Self:
        self._server.add_sockets(self._sockets)
        self._watching = asyncio.create_task(self._server.watch())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop()
        self._watching.cancel()
        await self._server.close_all_connections()


class Reservation:
    """A reservation of a port for the processes that share it; 0 takes a free one.

    A socket that does not listen gets no connection, but nobody else can take its port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._sockets: list[socket.socket] = []
        self.port = port
        try:
            # First without sharing: that fails where somebody listens already.
            for probe in bind_sockets(port, host):
                self.port = probe.getsockname()[1]
                probe.close()
            self._hold(host)
        except OSError as failure:
            self.close()
            raise _unusable(host, port, failure) from None

    def close(self) -> None:
        """Release the port."""
        for reserved in self._sockets:
            reserved.close()

    def _hold(self, host: str) -> None:
        addresses = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in addresses:
            reserved = socket.socket(family, kind, protocol)
            self._sockets.append(reserved)
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                reserved.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            reserved.bind(address)


def _unusable(host: str, port: int, failure: OSError) -> StartError:
    reason = failure.strerror or failure
    if isinstance(failure, socket.gaierror) or failure.errno in NO_ADDRESS_OF_OURS:
        return StartError(
            f"{host} is no address of this machine ({reason}). "
            "Set UPCOACH_HOST or UPCOACH_METRICS_HOST."
        )
    return StartError(
        f"Port {port} on {host} cannot be used ({reason}). "
        "Set UPCOACH_PORT or UPCOACH_METRICS_PORT."
    )

"""A streaming HTTP GET that can be dropped at any moment."""

import ssl
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream
from tornado.tcpclient import TCPClient

from upcoach.client.channel import CONNECT_S

_PORTS = {"http": 80, "https": 443}


class Exchange(HTTPMessageDelegate):
    """A request and its answer.

    Attributes
    ----------
    status
        The status; 0 until it has come.
    headers
        The headers, with lower-case names.
    body
        The body, unless *on_data* takes it: of a 200 only, since a refusal is read as a whole.

    """

    def __init__(
        self,
        *,
        on_head: Callable[[], None] | None = None,
        on_data: Callable[[bytes], None] | None = None,
    ) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._on_head = on_head
        self._on_data = on_data
        self._stream: IOStream | None = None

    async def get(self, url: str, headers: dict[str, str]) -> None:
        """Send the request, and read the answer to its end; `OSError` when there is no connection.

        `tornado.iostream.StreamClosedError`, which is one, when it ends before the headers do.
        """
        parts = urlsplit(url)
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or _PORTS[parts.scheme]
        stream = self._stream = await TCPClient().connect(
            parts.hostname or "", port, ssl_options=secure, timeout=CONNECT_S
        )
        try:
            endless = HTTP1ConnectionParameters(max_body_size=sys.maxsize)
            connection = HTTP1Connection(stream, is_client=True, params=endless)
            sent = HTTPHeaders({"Host": parts.netloc, "Connection": "close", **headers})
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            connection.write_headers(RequestStartLine("GET", target, ""), sent)
            connection.finish()
            await connection.read_response(self)
        finally:
            stream.close()

    def cut(self) -> None:
        """Drop the connection."""
        if self._stream is not None:
            self._stream.close()

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        """Note status and headers."""
        assert isinstance(start_line, ResponseStartLine)
        self.status = start_line.code
        self.headers = {name.lower(): value for name, value in headers.items()}
        if self._on_head is not None:
            self._on_head()

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self.status == 200 and self._on_data is not None:
            self._on_data(chunk)
        else:
            self.body += chunk

"""A push service for tests: it keeps what it is sent, and answers as it is told."""

import base64
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import h2.config
import h2.connection
import h2.events
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream, StreamClosedError
from tornado.netutil import bind_sockets
from tornado.tcpserver import TCPServer
from tornado.web import Application, RequestHandler


class PushSent(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a push service got it; the names of its headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class PushService:
    """A push service: what it was sent, and what it answers next.

    Attributes
    ----------
    answers
        Statuses with bodies, each for one request; 201 when there are none left.

    """

    def __init__(self) -> None:
        self.sent: list[PushSent] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []

    def answer(self, sent: PushSent) -> tuple[int, dict[str, str], bytes]:
        """What *sent* is answered."""
        self.sent.append(sent)
        return self.answers.pop(0) if self.answers else (201, {}, b"")

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Serve over HTTP/1.1 while the context lasts; its origin."""
        service = self

        class Take(RequestHandler):
            async def post(self) -> None:
                status, headers, body = service.answer(_sent(self.request))
                self.set_status(status)
                for name, value in headers.items():
                    self.set_header(name, value)
                self.finish(body or None)

        server = HTTPServer(Application([(".*", Take)]))
        [socket] = bind_sockets(0, "127.0.0.1")
        server.add_sockets([socket])
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.stop()
            await server.close_all_connections()

    @contextlib.asynccontextmanager
    async def listening_http2(self) -> AsyncIterator[str]:
        """The same over HTTP/2 from the first byte on (RFC 9113, 3.3)."""
        server = _Http2Server(self)
        [socket] = bind_sockets(0, "127.0.0.1")
        server.add_sockets([socket])
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.stop()


class _Http2Server(TCPServer):
    def __init__(self, service: PushService) -> None:
        super().__init__()
        self._service = service

    async def handle_stream(self, stream: IOStream, address: Any) -> None:  # noqa: ARG002
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        requests: dict[int, tuple[dict[str, str], bytearray]] = {}
        with contextlib.suppress(StreamClosedError):
            await stream.write(connection.data_to_send())
            while True:
                for event in connection.receive_data(await stream.read_bytes(65536, partial=True)):
                    self._take(connection, event, requests)
                await stream.write(connection.data_to_send())

    def _take(
        self,
        connection: h2.connection.H2Connection,
        event: h2.events.Event,
        requests: dict[int, tuple[dict[str, str], bytearray]],
    ) -> None:
        if isinstance(event, h2.events.RequestReceived):
            headers = {name.decode(): value.decode() for name, value in event.headers}
            requests[event.stream_id] = (headers, bytearray())
        elif isinstance(event, h2.events.DataReceived):
            requests[event.stream_id][1].extend(event.data)
        elif isinstance(event, h2.events.StreamEnded):
            headers, body = requests.pop(event.stream_id)
            sent = PushSent(path=headers[":path"], headers=headers, body=bytes(body))
            status, more, content = self._service.answer(sent)
            connection.send_headers(event.stream_id, [(":status", str(status)), *more.items()])
            connection.send_data(event.stream_id, content, end_stream=True)


def _sent(request: HTTPServerRequest) -> PushSent:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return PushSent(path=request.path, headers=headers, body=request.body)


class BrowserSubscription:
    """The keys of a browser that takes pushes, which opens them by RFC 8291 and RFC 8188 alone."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey | None = None, auth: bytes = 16 * b"a"
    ) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self._auth = auth
        self.p256dh = _text(_point(self._key.public_key()))
        self.auth = _text(auth)

    def opened(self, body: bytes) -> bytes:
        """What is sealed in *body*: one record, as RFC 8291, 4 asks for."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self._key.exchange(ec.ECDH(), public)
        info = b"WebPush: info\x00" + _point(self._key.public_key()) + sender
        secret = _derived(self._auth, shared, info, 32)
        content_key = _derived(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _derived(salt, secret, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(content_key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert padded.endswith(b"\x02")  # the last record
        return padded[:-1]


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")

"""permessage-deflate (RFC 7692) in which no message depends on an earlier one.

With `server_no_context_takeover` a compressed message is the same bytes for whoever asked for
compression: an event is compressed once, however many follow, and a connection holds no window of
32 kB.  A single event is sent as it is: it would lose a third, and cost as much as its `send`.
"""

import zlib
from typing import Final

from tornado.httputil import HTTPHeaders

from handlers.live.base.send_buffer import text_frame

LEAST: Final = 1_024  # bytes of a message that is worth it: three events lose two thirds

_NAME: Final = "permessage-deflate"
# What an offer may ask for: not `server_max_window_bits`, because our window is the full one.
_AGREEABLE: Final = {
    "client_max_window_bits",
    "client_no_context_takeover",
    "server_no_context_takeover",
}
_TERMS: Final = f"{_NAME}; client_no_context_takeover; server_no_context_takeover"
_COMPRESSED: Final = 0x40  # RSV1 (RFC 7692, 6)
_LEVEL: Final = 1  # leaves 23 % of a page of events; level 6 leaves 20 % in three times the time
_TAIL: Final = 4  # bytes of the empty block that ends a flush; the receiver adds them (7.2.1)


def agree(headers: HTTPHeaders) -> bool:
    """Whether the client offers compression that we can agree to; *headers* then hold our terms.

    A server may ask for no context takeover whether it was offered or not (RFC 7692, 7.1.1).
    """
    for offer in headers.get("Sec-WebSocket-Extensions", "").split(","):
        name, *terms = (part.strip() for part in offer.split(";"))
        if name == _NAME and {term.partition("=")[0].strip() for term in terms} <= _AGREEABLE:
            headers["Sec-WebSocket-Extensions"] = _TERMS
            return True
    return False


def deflated_frame(payload: bytes) -> bytes:
    """*payload* as one text message, compressed if that is worth it."""
    if len(payload) < LEAST:
        return text_frame(payload)
    deflate = zlib.compressobj(_LEVEL, wbits=-zlib.MAX_WBITS)
    squeezed = deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return text_frame(squeezed[:-_TAIL], _COMPRESSED)

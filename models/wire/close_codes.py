"""Close codes of the live protocol (RFC 6455, 7.4): why the server closes a socket."""

import enum


class CloseCode(enum.IntEnum):
    """Why the server closes a socket.  44xx: mend first.  45xx: come back, with jitter."""

    BAD_FRAME = 4400
    TOKEN = 4401
    REVOKED = 4403
    NO_HELLO = 4408
    REPLACED = 4409
    VERSION = 4426
    TOO_MANY = 4429
    INTERNAL = 4500
    DRAINING = 4503
    SLOW = 4508
    RESYNC = 4510
    NO_PONG = 4511
    FULL = 4512

"""The frames of the live protocol, version 1, as they stand on the wire.

A frame is one JSON object on one line; a WebSocket message holds one or more lines.  `t` names the
frame.  Unknown fields are ignored, so that a newer client can talk to an older server.
"""

import datetime as dt
from typing import Annotated, Any

import msgspec

from models.errors import Flaw
from models.merge_patch import Json

PROTOCOL = "upcoach.v1"
VERSION = 1

FrameText = Annotated[str, msgspec.Meta(max_length=256)]
HeartbeatS = Annotated[int, msgspec.Meta(ge=15, le=120)]


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", omit_defaults=True):
    """Base of every frame."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription inside `hello`."""

    f: FrameText
    since: FrameText | None = None
    snap: bool = False


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    """Who I am and what I want to follow.  It must be the first frame, within ten seconds."""

    v: int
    token: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    dev: FrameText | None = None
    app: FrameText | None = None
    hb: HeartbeatS = 30
    subs: Annotated[list[Wish], msgspec.Meta(max_length=64)] = []


class Sub(Frame, tag="sub", frozen=True, kw_only=True):
    """Follow feed *f*, from *since*, or with the documents first."""

    f: FrameText
    since: FrameText | None = None
    snap: bool = False


class Unsub(Frame, tag="unsub", frozen=True, kw_only=True):
    """Follow feed *f* no longer."""

    f: FrameText


class Mut(Frame, tag="mut", frozen=True, kw_only=True):
    """A write: exactly what the REST route *op* *path* does with *body*."""

    id: FrameText
    op: FrameText
    path: FrameText
    base: int | None = None
    body: msgspec.Raw = msgspec.Raw(b"")


class Pong(Frame, tag="pong", frozen=True, kw_only=True):
    """I am here.  Any other frame says so too."""


ClientFrame = Hello | Sub | Unsub | Mut | Pong


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal in words (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    request_id: str | None = None
    errors: tuple[Flaw, ...] = ()
    extra: Json = {}


class Welcome(Frame, tag="welcome", frozen=True, kw_only=True):
    """The socket is open: heartbeat in seconds, end of the session, server time, limits."""

    conn: str
    hb: int
    exp: dt.datetime
    now: dt.datetime
    limits: dict[str, int]


class Subd(Frame, tag="subd", frozen=True, kw_only=True):
    """Feed *f* is followed from *cur*, by `resume`, `catchup` or `snapshot`."""

    f: str
    cur: str
    mode: str


class Unsubd(Frame, tag="unsubd", frozen=True, kw_only=True):
    """Feed *f* is not followed (any more)."""

    f: str
    problem: Json | None = None


class Snap(Frame, tag="snap", frozen=True, kw_only=True):
    """A page of the documents of one kind; *last* marks the kind's last page."""

    f: str
    kind: str
    items: list[Json]
    last: bool
    cur: str


class Author(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose write an event comes from, so that a device knows its own."""

    user: str
    dev: str = ""
    mut: str = ""


class Ev(Frame, tag="ev", frozen=True, kw_only=True):
    """One event: a document that was created (*doc*), changed (*patch*, RFC 7396) or deleted."""

    f: str
    seq: int
    type: str
    id: str
    ver: int
    doc: Json | None = None
    patch: Json | None = None
    by: Author
    at: dt.datetime


class Skip(Frame, tag="skip", frozen=True, kw_only=True):
    """The numbers from *from* to *to* hold nothing that this subscriber can see."""

    f: str
    first: int = msgspec.field(name="from")
    to: int


class Live(Frame, tag="live", frozen=True, kw_only=True):
    """Replay is over: the client is current as of *cur*."""

    f: str
    cur: str


class Res(Frame, tag="res", frozen=True, kw_only=True):
    """The answer to a `mut`: what REST would have answered."""

    id: str
    status: int
    ver: int | None = None
    cur: str | None = None
    body: Any = msgspec.UNSET
    problem: Json | None = None
    replayed: bool = False


class Ping(Frame, tag="ping", frozen=True, kw_only=True):
    """Are you there?  *top* is the newest number of each feed that the client follows."""

    now: dt.datetime
    top: dict[str, int]


class Reset(Frame, tag="reset", frozen=True, kw_only=True):
    """The position is not to be had: read a snapshot, and go on from its cursor.

    *reason* is `retention` (older than what is kept), `epoch` (of another log) or `snapshot` (the
    documents could not be read to the end: ask again).
    """

    f: str
    reason: str
    cur: str
    snapshot: str


class Err(Frame, tag="err", frozen=True, kw_only=True):
    """A frame that could not be understood; the connection goes on."""

    problem: Json


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)


def encode(frame: Frame) -> bytes:
    """The frame as one line."""
    return _encoder.encode(frame) + b"\n"


def decode(line: bytes) -> ClientFrame:
    """Read a client's frame, or raise `msgspec.MsgspecError`."""
    return _decoder.decode(line)

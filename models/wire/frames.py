"""The frames of the live protocol, version 1, as they stand on the wire.

A frame is one JSON object on one line; a WebSocket message holds one or more lines.  `t` names the
frame.  Unknown fields are ignored, so that a newer client can talk to an older server.
"""

import datetime as dt
from typing import Annotated, Any

import msgspec

from models.base.errors import Invalid
from models.base.ids import MUTATION_ID_PATTERN
from models.base.merge_patch import Json
from models.base.text.type_words import shaped

PROTOCOL = "upcoach.v1"
VERSION = 1

FrameText = Annotated[str, msgspec.Meta(max_length=256)]
# The frame of another id is read all the same: its answer is a `res` that says what an id is.
MutationIdText = Annotated[
    str, msgspec.Meta(max_length=256, extra_json_schema={"pattern": MUTATION_ID_PATTERN})
]
CursorText = Annotated[str, msgspec.Meta(max_length=2048)]
TokenText = Annotated[str, msgspec.Meta(max_length=4096)]
DeviceText = Annotated[
    str,
    shaped(
        pattern=r"^[A-Za-z0-9._:-]+\Z",
        form="1 to 64 letters, digits, dots, dashes, underscores or colons",
        max_length=64,
    ),
]
HeartbeatS = Annotated[int, msgspec.Meta(ge=15, le=120)]
Follows = Annotated[list[FrameText], msgspec.Meta(max_length=256)]
Kinds = Annotated[list[FrameText], msgspec.Meta(min_length=1, max_length=32)]


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", omit_defaults=True):
    """The base of all frames."""


class SubscriptionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription inside `hello`; see `Sub`."""

    f: FrameText
    since: CursorText | None = None
    snap: bool | Kinds = False


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    """Log in, and subscribe.  It must be the first frame, within ten seconds."""

    v: int
    token: TokenText | None = None
    ticket: FrameText | None = None
    dev: DeviceText | None = None
    app: FrameText | None = None
    hb: HeartbeatS = 30
    subs: Annotated[list[SubscriptionRequest], msgspec.Meta(max_length=64)] = []


class Sub(Frame, tag="sub", frozen=True, kw_only=True):
    """Subscribe to feed *f*, from *since*, or with the documents first.

    *snap* is true for all documents, or names the kinds that are wanted again: then the events
    go on after *since*.  A channel (`presence:…`, `typing:…`) and a state feed (`admin:kpi`) have
    no number, and take neither.
    """

    f: FrameText
    since: CursorText | None = None
    snap: bool | Kinds = False


class Unsub(Frame, tag="unsub", frozen=True, kw_only=True):
    """Unsubscribe from feed *f*."""

    f: FrameText


class Mut(Frame, tag="mut", frozen=True, kw_only=True):
    """A write: exactly what the REST route *op* *path* does with *body*.

    *id* is a UUID, in lower case.  *follows* names earlier writes of the same device
    whose effects it took for granted, though it had no answer to them yet.
    """

    id: MutationIdText
    op: FrameText
    path: FrameText
    base: int | None = None
    follows: Follows = []
    body: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


class Ack(Frame, tag="ack", frozen=True, kw_only=True):
    """Acknowledge everything of feed *f* up to *cur*: that opens the send window.

    The device that has come so far is `dev` of `hello`, or else that of the login.
    """

    cur: CursorText
    f: FrameText = "u:me"


class Auth(Frame, tag="auth", frozen=True, kw_only=True):
    """Renew the token: a new one, or a ticket, of the same user and session.

    `authd` answers it, or an `err`: then the former token goes on to count.
    """

    token: TokenText | None = None
    ticket: FrameText | None = None


class Eph(Frame, tag="eph", frozen=True, kw_only=True):
    """Publish an ephemeral message on channel *ch*.  It is not kept."""

    ch: FrameText
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    body: Json = {}


class Pong(Frame, tag="pong", frozen=True, kw_only=True):
    """Answer a heartbeat.  Any other frame does so too."""


ClientFrame = Hello | Sub | Unsub | Mut | Ack | Auth | Eph | Pong


class Welcome(Frame, tag="welcome", frozen=True, kw_only=True):
    """The socket is open: heartbeat in seconds, end of the token, server time, limits.

    *cur* is the newest position of the caller's own feed, where this node knows it already.
    """

    conn: str
    cur: str | None = None
    hb: int
    exp: dt.datetime
    now: dt.datetime
    limits: dict[str, int]


class Subd(Frame, tag="subd", frozen=True, kw_only=True):
    """The subscription to feed *f* begins at *cur*, by `resume`, `catchup` or `snapshot`.

    The mode of a channel or a state feed is `state`, and it has no cursor.
    """

    f: str
    cur: str | None = None
    mode: str


class Unsubd(Frame, tag="unsubd", frozen=True, kw_only=True):
    """The subscription to feed *f*, which is named in full, was refused or has ended.

    A refusal leaves alone what is followed under that name already.
    """

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
    """The author of the write that an event comes from, so that a device knows its own."""

    user: str
    dev: str = ""
    mut: str = ""


class Ev(Frame, tag="ev", frozen=True, kw_only=True):
    """One event: a document that was created (*doc*), changed (*patch*, RFC 7396) or deleted.

    *type* is the document's kind up to the last dot, and behind it what happened; `deleted` takes
    along the document of that kind and *id*, and all whose ids begin with *id* and a slash.
    """

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
    """Replay is over: the client is current as of *cur*.

    *sums* holds a checksum for each kind of which the client must hold a document: the XOR, over
    the kind's documents, of the first 64 bits of SHA-256 of `id`, a line feed and `version`, as
    16 hexadecimal digits (`models.base.checksums`).
    """

    f: str
    cur: str
    sums: dict[str, str] | None = None


class Res(Frame, tag="res", frozen=True, kw_only=True):
    """The answer to a `mut`: what REST would have answered.

    *merged* lists where the document is not what the `mut` alone would have made of its `base`,
    since others' edits are in it, too.  Where much is answered at once, what has a *ver* may have
    no *body*, and a problem no more members than every problem has: read the document, or send the
    write once more by itself, under the same *id*.
    """

    id: str
    status: int
    ver: int | None = None
    cur: str | None = None
    body: Any = msgspec.UNSET
    problem: Json | None = None
    merged: tuple[str, ...] = ()
    replayed: bool = False


class Ping(Frame, tag="ping", frozen=True, kw_only=True):
    """A heartbeat.  *top* is the newest number of each feed that the client follows."""

    now: dt.datetime
    top: dict[str, int]


class AuthExpiring(Frame, tag="auth_expiring", frozen=True, kw_only=True):
    """The token ends at *exp*: renew it with `auth`, or the socket is closed 30 s after it."""

    exp: dt.datetime


class Authd(Frame, tag="authd", frozen=True, kw_only=True):
    """The token of an `auth` was taken: the socket is good until *exp*, when that one ends."""

    exp: dt.datetime


class Go(Frame, tag="go", frozen=True, kw_only=True):
    """Connect elsewhere after *after* ms (another number for each client): this node goes away."""

    after: int
    reason: str


class Ephemeral(Frame, tag="eph", frozen=True, kw_only=True):
    """An ephemeral message on channel *ch*; from the server itself when *by* is missing.

    A presence channel says `state` with all `members` first, then `diff` with who `joined` and
    who `left`.
    """

    ch: str
    kind: str
    body: Json
    by: Author | None = None
    at: dt.datetime


class OperatorEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of somebody's feed, as an operator sees it: what happened to what, no contents."""

    f: str
    seq: int
    type: str
    kind: str
    id: str
    at: dt.datetime


class Timeline(Frame, tag="timeline", frozen=True, kw_only=True):
    """What happened in the feeds of all users; *cur* is the position behind it in `admin:events`.

    Without *items* it says only that nothing up to *cur* is for this watcher.
    """

    f: str
    items: list[OperatorEvent]
    cur: str


class Reset(Frame, tag="reset", frozen=True, kw_only=True):
    """The subscription cannot resume: read a snapshot, and go on from its cursor.

    *reason* is `retention` (older than what is kept), `epoch` (of another log), `access` (what
    the client may see has changed), `slow` (it fell too far behind) or `snapshot` (the documents
    could not be read to the end: ask again).  What is no feed of documents has no *snapshot*.
    Until the client subscribes anew, events of the present go on, and `live` is not said.
    """

    f: str
    reason: str
    cur: str
    snapshot: str | None = None


class Err(Frame, tag="err", frozen=True, kw_only=True):
    """A frame that could not be understood; the connection goes on."""

    problem: Json


ServerFrame = (
    Welcome
    | Subd
    | Unsubd
    | Snap
    | Ev
    | Skip
    | Live
    | Res
    | Ping
    | AuthExpiring
    | Authd
    | Go
    | Ephemeral
    | Timeline
    | Reset
    | Err
)


class _Named(msgspec.Struct, frozen=True):
    """The name of a frame, whatever else it holds."""

    t: str


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)


def encode(frame: Frame) -> bytes:
    """Encode a frame as one line."""
    return _encoder.encode(frame) + b"\n"


def require_mut(line: bytes) -> None:
    """Raise `Invalid` unless *line* is a `mut`, which alone may be large."""
    if msgspec.json.decode(line, type=_Named).t != "mut":
        raise Invalid("frame_invalid", "Only a write may be as large as this.")


def decode(line: bytes) -> ClientFrame:
    """Decode a client's frame, or raise `msgspec.MsgspecError`."""
    return _decoder.decode(line)

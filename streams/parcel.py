"""What the hub hands on: events of one feed, opened once, and wrapped once for each transport."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import msgspec

from models.documents import Share
from models.events import Event
from models.frames import Skip, encode
from models.sight import Sight
from upcoach.store.log import EventLog
from upcoach.store.sealing import Unreadable


class Line(msgspec.Struct, frozen=True, gc=False):
    """One event, opened: its number, the kind of its document, its frame."""

    seq: int
    kind: str
    frame: bytes


Wrap = Callable[[bytes], bytes]


class Parcel:
    """Consecutive events of one feed, with what each transport makes of them for each audience."""

    __slots__ = ("_feed", "_forms", "_lines", "first", "last")

    def __init__(self, feed: str, lines: Sequence[Line]) -> None:
        self.first = lines[0].seq
        self.last = lines[-1].seq
        self._feed = feed
        self._lines = lines
        self._forms: dict[tuple[Wrap, Sight | None], bytes] = {}

    @property
    def moves_access(self) -> bool:
        """Whether it may change what somebody sees."""
        return any(line.kind == Share.kind for line in self._lines)

    def form(self, wrap: Wrap, sight: Sight | None = None) -> bytes:
        """The frames as *wrap* makes a message of them, made once.

        Whoever sees only some kinds gets one `skip` for each run of the others.
        """
        made = self._forms.get((wrap, sight))
        if made is None:
            frames = [line.frame for line in self._lines] if sight is None else self._seen(sight)
            made = self._forms[wrap, sight] = wrap(b"".join(frames))
        return made

    def _seen(self, sight: Sight) -> Iterator[bytes]:
        for is_seen, run in itertools.groupby(self._lines, lambda line: line.kind in sight.kinds):
            lines = list(run)
            if is_seen:
                yield from (_as_seen(line, sight) for line in lines)
            else:
                yield encode(Skip(f=self._feed, first=lines[0].seq, to=lines[-1].seq))


def _as_seen(line: Line, sight: Sight) -> bytes:
    """The frame of *line* without the fields that are hidden."""
    hidden = sight.hides(line.kind)
    # A name that is nowhere in the bytes is no field; most frames need no second look.
    if not any(f'"{name}"'.encode() in line.frame for name in hidden):
        return line.frame
    frame = msgspec.json.decode(line.frame)
    for part in ("doc", "patch"):
        if part in frame:
            frame[part] = sight.shown(line.kind, frame[part])
    return msgspec.json.encode(frame) + b"\n"


def open_line(log: EventLog, event: Event) -> bytes:
    """The `ev` line of *event*, or a `skip` when its owner was erased."""
    try:
        return log.open_line(event)
    except Unreadable:
        return encode(Skip(f=event.feed, first=event.seq, to=event.seq))

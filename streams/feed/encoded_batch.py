"""Batches of events for subscribers: decrypted once, and encoded once for each transport."""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

import msgspec

from models.account import User
from models.base.merge_patch import Json
from models.contexts import CHILDREN
from models.sharing import Share
from models.visibility import Visibility
from models.wire.event_aside import NO_ASIDE, EventAside
from models.wire.events import Event
from models.wire.frames import Skip, encode
from upcoach.store.base.sealing import Unreadable
from upcoach.store.log.event_log import EventLog


class EncodedEvent(msgspec.Struct, frozen=True, gc=False):
    """One decrypted event: its number, its document's kind, its frame, and hidden details."""

    seq: int
    kind: str
    frame: bytes
    verb: str = ""
    aside: Callable[[], EventAside] = lambda: NO_ASIDE


Wrap = Callable[[bytes], bytes]


class EncodedBatch:
    """Consecutive events of one feed, and their encodings by transport and visibility."""

    __slots__ = ("_feed", "_forms", "_lines", "first", "last")

    def __init__(self, feed: str, lines: Sequence[EncodedEvent]) -> None:
        self.first = lines[0].seq
        self.last = lines[-1].seq
        self._feed = feed
        self._lines = lines
        self._forms: dict[tuple[Wrap, Visibility | None], bytes] = {}

    @property
    def may_change_access(self) -> bool:
        """Whether it may change what somebody sees."""
        return any(line.kind == Share.kind for line in self._lines)

    @property
    def may_end_sessions(self) -> bool:
        """Whether it may come with the end of sessions, such as a new password."""
        return any(line.kind == User.kind for line in self._lines)

    @property
    def size(self) -> int:
        """The bytes of its frames."""
        return sum(len(line.frame) for line in self._lines)

    def form(self, wrap: Wrap, visibility: Visibility | None = None) -> bytes:
        """The frames as one message, encoded by *wrap*; made once.

        Whoever sees only some of it gets one `skip` for each run of what they do not see.
        """
        form = self._forms.get((wrap, visibility))
        if form is None:
            frames = (
                [line.frame for line in self._lines]
                if visibility is None
                else self._seen(visibility)
            )
            form = self._forms[wrap, visibility] = wrap(b"".join(frames))
        return form

    def _seen(self, visibility: Visibility) -> Iterator[bytes]:
        shown = ((line, _as_seen(line, visibility)) for line in self._lines)
        for is_shown, run in itertools.groupby(shown, lambda pair: bool(pair[1])):
            lines = list(run)
            if is_shown:
                yield from (frame for _, frame in lines)
            else:
                yield encode(Skip(f=self._feed, first=lines[0][0].seq, to=lines[-1][0].seq))


def _as_seen(line: EncodedEvent, visibility: Visibility) -> bytes:
    """The frame of *line* without what is hidden; empty if nothing is left of it."""
    if line.kind not in visibility.kinds and not _may_take(line, visibility):
        return b""
    frame = msgspec.json.decode(line.frame)
    if frame["t"] != "ev":  # its owner was erased
        return b""
    try:
        aside = line.aside()
    except Unreadable:
        return b""
    if line.kind in visibility.kinds:
        seen = visibility.shown_event(line.kind, frame, aside.edits)
    else:
        takes = CHILDREN[line.kind] if aside.takes is None else aside.takes
        seen = None if visibility.kinds.isdisjoint(takes) else _emptied(frame)
    return b"" if seen is None else msgspec.json.encode(seen) + b"\n"


def _may_take(line: EncodedEvent, visibility: Visibility) -> bool:
    """Whether deleting a document that is not seen may delete some that are."""
    return line.verb == "deleted" and not visibility.kinds.isdisjoint(CHILDREN.get(line.kind, ()))


def _emptied(frame: Json) -> Json:
    """The deletion of a document that is not seen, without its version and its device."""
    return frame | {"ver": 1, "by": {"user": frame["by"]["user"]}}


def opened_frame(log: EventLog, event: Event) -> bytes:
    """The `ev` line of *event*, or a `skip` when its owner was erased."""
    try:
        return log.open_line(event)
    except Unreadable:
        return encode(Skip(f=event.feed, first=event.seq, to=event.seq))


def encoded_event(log: EventLog, event: Event, frame: bytes) -> EncodedEvent:
    """*event* with its decrypted *frame*."""
    verb = event.type.rpartition(".")[2]
    return EncodedEvent(
        event.seq, event.kind, frame, verb, functools.partial(log.open_aside, event)
    )

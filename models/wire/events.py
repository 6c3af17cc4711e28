"""Events of the log: envelopes, feeds and partitions."""

import datetime as dt
import functools
import zlib
from typing import Final

import msgspec

from models.wire.frames import Ev

PARTITIONS: Final = 64  # fixed when an installation is made: feeds may never change partition


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a feed, as it is stored and relayed: an envelope and an encrypted frame.

    Parameters
    ----------
    type, id
        What happened to which document, for those who may not or need not look inside.
    sums
        The feed's checksums after this event, see `models.base.checksums`.
    sealed
        The ready-made `ev` frame, encrypted under the data key of the feed's owner;
        `models.wire.frames.Ev` describes what is inside.
    aside
        What those who see only parts of the document have to know beside the frame, sealed like it;
        empty where there is nothing (`models.wire.event_aside`).
    repeated
        Whether the streams bring it once more than the first time: then newer events of its feed
        may lie before it.

    """

    feed: str
    seq: int
    at: dt.datetime
    type: str
    id: str
    sums: bytes
    sealed: bytes
    aside: bytes = b""
    repeated: bool = False

    @property
    def kind(self) -> str:
        """The kind of its document."""
        return _kind_of(self.type)


@functools.lru_cache(1_000)
def _kind_of(event_type: str) -> str:
    return event_type.rpartition(".")[0]


def user_feed(user: str) -> str:
    """The feed of a user: everything that changes for them."""
    return f"u:{user}"


def feed_owner(feed: str) -> str:
    """The user whose data key seals the events of *feed*."""
    return feed.removeprefix("u:")


def partition(feed: str) -> int:
    """The partition of a feed: a CRC-32 over its name.

    Examples
    --------
    >>> 0 <= partition("u:usr_1") < PARTITIONS
    True

    """
    return zlib.crc32(feed.encode()) % PARTITIONS


_reader: msgspec.json.Decoder[Ev] = msgspec.json.Decoder(Ev)


def read_line(line: bytes) -> Ev:
    """Decode the `ev` frame of a decrypted event, for consumers that look inside."""
    return _reader.decode(line)

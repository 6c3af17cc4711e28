"""Cursors: a position in a feed, `epoch.seq`; or positions in several, joined into one string.

The epoch is made with the installation and changes only when a backup older than the log is
restored; a cursor of another epoch can therefore never be mistaken for a position in this log.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from models.base.errors import Invalid

_FORM: Final = re.compile(r"^([a-z0-9]{4,16})\.(0|[1-9][0-9]{0,15})\Z")
_JOINED: Final = re.compile(r"^([a-z0-9]{4,16})~([A-Za-z0-9_-]{16,1408})\Z")
_KEY, _SEQ = 6, 7
_PLACE = _KEY + _SEQ


class Cursor(msgspec.Struct, frozen=True):
    """A position in a feed: everything up to and including *seq* has been seen."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Parse a cursor, or raise `Invalid`.

        Examples
        --------
        >>> Cursor.parse("k3f9.1057")
        Cursor(epoch='k3f9', seq=1057)

        """
        match = _FORM.match(text)
        if match is None:
            raise _malformed()
        return cls(match[1], int(match[2]))


class JoinedCursors(msgspec.Struct, frozen=True):
    """Positions in several feeds of one epoch, as one string: `epoch~` and base64url.

    A feed stands in it as the first six bytes of its name's SHA-256, so that the string stays short
    and tells nobody whose feeds they are.
    """

    epoch: str
    seqs: Mapping[bytes, int]

    @classmethod
    def of(cls, epoch: str, seqs: Mapping[str, int]) -> "JoinedCursors":
        """The positions *seqs* of the feeds that they are named by."""
        return cls(epoch, {_key(feed): seq for feed, seq in seqs.items()})

    def __str__(self) -> str:
        packed = b"".join(key + seq.to_bytes(_SEQ) for key, seq in self.seqs.items())
        return f"{self.epoch}~{base64.urlsafe_b64encode(packed).rstrip(b'=').decode()}"

    @classmethod
    def parse(cls, text: str) -> "JoinedCursors":
        """Parse joined cursors, or raise `Invalid`.

        Examples
        --------
        >>> JoinedCursors.parse(str(JoinedCursors.of("k3f9", {"u:ann": 7, "u:bob": 9}))).at("u:bob")
        Cursor(epoch='k3f9', seq=9)

        """
        match = _JOINED.match(text)
        if match is None:
            raise _malformed()
        try:
            packed = base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4))
        except ValueError:
            raise _malformed() from None
        places = [packed[start : start + _PLACE] for start in range(0, len(packed), _PLACE)]
        cursors = cls(match[1], {place[:_KEY]: int.from_bytes(place[_KEY:]) for place in places})
        if str(cursors) != text:
            raise _malformed()
        return cursors

    def at(self, feed: str) -> Cursor:
        """The position in *feed*; `Invalid` when it is not among them."""
        seq = self.seqs.get(_key(feed))
        if seq is None:
            raise Invalid("cursor_of_other_feeds", "This cursor was given out for other feeds.")
        return Cursor(self.epoch, seq)


def joined_cursor(epoch: str, seqs: Mapping[str, int]) -> str:
    """The cursor of the positions *seqs*: that of the feed when there is one, else all joined."""
    if len(seqs) == 1:
        return str(Cursor(epoch, *seqs.values()))
    return str(JoinedCursors.of(epoch, seqs))


def cursor_of_feed(text: str, feed: str) -> str:
    """The cursor of *feed* in *text*: a cursor of one or several feeds, or a reserved word."""
    if "~" in text:
        return str(JoinedCursors.parse(text).at(feed))
    if text not in ("0", "now"):
        Cursor.parse(text)
    return text


def _key(feed: str) -> bytes:
    return hashlib.sha256(feed.encode()).digest()[:_KEY]


def _malformed() -> Invalid:
    return Invalid("cursor_malformed", "This is not a cursor that the server gave out.")

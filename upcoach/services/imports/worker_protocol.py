"""The protocol between the server and the process that reads a file: frames over a socket.

A frame is four bytes of length and a MessagePack.  The server sends an `ImportJob` and the file;
one that is on the disk is handed over open, with the socket, and nothing stands in its place.
The answer is a `PlanRefused`, a `ReaderBroken`, or a `PlanBegun`, lists of `PackedItem`, and an
empty list, or a `PlanRefused` in its place: whoever ends before that last frame has died.
"""

import datetime as dt
import struct
from typing import Any, Final, Literal

import msgspec

from models.base.errors import FieldError, Invalid
from upcoach.services.base.spooled_file import SpooledFile
from upcoach.services.imports.plan_codec import PackedItem
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.reports import Reported

LENGTH: Final = struct.Struct("!I")
ITEMS_PER_FRAME: Final = 50  # items in a frame, which is opened in one go
TOO_COSTLY: Final = refused(
    "", "export_too_large", "This takes too much time or memory to be read: split it."
)


class TooCostly(BaseException):
    """A reader has had its time: no `Exception`, since a reader might take it for a flaw."""


ImportFile = bytes | SpooledFile
Format = Literal[
    "loop",
    "habitica",
    "dayone",
    "daylio",
    "streaks",
    "habits",
    "moods",
    "tasks",
    "journal",
]


class ImportJob(msgspec.Struct, frozen=True):
    """A file to be read: its format, whose it is, where they live, and when that is.

    Attributes
    ----------
    moods
        The levels of moods that an app only names.

    """

    format: Format
    owner: str
    tz: str
    now: dt.datetime
    moods: dict[str, int] = {}


class PlanBegun(msgspec.Struct, frozen=True, tag="begun"):
    """The file can be read: what stands in a `Plan` beside its items."""

    source: str
    areas: tuple[str, ...]
    notes: tuple[str, ...]
    reports: Reported


class PlanRefused(msgspec.Struct, frozen=True, tag="refused"):
    """The file cannot be read, and why."""

    code: str
    detail: str
    flaws: tuple[FieldError, ...]

    def as_refusal(self) -> Invalid:
        """The refusal as an exception."""
        return Invalid(self.code, self.detail, flaws=self.flaws)


class ReaderBroken(msgspec.Struct, frozen=True, tag="broken"):
    """The reader failed, by an exception of this name: what it said may quote the file."""

    name: str


Answer = PlanBegun | PlanRefused | ReaderBroken
Items = list[PackedItem]


def frame(content: Any) -> bytes:
    """Encode *content* as a frame."""
    packed = msgspec.msgpack.encode(content)
    return LENGTH.pack(len(packed)) + packed

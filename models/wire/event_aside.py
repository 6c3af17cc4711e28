"""Details of an event that are not in its frame, for those who see only parts of its document."""

import datetime as dt
from typing import Final

import msgspec


class HiddenDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The details beside the frame of an event.

    Attributes
    ----------
    edits
        `Document.edits` of the document after the event.
    takes
        The kinds of documents that were deleted with it, standing below it; null if the event
        deletes nothing below, or is of an older build, which did not write it down.

    """

    edits: dict[str, tuple[int, dt.datetime]] | None = None
    takes: tuple[str, ...] | None = None


NO_DETAILS: Final = HiddenDetails()

_decoder: Final = msgspec.msgpack.Decoder(HiddenDetails)


def pack_details(details: HiddenDetails) -> bytes:
    """Encode *details*; empty where there are none."""
    return b"" if details == NO_DETAILS else msgspec.msgpack.encode(details)


def unpack_details(plain: bytes) -> HiddenDetails:
    """Decode what `pack_details` encoded."""
    return _decoder.decode(plain) if plain else NO_DETAILS

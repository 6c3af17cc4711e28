"""What an event's frame does not say, and whoever sees only parts of its document has to know."""

import datetime as dt
from typing import Final

import msgspec


class HiddenDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands beside the frame of an event.

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


def pack_details(aside: HiddenDetails) -> bytes:
    """*aside* in bytes; none if there is nothing in it."""
    return b"" if aside == NO_DETAILS else msgspec.msgpack.encode(aside)


def unpack_details(plain: bytes) -> HiddenDetails:
    """What `pack_details` made."""
    return _decoder.decode(plain) if plain else NO_DETAILS

"""Details of an event that are not in its frame, for those who see only parts of its document."""

import datetime as dt
from typing import Final

import msgspec


class EventAside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored beside the frame of an event.

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


NO_ASIDE: Final = EventAside()

_decoder: Final = msgspec.msgpack.Decoder(EventAside)


def pack_aside(aside: EventAside) -> bytes:
    """Encode *aside*; empty where there is nothing in it."""
    return b"" if aside == NO_ASIDE else msgspec.msgpack.encode(aside)


def unpack_aside(plain: bytes) -> EventAside:
    """Decode what `pack_aside` encoded."""
    return _decoder.decode(plain) if plain else NO_ASIDE

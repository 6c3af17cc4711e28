"""Positions: how far a device has come in a feed, by its own word.

They are no documents: nobody follows them, and each replaces the one before.
"""

import datetime as dt
from typing import Annotated

import msgspec

from models.base.document import Privacy


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The position of a device in a feed: it has kept everything up to the number *seq*."""

    owner: Annotated[str, Privacy.PERSONAL]
    device: Annotated[str, Privacy.PERSONAL]
    feed: Annotated[str, Privacy.PERSONAL]
    seq: int
    at: Annotated[dt.datetime, Privacy.PERSONAL]

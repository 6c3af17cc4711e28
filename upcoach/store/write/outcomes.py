"""What became of a write."""

from typing import Literal

import msgspec

from models.base.merge_patch import Json

Verb = Literal["created", "updated", "deleted", "unchanged"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a write; kept with the mutation's id, so that a repeat gets the same answer.

    Attributes
    ----------
    seq
        The position of the effect in the caller's feed.
    merged
        Where the document is not what the caller asked for, since others' edits are in it, too.

    """

    verb: Verb
    version: int | None = None
    body: Json | None = None
    seq: int = 0
    merged: tuple[str, ...] = ()
    replayed: bool = False

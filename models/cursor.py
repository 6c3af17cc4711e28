"""A position in a feed, as clients hold it: `epoch.seq`.

The epoch is made with the installation and changes only when a backup older than the log is
restored; a cursor of another epoch can therefore never be mistaken for a position in this log.
"""

import re
from typing import Final

import msgspec

from models.errors import Invalid

_FORM: Final = re.compile(r"^([a-z0-9]{4,16})\.(0|[1-9][0-9]{0,15})\Z")


class Cursor(msgspec.Struct, frozen=True):
    """Everything up to and including *seq* has been seen."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read a cursor, or raise `Invalid`.

        Examples
        --------
        >>> Cursor.parse("k3f9.1057")
        Cursor(epoch='k3f9', seq=1057)

        """
        match = _FORM.match(text)
        if match is None:
            raise Invalid("cursor_malformed", "This is not a cursor that the server gave out.")
        return cls(match[1], int(match[2]))

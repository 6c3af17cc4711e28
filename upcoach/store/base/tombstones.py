"""What is left in a collection of a document that is in no log."""

from typing import Final

from upcoach.store.base.codec import key_of
from upcoach.store.base.database import Bson

TOMBSTONE: Final = "gone"  # marks what is left of a document that is in no log: its last version


def tombstone(owner: str, document_id: str, last: int) -> Bson:
    """The tombstone of a deleted document that is in no log, whose versions went up to *last*."""
    return {"_id": key_of(owner, document_id), "owner": owner, "version": last, TOMBSTONE: True}

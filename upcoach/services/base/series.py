"""Recurring documents: the next one is created when one is completed."""

import datetime as dt
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from models.base.document import Document
from models.base.recurrence import successor_id
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref

D = TypeVar("D", bound=Document)


class Series(msgspec.Struct, Generic[D], frozen=True):
    """How documents of one kind follow each other.

    Attributes
    ----------
    is_completed
        Whether it is the turn of the next one.
    successor
        The next one, when a document was completed at a moment; None for the last.

    """

    kind: type[D]
    is_completed: Callable[[D], bool]
    successor: Callable[[D, dt.datetime], D | None]

    def reads(self, owner: str, document_id: str, _draft: object = None) -> tuple[Ref, ...]:
        """The refs that a write of a document has to read for `go_on`."""
        return (Ref(self.kind, owner, successor_id(owner, document_id)),)

    def go_on(self, changes: WriteContext, before: D | None, after: D) -> None:
        """Create the next one when one is completed; delete it, untouched, when that is undone."""
        was_done = before is not None and self.is_completed(before)
        is_done = self.is_completed(after)
        following = changes.find(self.kind, after.owner, successor_id(after.owner, after.id))
        if is_done and not was_done and following is None:
            made = self.successor(after, changes.at)
            if made is not None:
                changes.create(made)
        elif was_done and not is_done and following is not None and following.is_untouched:
            changes.delete(following)

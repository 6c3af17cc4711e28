"""Shares of single entries with a coach, which stand below the entry, and the coach's copies."""

import datetime as dt
from typing import Annotated, ClassVar

from models.account import AccessMethod
from models.base.document import Document, Draft, Lookup, Order, Privacy
from models.base.fields import Moment
from models.base.time import check_date
from models.journal.journal_entry import JournalEntry
from models.sharing import Share


class EntryShareDraft(Draft, frozen=True, kw_only=True):
    """Until when a coach may read an entry.

    Attributes
    ----------
    until
        Until when it may be read.

    """

    until: Moment

    def __post_init__(self) -> None:
        super().__post_init__()
        check_date(self.until.date(), "/until")


class EntryShare(AccessMethod, frozen=True, kw_only=True):
    """The permission of a coach to read one entry; its id stands below the entry's.

    It ends with the relation in which it was given, whose name is `relation`.

    Attributes
    ----------
    entry
        The entry.
    coach
        The coach.
    until
        Until when it may be read.

    """

    kind: ClassVar[str] = "journal.share"
    parent: ClassVar[type[Document] | None] = JournalEntry
    collection: ClassVar[str] = "journal_shares"
    orders: ClassVar[tuple[Order, ...]] = ()
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("end", "until"),)

    entry: str
    coach: Annotated[str, Privacy.PERSONAL]
    until: Annotated[dt.datetime, Privacy.PERSONAL]
    relation: Annotated[str, Privacy.HIDDEN] = ""

    def given_in(self, share: Share) -> bool:
        """Whether it belongs to the same relation as *share*.

        Relations of older builds have no name, and left this behind when they ended: the times
        tell them from those that came after.
        """
        return self.relation == share.relation and self.updated_at >= share.created_at

    def is_over(self, at: dt.datetime) -> bool:
        """Whether it has expired at *at*."""
        return at >= self.until


class ClientEntry(Document, frozen=True, kw_only=True):
    """The coach's copy of an `EntryShare`: which entry of which client, without its content.

    Attributes
    ----------
    client
        The client.
    entry
        The entry.
    until
        Until when it may be read.

    """

    kind: ClassVar[str] = "client.entry"
    collection: ClassVar[str] = "client_entries"
    orders: ClassVar[tuple[Order, ...]] = (Order("until", ("client",)),)

    client: Annotated[str, Privacy.PERSONAL]
    entry: Annotated[str, Privacy.PERSONAL]
    until: Annotated[dt.datetime, Privacy.PERSONAL]
    relation: Annotated[str, Privacy.HIDDEN] = ""


def share_id(entry: str, coach: str) -> str:
    """The id of the share of *entry* with *coach*."""
    return f"{entry}/{coach}"


def client_entry_id(client: str, entry: str) -> str:
    """The id of the coach's copy of the share of *entry* by *client*."""
    return f"{client}:{entry}"

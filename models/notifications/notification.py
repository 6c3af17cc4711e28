"""Notifications: what a person is told, in their language, on all their devices at once.

The server makes them; a person reads, snoozes and deletes them.  The id follows from whom a
notification is for, from the moment that it is about and from its key, so that whoever would write
it again writes it nowhere, also after it was deleted.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Lookup, Order, Privacy
from models.base.errors import invalid_field
from models.base.fields import Moment, ShortText, Title
from models.base.ids import dated_uuid
from models.base.time import to_stored
from models.notifications.types import NotificationType

ID_PREFIX: Final = "ntf"  # of ids
KEPT: Final = dt.timedelta(days=90)  # after which it is deleted
MOST: Final = 1_000  # of one person, the newest of which are kept
LONGEST_SNOOZE: Final = dt.timedelta(days=30)

Link = Annotated[str, msgspec.Meta(max_length=200)]
Details = Annotated[dict[str, str | int | float], msgspec.Meta(max_length=16)]


def notification_id(owner: str, at: dt.datetime, key: str) -> str:
    """The id of the notification of *owner* about *key* at the moment *at*: it sorts by that."""
    return f"{ID_PREFIX}_{dated_uuid(at, owner, key)}"


class NotificationDraft(Draft, frozen=True, kw_only=True):
    """The fields of a notification that a person may write.

    Attributes
    ----------
    read
        Whether the person has read it; then they have seen it, too.
    seen
        Whether it was on a screen of theirs.
    snoozed_until
        Until when it is put off: it is not counted as unread before, and comes again then.

    """

    read: bool = False
    seen: bool = False
    snoozed_until: Moment | None = None


class NewNotification(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says in a new notification.

    Attributes
    ----------
    key
        What makes it another one than the rest: never written twice for one moment.
    held_until
        When the quiet hours end that hold back its mail and its push.

    """

    id: str
    type: NotificationType
    title: str
    body: str
    key: str
    data: dict[str, str | int | float] = {}
    link: str = "/"
    about: str | None = None
    expires_at: dt.datetime | None = None
    held_until: dt.datetime | None = None


class Notification(Document, frozen=True, kw_only=True):
    """A notification of a person.

    Attributes
    ----------
    type
        What it is for: a person chooses by type where they are notified.
    title
        The title, in the language of its person.
    body
        The text below it.
    data
        The figures and names in the text, and ids.
    link
        The path in the app that it opens.
    about
        The id of the document that it is about.
    read
        Whether the person has read it.
    read_at
        When they did.
    seen
        Whether it was on a screen of theirs.
    seen_at
        When it was.
    snoozed_until
        Until when it is put off.
    expires_at
        When it is deleted by itself.
    key
        What makes it another one than the rest.
    held_until
        When the quiet hours end that hold back its mail and its push.

    """

    kind: ClassVar[str] = "notification"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "notifications"
    draft: ClassVar[type[Draft]] = NotificationDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("created_at"),
        Order("created_at", ("read",)),
        Order("created_at", ("seen",)),
        Order("created_at", ("type",)),
        Order("created_at", ("read", "type")),
        Order("snoozed_until", ("read",)),
        Order("held_until"),
    )
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("expires", "expires_at"),)

    type: Annotated[NotificationType, Privacy.PERSONAL]
    title: Annotated[Title, Privacy.SEALED]
    body: Annotated[ShortText, Privacy.SEALED]
    data: Annotated[Details, Privacy.SEALED] = msgspec.field(default_factory=dict)
    link: Annotated[Link, Privacy.PERSONAL] = "/"
    about: Annotated[str | None, Privacy.PERSONAL] = None
    read: Annotated[bool, Privacy.PERSONAL] = False
    read_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    seen: Annotated[bool, Privacy.PERSONAL] = False
    seen_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    snoozed_until: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    expires_at: Annotated[dt.datetime, Privacy.PERSONAL]
    key: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    held_until: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None

    @classmethod
    def drafted(cls, draft: NewNotification, *, owner: str, at: dt.datetime) -> Self:
        """A new notification, which nobody has seen."""
        fields = msgspec.structs.asdict(draft) | {"expires_at": draft.expires_at or at + KEPT}
        return cls(owner=owner, created_at=at, updated_at=at, **fields)

    def revised(self, draft: NotificationDraft, at: dt.datetime) -> Self:
        """The same notification as *draft* says; what is read was seen."""
        until = draft.snoozed_until and to_stored(draft.snoozed_until)
        if until is not None and until != self.snoozed_until and until > at + LONGEST_SNOOZE:
            words = f"A notification is snoozed for {LONGEST_SNOOZE.days} days at most."
            raise invalid_field("/snoozed_until", "snooze_too_long", words)
        seen = draft.seen or draft.read
        return msgspec.structs.replace(
            self.advanced(at),
            read=draft.read,
            read_at=(self.read_at or at) if draft.read else None,
            seen=seen,
            seen_at=(self.seen_at or at) if seen else None,
            snoozed_until=until,
        )

    def marked(self, at: dt.datetime, *, read: bool) -> Self:
        """The same notification, seen, and *read* or left as it is."""
        draft = NotificationDraft(
            read=self.read or read, seen=True, snoozed_until=self.snoozed_until
        )
        return self.revised(draft, at)

    def held(self, until: dt.datetime, at: dt.datetime) -> Self:
        """The same notification, held back until another moment."""
        return msgspec.structs.replace(self.advanced(at), held_until=until)

    def released(self, at: dt.datetime) -> Self:
        """The same notification, held back by nothing any more."""
        return msgspec.structs.replace(self.advanced(at), held_until=None)

    def snoozed(self, until: dt.datetime, at: dt.datetime) -> Self:
        """The same notification, put off until another moment."""
        return msgspec.structs.replace(self.advanced(at), snoozed_until=until)

    def awake(self, at: dt.datetime) -> Self:
        """The same notification, put off and held back no longer, and seen by nobody since."""
        return msgspec.structs.replace(
            self.advanced(at), snoozed_until=None, held_until=None, seen=False, seen_at=None
        )

    def is_gone(self, at: dt.datetime) -> bool:
        """Whether it has expired at *at*."""
        return self.expires_at <= at

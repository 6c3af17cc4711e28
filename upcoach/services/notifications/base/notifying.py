"""Notifies people, within the writes that give a reason to.

Whoever calls `notify` in a write's *decide* has the notification, its push and what it tells of in
one transaction, or none of them.  The id follows from person, moment and key: the same is notified
once, whoever tries again, and not after its person has deleted it.
"""

import collections
import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import User
from models.base.document import Document
from models.base.messages.push import PushRequest
from models.notifications import (
    MOST_NAMED,
    NamedNotification,
    NewNotification,
    Notification,
    NotificationDigestMail,
    NotificationMail,
    NotificationPreferences,
    NotificationType,
    notification_id,
    preferences_id,
)
from models.notifications.delivery import Delivery, delivery_of
from upcoach.services.base.resources import write_outcome
from upcoach.services.base.timers import DocumentChanged
from upcoach.services.notifications.texts import Values, text_of
from upcoach.store.base.sealing import Unreadable
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref, ref_of
from upcoach.store.write.requests import Write

Seen = Mapping[Ref, int]  # the versions of documents; 0 where there was none
LIST: Final = "/notifications"  # in the app
NOTHING: Final[Seen] = MappingProxyType({})
PUSHED: Final = dt.timedelta(days=1)  # after which nobody is told of it on a lock screen any more


class NotificationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A reason to notify somebody.

    Attributes
    ----------
    owner
        Whom to notify.
    at
        The moment that it is about: that of the event, or `moment_of_date` if its key has a date.
    key
        What tells it from others of that moment: "habit_reminder:hab_…".
    case
        The particular text, of those of its type (`texts.TEXTS`).
    values
        What stands in the text; *count* chooses the plural.
    link
        The path in the app that it opens.
    about
        The id of the document that it is about.
    expires_at
        When it is deleted, if sooner than others.
    is_own_time
        Whether it comes at a time that the person has set: quiet hours do not hold that back.

    """

    owner: str
    type: NotificationType
    at: dt.datetime
    key: str
    case: str = ""
    values: Values = {}
    link: str = "/"
    about: str | None = None
    expires_at: dt.datetime | None = None
    is_own_time: bool = False

    @property
    def id(self) -> str:
        """The id of the notification."""
        return notification_id(self.owner, self.at, self.key)

    @property
    def reads(self) -> tuple[Ref, ...]:
        """What a write has to read that may notify of it; otherwise it begins once more."""
        return (
            Ref(Notification, self.owner, self.id),
            Ref(NotificationPreferences, self.owner, preferences_id(self.owner)),
            Ref(User, self.owner, self.owner),
        )


def moment_of_date(day: dt.date) -> dt.datetime:
    """The moment that stands for a date wherever its person is, and whatever time they have set.

    So whoever moves west, or puts off a time of day, is not told of a date once more.
    """
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def notify(changes: WriteContext, request: NotificationRequest) -> Notification | None:
    """Notify somebody, in the list and where they prefer; None if that was done before."""
    changes.find_refs(request.reads)  # so that they are read
    user = changes.find(User, request.owner, request.owner)
    if user is None or changes.ever_held(Notification, request.owner, request.id):
        return None
    delivery = _delivery(changes, request, user)
    made = _drafted(request, user, delivery.held_until)
    notification = changes.create(Notification.drafted(made, owner=user.id, at=changes.at))
    if "push" in delivery.channels and delivery.held_until is None:
        changes.send_push(push_of(notification, changes.at))
    if "mail" in delivery.channels and delivery.held_until is None:
        changes.send_mail(mail_of(notification, user, changes.at))
    return notification


def as_seen(*documents: Document) -> Seen:
    """The versions of *documents*."""
    return {ref_of(document): document.version for document in documents}


def _version(document: Document | None) -> int:
    return 0 if document is None else document.version


class NotificationSender:
    """Notifies people in writes of their own, for whoever has no other."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def send(self, request: NotificationRequest, seen: Seen = NOTHING) -> bool:
        """Notify somebody; whether this was the first time, and they are there.

        Raises `DocumentChanged` if one of the documents that gave the reason is not as it was
        *seen* any more: done, deleted or moved in the moment in which this was to be said.
        """
        is_stale = False

        def decide(changes: WriteContext) -> Outcome[Notification | None]:
            nonlocal is_stale
            is_stale = any(_version(changes.find(*ref)) != seen[ref] for ref in seen)
            notification = None if is_stale else notify(changes, request)
            if notification is None:
                return Outcome(verb="unchanged", document=None)
            return write_outcome("created", notification)

        scope = Scope(user=request.owner)
        write = Write(scope=scope, reads=(*request.reads, *seen), decide=decide)
        try:
            outcome = await self._committer.commit(write)
        except Unreadable:  # they were erased
            return False
        if is_stale:
            raise DocumentChanged
        return outcome.verb == "created"


def preferences_of(changes: WriteContext, user: User) -> NotificationPreferences:
    """The preferences of *user*, which the write has read, or what holds without any."""
    preferences = changes.find(NotificationPreferences, user.id, preferences_id(user.id))
    if preferences is None:
        return NotificationPreferences.default(user.id, user.tz, user.created_at)
    return preferences


def push_of(notification: Notification, at: dt.datetime) -> PushRequest:
    """The push of *notification*, which takes the place of one about the same."""
    return PushRequest(
        owner=notification.owner,
        topic=notification.about or notification.id,
        title=notification.title,
        body=notification.body,
        link=notification.link,
        type=notification.type,
        until=min(notification.expires_at, at + PUSHED),
    )


def mail_of(notification: Notification, user: User, at: dt.datetime) -> NotificationMail:
    """The mail of *notification* to its person, *user*."""
    return NotificationMail(
        to=user.email,
        user=user.id,
        kind=notification.type,
        title=notification.title,
        body=notification.body,
        link=notification.link,
        until=min(notification.expires_at, at + PUSHED),
    )


def digest_mail_of(
    notifications: Sequence[Notification], user: User, at: dt.datetime
) -> NotificationDigestMail:
    """One mail of several *notifications*, the newest first, to their person, *user*."""
    return NotificationDigestMail(
        to=user.email,
        user=user.id,
        count=len(notifications),
        counts=dict(collections.Counter(one.type for one in notifications)),
        named=tuple(
            NamedNotification(one.type, one.title, one.body) for one in notifications[:MOST_NAMED]
        ),
        until=at + PUSHED,
    )


def _drafted(
    request: NotificationRequest, user: User, held_until: dt.datetime | None
) -> NewNotification:
    text = text_of(request.type, request.case, request.values, user.locale)
    return NewNotification(
        id=request.id,
        type=request.type,
        title=text.title,
        body=text.body,
        key=request.key,
        data={
            name: value if isinstance(value, str | int) else value.isoformat()
            for name, value in request.values.items()
        },
        link=request.link,
        about=request.about,
        expires_at=request.expires_at,
        held_until=held_until,
    )


def _delivery(changes: WriteContext, request: NotificationRequest, user: User) -> Delivery:
    preferences = preferences_of(changes, user)
    return delivery_of(
        request.type, changes.at, preferences, user.tz, is_own_time=request.is_own_time
    )

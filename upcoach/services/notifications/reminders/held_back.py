"""What was held back by quiet hours, or put off by its person, and comes now."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from models.access.scope import Scope
from models.account import User
from models.base.messages.push import PushRequest
from models.notifications import Notification, NotificationPreferences, preferences_id
from models.notifications.delivery import digest_of
from models.notifications.timers import QUIET_OVER, SNOOZE_OVER
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.notifications.base.notifying import PUSHED, mail_of, push_of
from upcoach.services.notifications.texts import text_of
from upcoach.store.base.conditions import Range
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

MOST: Final = 200  # of one person that are let go at once
_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class HeldNotifications(DocumentTimer[Notification]):
    """Pushes what quiet hours have held back, as one message where there are several."""

    kind = Notification
    rule = QUIET_OVER

    def __init__(self, documents: Documents, committer: Committer) -> None:
        super().__init__(documents)
        self._committer = committer

    async def act(self, document: Notification, due: dt.datetime) -> bool:
        """See `DocumentTimer.act`: the first of them takes all the others along."""
        owner = document.owner
        wanted = Selection(
            order="held_until", span=Range(above=_NEVER, last=due), descending=True, limit=MOST
        )
        held = await self._documents.select(Notification, owner, wanted)
        ids = [notification.id for notification in held]

        def decide(changes: WriteContext) -> Outcome[None]:
            released = [
                changes.update(notification, notification.released(changes.at))
                for notification in changes.find_all(Notification, owner, ids)
                if notification.held_until is not None and notification.held_until <= due
            ]
            _send(changes, owner, digest_of(released, changes.at))
            return Outcome(verb="updated" if released else "unchanged", document=None)

        reads = (
            *(Ref(Notification, owner, name) for name in ids),
            Ref(NotificationPreferences, owner, preferences_id(owner)),
            Ref(User, owner, owner),
        )
        write = Write(scope=Scope(user=owner), reads=reads, decide=decide)
        return (await self._committer.commit(write)).verb == "updated"


class SnoozedNotifications(DocumentTimer[Notification]):
    """Pushes again what its person has put off until now."""

    kind = Notification
    rule = SNOOZE_OVER

    def __init__(self, documents: Documents, committer: Committer) -> None:
        super().__init__(documents)
        self._committer = committer

    async def act(self, document: Notification, due: dt.datetime) -> bool:
        """See `DocumentTimer.act`."""
        ref = Ref(Notification, document.owner, document.id)

        def decide(changes: WriteContext) -> Outcome[None]:
            snoozed = changes.find(*ref)
            if not isinstance(snoozed, Notification) or snoozed.snoozed_until != due:
                return Outcome(verb="unchanged", document=None)
            awake = changes.update(snoozed, snoozed.awake(changes.at))
            changes.send_push(push_of(awake, changes.at))
            return Outcome(verb="updated", document=None)

        write = Write(scope=Scope(user=document.owner), reads=(ref,), decide=decide)
        return (await self._committer.commit(write)).verb == "updated"


def _send(changes: WriteContext, owner: str, worth: Sequence[Notification]) -> None:
    """Send what is *worth* a message now over its channels: several pushes are one."""
    user = changes.find(User, owner, owner)
    if user is None:
        return
    preferences = changes.find(NotificationPreferences, owner, preferences_id(owner))
    if preferences is None:
        preferences = NotificationPreferences.default(owner, user.tz, user.created_at)
    for notification in worth:  # each with the link that stops those of its type
        if preferences.channels_of(notification.type).mail:
            changes.send_mail(mail_of(notification, user, changes.at))
    pushed = [one for one in worth if preferences.channels_of(one.type).push]
    if preferences.digest and len(pushed) > 1:
        changes.send_push(_digest(user, len(pushed), changes.at))
    else:
        for notification in pushed:
            changes.send_push(push_of(notification, changes.at))


def _digest(user: User, count: int, at: dt.datetime) -> PushRequest:
    text = text_of("digest", "", {"count": count}, user.locale)
    return PushRequest(
        owner=user.id,
        topic="digest",
        title=text.title,
        body=text.body,
        link="/notifications",
        type="digest",
        until=at + PUSHED,
    )

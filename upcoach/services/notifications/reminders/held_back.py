"""What was held back by quiet hours, or put off by its person, and comes now."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from models.access.scope import Scope
from models.account import User
from models.base.messages.push import PushRequest
from models.notifications import Notification, NotificationPreferences, preferences_id
from models.notifications.delivery import (
    comes_again,
    delivery_of,
    digest_of,
    is_snoozed,
    quiet_until,
)
from models.notifications.timers import HELD_GRACE, QUIET_OVER, SNOOZE_OVER
from upcoach.services.base.timers import DocumentTimer
from upcoach.services.notifications.base.notifying import (
    LIST,
    PUSHED,
    digest_mail_of,
    mail_of,
    preferences_of,
    push_of,
)
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
    """Tells of what quiet hours have held back, by one push and one mail where wanted."""

    kind = Notification
    rule = QUIET_OVER

    def __init__(self, documents: Documents, committer: Committer) -> None:
        super().__init__(documents)
        self._committer = committer

    async def act(self, document: Notification, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`: the first of them takes all the others along."""
        if document.held_until is None or document.held_until > due:
            return False  # another took it along
        return await self._release(document.owner, due)

    async def review(self, owner: str) -> None:
        """Hold what is held back as *owner* wants it now: until another time, or no longer."""
        while await self._release(owner, None):
            pass  # the latest first: what was changed is held no longer, or until a time before

    async def _release(self, owner: str, due: dt.datetime | None) -> bool:
        """Let go what is held back until *due*, or all that the night does not hold any more."""
        wanted = Selection(
            order="held_until", span=Range(above=_NEVER, last=due), descending=True, limit=MOST
        )
        ids = [one.id for one in await self._documents.select(Notification, owner, wanted)]
        if not ids:
            return False

        def decide(changes: WriteContext) -> Outcome[None]:
            notifications = changes.find_all(Notification, owner, ids)
            held = [
                one
                for one in notifications
                if one.held_until and (due is None or one.held_until <= due)
            ]
            user = changes.find(User, owner, owner)
            if user is None or not held:
                return Outcome(verb="unchanged", document=None)
            changed = _release(changes, user, held, max(due or changes.at, changes.at))
            return Outcome(verb="updated" if changed else "unchanged", document=None)

        reads = (*(Ref(Notification, owner, name) for name in ids), *_person(owner))
        write = Write(scope=Scope(user=owner), reads=reads, decide=decide)
        return (await self._committer.commit(write)).verb == "updated"


class SnoozedNotifications(DocumentTimer[Notification]):
    """Pushes again what its person has put off until now, where they prefer that."""

    kind = Notification
    rule = SNOOZE_OVER

    def __init__(self, documents: Documents, committer: Committer) -> None:
        super().__init__(documents)
        self._committer = committer

    async def act(self, document: Notification, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`: it is a time that the person has set."""
        owner = document.owner
        ref = Ref(Notification, owner, document.id)

        def decide(changes: WriteContext) -> Outcome[None]:
            snoozed = changes.find(Notification, owner, document.id)
            user = changes.find(User, owner, owner)
            if user is None or snoozed is None or snoozed.read or snoozed.snoozed_until != due:
                return Outcome(verb="unchanged", document=None)
            _wake(changes, user, snoozed, max(due, changes.at))
            return Outcome(verb="updated", document=None)

        write = Write(scope=Scope(user=owner), reads=(ref, *_person(owner)), decide=decide)
        return (await self._committer.commit(write)).verb == "updated"


def _person(owner: str) -> tuple[Ref, ...]:
    """What a write reads of whoever it may push to."""
    return (
        Ref(NotificationPreferences, owner, preferences_id(owner)),
        Ref(User, owner, owner),
    )


def _release(
    changes: WriteContext, user: User, held: Sequence[Notification], at: dt.datetime
) -> bool:
    """Let go what is *held*, or hold it until the quiet hours end that somebody is in by now.

    Returns
    -------
    bool
        Whether any of it had to be changed.

    """
    preferences = preferences_of(changes, user)
    until = quiet_until(preferences.quiet_hours, at, user.tz)
    released, changed = [], False
    for notification in held:
        is_fresh = notification.held_until is None or notification.held_until >= at - HELD_GRACE
        if until is not None and is_fresh:  # they have moved, or want them longer or shorter
            if until != notification.held_until:
                changes.update(notification, notification.held(until, changes.at))
                changed = True
        else:
            after = _let_go(changes, notification, at)
            released += [after] if is_fresh else []
            changed = True
    _send(changes, user, preferences, digest_of(released, at))
    return changed


def _let_go(changes: WriteContext, held: Notification, at: dt.datetime) -> Notification:
    """Hold back a notification no longer; a snooze that is over by then ends with that."""
    after = held.awake(changes.at) if _is_snooze_over(held, at) else held.released(changes.at)
    return changes.update(held, after)


def _is_snooze_over(notification: Notification, at: dt.datetime) -> bool:
    """Whether *notification* was put off until *at* or before, and is told of with this."""
    return comes_again(notification, _NEVER) is not None and not is_snoozed(notification, at)


def _wake(changes: WriteContext, user: User, snoozed: Notification, at: dt.datetime) -> None:
    """End a snooze, or prolong it where quiet hours hold back also what has its own time."""
    delivery = delivery_of(
        snoozed.type, at, preferences_of(changes, user), user.tz, is_own_time=True
    )
    is_pushed = "push" in delivery.channels
    if is_pushed and delivery.held_until is not None:
        changes.update(snoozed, snoozed.snoozed(delivery.held_until, changes.at))
        return
    awake = changes.update(snoozed, snoozed.awake(changes.at))
    if is_pushed:
        changes.send_push(push_of(awake, changes.at))


def _send(
    changes: WriteContext,
    user: User,
    preferences: NotificationPreferences,
    worth: Sequence[Notification],
) -> None:
    """Send what is *worth* a message now over its channels: as one of each, where wanted."""
    mailed = [one for one in worth if preferences.channels_of(one.type).mail]
    if preferences.digest and len(mailed) > 1:
        changes.send_mail(digest_mail_of(mailed, user, changes.at))
    else:
        for notification in mailed:
            changes.send_mail(mail_of(notification, user, changes.at))
    pushed = [one for one in worth if preferences.channels_of(one.type).push]
    if preferences.digest and len(pushed) > 1:
        changes.send_push(_digest_push(user, len(pushed), changes.at))
    else:
        for notification in pushed:
            changes.send_push(push_of(notification, changes.at))


def _digest_push(user: User, count: int, at: dt.datetime) -> PushRequest:
    text = text_of("digest", "", {"count": count}, user.locale)
    return PushRequest(
        owner=user.id,
        topic="digest",
        title=text.title,
        body=text.body,
        link=LIST,
        type="digest",
        until=at + PUSHED,
    )

"""Reminders of coaching sessions, for both who take part."""

import datetime as dt

from models.account import User
from models.notifications import NotificationPreferences, preferences_id
from models.notifications.delivery import nights
from models.scheduling import SESSION_REMINDER, CoachingSession, SessionReminder, reminders_of
from upcoach.services.base.timers import Fired, UnreadableDocument
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    as_seen,
)
from upcoach.services.notifications.base.session_values import session_values
from upcoach.store.base.shared_calls import SharedCalls, by_key
from upcoach.store.collections.documents import Documents
from upcoach.store.write.refs import Ref
from upcoach.store.write.timers import DueTimer


class SessionReminders:
    """See `TimerHandler`: looks when a session reminds its owner, and reminds them."""

    rule = SESSION_REMINDER

    def __init__(self, documents: Documents, sender: NotificationSender) -> None:
        self._standing = SharedCalls(by_key(documents.state))
        self._sender = sender

    async def fire(self, timer: DueTimer, now: dt.datetime, **_: bool) -> Fired:
        """See `TimerHandler.fire`: what is late is each reminder, and not the look for them."""
        session = await self._standing(Ref(CoachingSession, timer.owner, timer.about))
        if session is None:
            return Fired("skipped", None)
        user = await self._standing(Ref(User, timer.owner, timer.owner))
        if not isinstance(session, CoachingSession) or not isinstance(user, User):
            raise UnreadableDocument
        reminders = reminders_of(session, await self._nights(user, session))
        coming = next((reminder.at for reminder in reminders if reminder.at > now), None)
        due = [one for one in reminders if now - self.rule.grace <= one.at <= now]
        if not due or session.starts_at <= now:
            return Fired("skipped", coming)
        is_told = await self._sender.send(_request(session, user, due[-1]), as_seen(session))
        return Fired("done" if is_told else "skipped", coming)

    async def _nights(
        self, user: User, session: CoachingSession
    ) -> list[tuple[dt.datetime, dt.datetime]]:
        """The quiet hours of *user* around *session*."""
        ref = Ref(NotificationPreferences, user.id, preferences_id(user.id))
        stored = await self._standing(ref)
        if not isinstance(stored, NotificationPreferences):
            stored = NotificationPreferences.default(user.id, user.tz, user.created_at)
        return list(nights(stored.quiet_hours, session.starts_at, user.tz))


def _request(
    session: CoachingSession, user: User, reminder: SessionReminder
) -> NotificationRequest:
    return NotificationRequest(
        owner=session.owner,
        type="session_reminder",
        at=session.starts_at,
        key=f"session_reminder:{session.id}:{session.sequence}:{reminder.minutes}",
        values=session_values(session, user),
        link=f"/coaching/sessions/{session.id}",
        about=session.id,
        expires_at=session.ends_at,
    )

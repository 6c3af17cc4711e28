"""Notifies people of what has happened: logins, relations, milestones, achievements.

Whatever it is about is read as it is now: who is notified is told what holds.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from models.access.scope import Scope
from models.account import Session, User, quoted
from models.base.clock import Clock
from models.base.errors import Conflict, NotFound
from models.base.time import DAY, local_date
from models.goals import Goal
from models.notifications import NotificationPreferences, NotificationType, preferences_id
from models.notifications.occasions import Occasion
from models.scheduling import AHEAD, CoachingSession
from upcoach.services.habits import HabitReports
from upcoach.services.notifications.base.notifying import NotificationRequest, notify
from upcoach.services.notifications.base.session_values import NAMELESS, session_values
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

SESSIONS: Final = 500  # of somebody, that are looked at for a device that is known
APP_CASES: Final = {
    "mobile": "phone",
    "web": "browser",
    "remembered": "browser",
    "admin": "browser",
}
BROWSER: Final = "browser:"  # what the devices of pages begin with

Requests = list[NotificationRequest]


class Occasions:
    """Notifies people of occasions."""

    def __init__(
        self, documents: Documents, committer: Committer, reports: HabitReports, clock: Clock
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._reports = reports
        self._clock = clock
        self._requests: dict[NotificationType, Callable[[Occasion], Awaitable[Requests]]] = {
            "new_login": self._of_login,
            "share_changed": self._of_relation,
            "achievement_unlocked": self._of_habit,
            "session_booked": self._of_session,
            "session_changed": self._of_session,
        }

    async def tell(self, occasion: Occasion) -> None:
        """Notify whom *occasion* concerns, unless it is too long ago, or gone."""
        if self.is_stale(occasion):
            return
        with contextlib.suppress(NotFound, Conflict):
            if occasion.type == "goal_milestone":
                await self._tell_of_milestones(occasion)
            else:
                await self._notify(occasion.owner, await self._requests[occasion.type](occasion))

    def is_stale(self, occasion: Occasion) -> bool:
        """Whether *occasion* is too long ago."""
        return occasion.is_stale(self._clock())

    async def move(self, owner: str) -> None:
        """Keep the preferences of *owner* in the zone of their account."""
        name = preferences_id(owner)

        def decide(changes: WriteContext) -> Outcome[None]:
            before = changes.find(NotificationPreferences, owner, name)
            user = changes.find(User, owner, owner)
            if before is None or user is None or before.tz == user.tz:
                return Outcome(verb="unchanged", document=None)
            changes.update(before, before.moved(user.tz, changes.at))
            return Outcome(verb="updated", document=None)

        reads = (Ref(NotificationPreferences, owner, name), Ref(User, owner, owner))
        await self._commit(owner, reads, decide)

    async def _of_login(self, occasion: Occasion) -> Requests:
        newest = Selection(order="expires_at", descending=True, limit=SESSIONS)
        sessions = await self._documents.select(Session, occasion.owner, newest)
        session = await self._documents.get(Session, occasion.owner, occasion.about)
        earlier = [one for one in sessions if one.created_at < session.created_at]
        if not earlier or any(_device(one) == _device(session) for one in earlier):
            return []
        name = quoted(session.device_name or "")
        return [
            NotificationRequest(
                owner=occasion.owner,
                type="new_login",
                case="" if name else APP_CASES.get(session.app, "app"),
                at=session.created_at,
                key=f"new_login:{session.id}",
                values={"device": name} if name else {},
                link="/account",
                about=session.id,
            )
        ]

    async def _of_relation(self, occasion: Occasion) -> Requests:
        other = await self._documents.get(User, occasion.about, occasion.about)
        at = occasion.at
        if occasion.case == "client_shares":  # of which there is one an hour at most
            at = at.replace(minute=0, second=0, microsecond=0)
        return [
            NotificationRequest(
                owner=occasion.owner,
                type="share_changed",
                case=occasion.case,
                at=at,
                key=f"share_changed:{occasion.case}:{other.id}",
                values={"name": quoted(other.name) or NAMELESS},
                link="/clients" if occasion.case.startswith("client") else "/coaches",
                about=other.id,
            )
        ]

    async def _of_session(self, occasion: Occasion) -> Requests:
        session = await self._documents.get(CoachingSession, occasion.owner, occasion.about)
        user = await self._documents.get(User, occasion.owner, occasion.owner)
        if not _holds(session, occasion.case):
            return []
        return [
            NotificationRequest(
                owner=occasion.owner,
                type=occasion.type,
                case=occasion.case,
                at=occasion.at,
                key=f"{occasion.type}:{occasion.case}:{session.id}:{session.sequence}",
                values=session_values(session, user),
                link=f"/coaching/sessions/{session.id}",
                about=session.id,
            )
        ]

    async def _of_habit(self, occasion: Occasion) -> Requests:
        scope = Scope(user=occasion.owner)
        habit, unlocked = await self._reports.unlocked(scope, occasion.about)
        since = local_date(occasion.at, habit.tz, habit.day_start) - DAY
        return [
            NotificationRequest(
                owner=occasion.owner,
                type="achievement_unlocked",
                case=achievement.type,
                at=habit.created_at,  # so that what is taken back is not unlocked twice
                key=f"achievement_unlocked:{habit.id}:{achievement.type}:{achievement.threshold}",
                values={"habit": habit.name, "count": achievement.threshold},
                link=f"/habits/{habit.id}",
                about=habit.id,
            )
            for achievement in unlocked
            if achievement.unlocked_on is not None and achievement.unlocked_on >= since
        ]

    async def _tell_of_milestones(self, occasion: Occasion) -> None:
        owner, ref = occasion.owner, Ref(Goal, occasion.owner, occasion.about)

        def decide(changes: WriteContext) -> Outcome[None]:
            request = _of_milestones(changes.get(Goal, *ref[1:]), occasion.parts)
            if request is not None:
                notify(changes, request)
            return Outcome(verb="unchanged", document=None)

        await self._commit(owner, (ref,), decide)

    async def _notify(self, owner: str, requests: Requests) -> None:
        def decide(changes: WriteContext) -> Outcome[None]:
            for request in requests:
                notify(changes, request)
            return Outcome(verb="unchanged", document=None)

        if requests:
            reads = (ref for request in requests for ref in request.reads)
            await self._commit(owner, tuple(dict.fromkeys(reads)), decide)

    async def _commit(
        self,
        owner: str,
        reads: tuple[Ref, ...],
        decide: Callable[[WriteContext], Outcome[None]],
    ) -> None:
        await self._committer.commit(Write(scope=Scope(user=owner), reads=reads, decide=decide))


def _holds(session: CoachingSession, case: str) -> bool:
    """Whether *session* still stands as the *case* says: what came after is told by itself."""
    is_ahead = session.status in AHEAD
    return is_ahead if case in ("", "moved") else session.status == case


def _device(session: Session) -> tuple[str, str]:
    """What tells the device of *session* from others: a browser is another one at each login."""
    is_browser = session.device.startswith(BROWSER)
    return session.client, (session.device_name or "") if is_browser else session.device


def _of_milestones(goal: Goal, names: Iterable[str]) -> NotificationRequest | None:
    """The request for those milestones of *goal* that are done; they are one notification."""
    done = {name: goal.milestones[name] for name in names if name in goal.milestones}
    done = {name: milestone for name, milestone in done.items() if milestone.done}
    if not done:
        return None
    first = min(done, key=lambda name: (done[name].place, name))
    return NotificationRequest(
        owner=goal.owner,
        type="goal_milestone",
        at=goal.created_at,  # so that what is taken back is not reached twice
        key=f"goal_milestone:{goal.id}:{first}",
        values={"goal": goal.title, "milestone": done[first].title, "count": len(done)},
        link=f"/goals/{goal.id}",
        about=goal.id,
    )

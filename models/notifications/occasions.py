"""What in the log is an occasion to notify somebody: pure, of one event alone."""

import datetime as dt
from typing import Final

import msgspec

from models.notifications.types import NotificationType
from models.wire.events import feed_owner
from models.wire.frames import Ev

FILLED_IN: Final = dt.timedelta(days=7)  # entries of older days unlock nothing that is told
STALE: Final = dt.timedelta(days=1)  # after which nobody is notified of it any more

# What somebody else does to a relation, by the event in one's own feed, and whether it makes it.
_RELATIONS: Final = {
    ("share.set", True): "coach_joined",
    ("share.deleted", False): "coach_left",
    ("client.set", True): "client_joined",
    ("client.set", False): "client_shares",
    ("client.deleted", False): "client_left",
}
# What the other one does to a session, by what is new in one's own copy.
_SESSION_CASES: Final = {
    "confirmed": "confirmed",
    "declined": "declined",
    "cancelled": "cancelled",
    "completed": "completed",
}
_SHARED: Final = frozenset({"kinds", "hidden"})  # what a share shows


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """An event that somebody may be notified of.

    Attributes
    ----------
    owner
        Whom to notify.
    about
        The document that it is about; of a relation, the other person.
    case
        Which of the texts of its type.
    parts
        What of the document: of a goal, the milestones.

    """

    type: NotificationType
    owner: str
    about: str
    at: dt.datetime
    case: str = ""
    parts: tuple[str, ...] = ()

    def is_stale(self, now: dt.datetime) -> bool:
        """Whether it is too long ago, as in a log that is read anew."""
        return now > self.at + STALE


def occasion_of(event: Ev) -> Occasion | None:
    """The occasion that *event* is, if it is one."""
    owner = feed_owner(event.f)
    if event.type == "session.created":
        return Occasion(type="new_login", owner=owner, about=event.id, at=event.at)
    if event.type == "goal.updated":
        done = _done_milestones(event)
        found = Occasion(
            type="goal_milestone", owner=owner, about=event.id, at=event.at, parts=done
        )
        return found if done else None
    if event.type == "habit.entry.set":
        habit, _, day = event.id.partition("/")
        if dt.date.fromisoformat(day) < event.at.date() - FILLED_IN:
            return None
        return Occasion(type="achievement_unlocked", owner=owner, about=habit, at=event.at)
    if event.by.user in ("", owner):
        return None
    is_session = event.type.startswith("coaching_session.")
    return _of_session(event, owner) if is_session else _of_relation(event, owner)


def _of_relation(event: Ev, owner: str) -> Occasion | None:
    """What somebody else did to a relation of *owner*'s."""
    case = _RELATIONS.get((event.type, event.doc is not None), "")
    if not case or not _shows(event):
        return None
    return Occasion(type="share_changed", owner=owner, about=event.id, at=event.at, case=case)


def _of_session(event: Ev, owner: str) -> Occasion | None:
    """What somebody else did to a session of *owner*'s."""
    patch = event.patch or {}
    if event.doc is not None:
        case = "pending" if event.doc.get("status") == "pending" else ""
        return Occasion(type="session_booked", owner=owner, about=event.id, at=event.at, case=case)
    case = "moved" if "starts_at" in patch else _SESSION_CASES.get(str(patch.get("status")), "")
    if not case:
        return None
    return Occasion(type="session_changed", owner=owner, about=event.id, at=event.at, case=case)


def has_moved(event: Ev) -> bool:
    """Whether *event* says that somebody's account is in another time zone now."""
    return event.type == "user.updated" and "tz" in (event.patch or {})


def moves_the_night(event: Ev) -> bool:
    """Whether *event* says that somebody's quiet hours are others now."""
    if event.type == "notification_preferences.created":
        return True
    return event.type == "notification_preferences.updated" and "quiet_hours" in (event.patch or {})


def _done_milestones(event: Ev) -> tuple[str, ...]:
    """The milestones that were there before *event*, and are done since."""
    changed = (event.patch or {}).get("milestones") or {}
    return tuple(
        name
        for name, fields in changed.items()
        if fields is not None and fields.get("done") is True and "title" not in fields
    )


def _shows(event: Ev) -> bool:
    """Whether *event* changes what is shared, if it changes a relation."""
    return event.patch is None or not _SHARED.isdisjoint(event.patch)

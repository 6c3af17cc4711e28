"""What may become of a session, and by whom: pure functions from both copies to both copies."""

import datetime as dt
from typing import Any, Final, NamedTuple

import msgspec

from models.base.errors import Conflict, Forbidden, invalid_field
from models.scheduling.availability import Availability, SessionType
from models.scheduling.session import (
    CoachingSession,
    CompletionDraft,
    NewSession,
    RatingDraft,
    Role,
    SessionStatus,
    Sides,
)
from models.scheduling.slots import Interval

EARLY: Final = dt.timedelta(minutes=15)  # before its beginning, from which a session can be started
MISSED: Final = dt.timedelta(minutes=15)  # after its beginning, from which somebody is missing

_FROM: Final[dict[SessionStatus, frozenset[SessionStatus]]] = {
    "confirmed": frozenset({"pending"}),
    "declined": frozenset({"pending"}),
    "cancelled": frozenset({"pending", "confirmed"}),
    "in_progress": frozenset({"confirmed"}),
    "completed": frozenset({"confirmed", "in_progress"}),
    "no_show": frozenset({"confirmed"}),
}


class Participant(NamedTuple):
    """One of the two who meet: the user id, and the name as the other one sees it."""

    id: str
    name: str


class SessionTime(NamedTuple):
    """When a session is, and what it takes of its coach's time."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    blocked: Interval


def time_fields(time: SessionTime, availability: Availability) -> dict[str, dt.datetime]:
    """The fields of a session at *time*, by the coach's terms of now."""
    cancel = dt.timedelta(minutes=availability.cancel_notice_minutes)
    move = dt.timedelta(minutes=availability.move_notice_minutes)
    return {
        "starts_at": time.starts_at,
        "ends_at": time.ends_at,
        "blocked_from": time.blocked[0],
        "blocked_to": time.blocked[1],
        "cancel_until": time.starts_at - cancel,
        "move_until": time.starts_at - move,
    }


def booked(
    draft: NewSession,
    availability: Availability,
    session_type: SessionType,
    time: SessionTime,
    people: tuple[Participant, Participant],
    at: dt.datetime,
) -> Sides:
    """The session that a client books; *people* are the coach and the client."""
    mode = draft.mode or session_type.modes[0]
    if mode not in session_type.modes:
        words = f"This session can be had by {', '.join(session_type.modes)}."
        raise invalid_field("/mode", "mode_unknown", words)
    coach, client = people
    fields: dict[str, Any] = {
        "id": draft.id,
        "created_at": at,
        "updated_at": at,
        "type": draft.type,
        "title": session_type.name,
        "mode": mode,
        "status": "pending" if availability.needs_confirmation else "confirmed",
        "topic": draft.topic,
        "place": availability.places.get(mode),
        **time_fields(time, availability),
    }
    return Sides(
        CoachingSession(
            owner=coach.id, role="coach", other=client.id, other_name=client.name, **fields
        ),
        CoachingSession(
            owner=client.id, role="client", other=coach.id, other_name=coach.name, **fields
        ),
    )


def confirmed(sides: Sides, by: Role, at: dt.datetime) -> Sides:
    """The coach takes a booking."""
    _require_coach(by, "confirm")
    _require_status(sides, "confirmed")
    _require_ahead(sides.coach, at)
    return sides.both(at, status="confirmed")


def declined(sides: Sides, by: Role, reason: str | None, at: dt.datetime) -> Sides:
    """The coach does not take a booking."""
    _require_coach(by, "decline")
    _require_status(sides, "declined")
    return sides.both(at, status="declined", ended_by=by, reason=reason)


def cancelled(sides: Sides, by: Role, reason: str | None, at: dt.datetime) -> Sides:
    """One of the two calls a session off: the client up to the moment that was agreed on."""
    _require_status(sides, "cancelled")
    _require_ahead(sides.coach, at)
    session = sides.client
    if by == "client" and session.status == "confirmed" and at > session.cancel_until:
        words = "It is too late to cancel this session: speak with your coach, who can."
        extra = {"until": session.cancel_until}
        raise Conflict("cancel_too_late", words, extra=extra)
    sequence = session.sequence + 1
    return sides.both(at, status="cancelled", ended_by=by, reason=reason, sequence=sequence)


def require_movable(session: CoachingSession, by: Role, at: dt.datetime) -> None:
    """Refuse to move a session that is over, or that its client may move no more."""
    if session.status not in _FROM["cancelled"]:
        raise _wrong_status(session, "moved")
    _require_ahead(session, at)
    if by == "client" and session.status == "confirmed" and at > session.move_until:
        words = "It is too late to move this session: speak with your coach, who can."
        raise Conflict("move_too_late", words, extra={"until": session.move_until})


def moved(
    sides: Sides,
    by: Role,
    time: SessionTime,
    availability: Availability,
    reason: str | None,
    at: dt.datetime,
) -> Sides:
    """One of the two moves a session to another *time*; a client's wish may need confirmation."""
    require_movable(sides.of(sides.coach.coach), by, at)
    waits = by == "client" and availability.needs_confirmation
    return sides.both(
        at,
        **time_fields(time, availability),
        status="pending" if waits else sides.coach.status,
        sequence=sides.coach.sequence + 1,
        reason=reason,
    )


def started(sides: Sides, by: Role, at: dt.datetime) -> Sides:
    """The coach begins a session."""
    _require_coach(by, "start")
    _require_status(sides, "in_progress")
    if at < sides.coach.starts_at - EARLY:
        words = "A session can be started a quarter of an hour before its time, and not earlier."
        raise Conflict("session_ahead", words)
    return sides.both(at, status="in_progress", started_at=at)


def completed(sides: Sides, by: Role, draft: CompletionDraft, at: dt.datetime) -> Sides:
    """The coach ends a session."""
    _require_coach(by, "complete")
    _require_status(sides, "completed")
    _require_begun(sides.coach, at, dt.timedelta())
    return sides.both(
        at,
        status="completed",
        started_at=sides.coach.started_at or sides.coach.starts_at,
        finished_at=at,
        summary=draft.summary,
        next_steps=draft.next_steps,
    )


def missed(sides: Sides, by: Role, at: dt.datetime) -> Sides:
    """One of the two says that the other did not come."""
    _require_status(sides, "no_show")
    _require_begun(sides.coach, at, MISSED)
    return sides.both(at, status="no_show", missing="client" if by == "coach" else "coach")


def rated(sides: Sides, by: Role, draft: RatingDraft, at: dt.datetime) -> Sides:
    """One of the two says how it was; the coach sees what the client says, and not vice versa."""
    if sides.coach.status != "completed":
        raise _wrong_status(sides.coach, "rated")
    said = {"rating": draft.rating, "comment": draft.comment}
    if by == "coach":
        coach = msgspec.structs.replace(sides.coach.advanced(at), **said)
        return Sides(coach, sides.client)
    client = msgspec.structs.replace(sides.client.advanced(at), **said)
    shown = {"client_rating": draft.rating, "client_comment": draft.comment}
    return Sides(msgspec.structs.replace(sides.coach.advanced(at), **shown), client)


def _require_coach(by: Role, verb: str) -> None:
    if by != "coach":
        raise Forbidden("role_other", f"Only the coach can {verb} a session.")


def _require_status(sides: Sides, wanted: SessionStatus) -> None:
    if sides.coach.status not in _FROM[wanted]:
        raise _wrong_status(sides.coach, wanted.replace("_", " "))


def _wrong_status(session: CoachingSession, wanted: str) -> Conflict:
    status = session.status.replace("_", " ")
    words = f"This session is {status}: it cannot be {wanted}."
    return Conflict("session_status", words, extra={"session_status": session.status})


def _require_ahead(session: CoachingSession, at: dt.datetime) -> None:
    if at >= session.starts_at:
        raise Conflict("session_begun", "This session has begun already.")


def _require_begun(session: CoachingSession, at: dt.datetime, by: dt.timedelta) -> None:
    if session.started_at is None and at < session.starts_at + by:
        moment = "has not begun yet" if not by else "began less than 15 minutes ago"
        raise Conflict("session_ahead", f"This session {moment}.")

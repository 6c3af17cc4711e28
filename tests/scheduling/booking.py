"""A coach who can be booked, and clients who do."""

import datetime as dt
from typing import Any, Final

from models.base.clock import utc_now
from models.base.merge_patch import Json
from models.base.time import DAY
from models.scheduling import CoachingSession
from tests.support.people.relations import relate
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

AVAILABILITY: Final = "/v1/coaching/availability"
HOLDS: Final = "/v1/coaching/holds"
SESSIONS: Final = "/v1/coaching/sessions"
ALL_WEEK: Final = [
    {"weekday": weekday, "start": "00:00", "end": "24:00"} for weekday in range(1, 8)
]
TALK: Final = {"name": "A talk", "minutes": 60, "modes": ["video", "audio"]}
OPEN: Final[Json] = {
    "weekly": ALL_WEEK,
    "session_types": {"talk": TALK},
    "places": {"video": "https://meet.example.org/ann"},
    "notice_minutes": 0,
    "cancel_notice_minutes": 0,
    "move_notice_minutes": 0,
    "slot_minutes": 60,
    "tz": "UTC",
}


def session_at(starts_at: dt.datetime, **fields: Any) -> CoachingSession:
    """A client's copy of a session of an hour."""
    ends_at = starts_at + dt.timedelta(hours=1)
    usual: dict[str, Any] = {
        "id": "cse_1",
        "owner": "usr_1",
        "created_at": starts_at - 9 * DAY,
        "updated_at": starts_at - 9 * DAY,
        "role": "client",
        "other": "usr_2",
        "other_name": "Ann",
        "type": "talk",
        "title": "A talk",
        "mode": "video",
        "starts_at": starts_at,
        "ends_at": ends_at,
        "blocked_from": starts_at,
        "blocked_to": ends_at,
        "cancel_until": starts_at,
        "move_until": starts_at,
        "status": "confirmed",
    }
    return CoachingSession(**usual | fields)


def tomorrow(hour: int, minute: int = 0, days: int = 1) -> dt.datetime:
    """A moment of tomorrow, or of a later day, in UTC."""
    day = utc_now().date() + days * DAY
    return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC)


async def coach_of(server: Server, *clients: RestClient, **terms: Any) -> tuple[RestClient, str]:
    """A coach of *clients* who can be booked at each full hour, and their user id."""
    coach = await server.person()
    coach_id = (await coach.call("GET", "/v1/me")).body["id"]
    await done(coach.call("PATCH", AVAILABILITY, OPEN | terms))
    for client in clients:
        await relate(client, coach)
    return coach, str(coach_id)


async def book(person: RestClient, coach: str, at: dt.datetime, **more: Any) -> Response:
    """What *person* is answered who books *coach* for a talk."""
    body = {"coach": coach, "type": "talk", "starts_at": at.isoformat(), **more}
    return await person.call("POST", SESSIONS, body)


async def step(person: RestClient, session: str, verb: str, body: Any = None) -> Response:
    """What *person* is answered who brings a session further."""
    method = "PUT" if verb == "rating" else "POST"
    return await person.call(method, f"{SESSIONS}/{session}/{verb}", body)


async def starts(
    person: RestClient, coach: str, first: dt.datetime, last: dt.datetime, **more: str
) -> list[str]:
    """The times between two at which *person* can book *coach*."""
    items = await slots(person, coach, first, last, **more)
    return [item["starts_at"] for item in items]


async def slots(
    person: RestClient, coach: str, first: dt.datetime, last: dt.datetime, **more: str
) -> list[Json]:
    """The items of the list of times."""
    span = {"from": f"{first:%Y-%m-%dT%H:%M:%SZ}", "to": f"{last:%Y-%m-%dT%H:%M:%SZ}"}
    query = "&".join(f"{name}={value}" for name, value in ({"type": "talk"} | span | more).items())
    answer = await done(person.call("GET", f"/v1/coaches/{coach}/slots?{query}"))
    items: list[Json] = answer.body["items"]
    return items

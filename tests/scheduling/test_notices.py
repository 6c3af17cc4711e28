"""Both who take part in a session are told of it: when it is booked or changes, and before."""

import dataclasses
import datetime as dt

import pytest

from config.settings import ProcessRole, Settings
from models.base.clock import utc_now
from models.notifications.delivery import nights
from models.notifications.preferences import QuietHours
from models.scheduling import reminders_of
from tests.notifications.devices import carried_of, phone, registered
from tests.notifications.evening import Evening, types
from tests.notifications.writing import PREFERENCES, heard
from tests.scheduling.booking import book, coach_of, session_at, step, tomorrow
from tests.support.people.chaos import until
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.client import SyncDevice

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
BOTH: frozenset[ProcessRole] = frozenset({"web", "schedule"})


def night_of(start: str, end: str) -> QuietHours:
    return QuietHours(start=start, end=end)


async def test_the_other_one_is_told_what_one_does(settings: Settings) -> None:
    async with serving(dataclasses.replace(settings, roles=BOTH)) as server:
        client = await server.person()
        coach, coach_id = await coach_of(server, client, needs_confirmation=True)
        day = f"{tomorrow(12):%B} {tomorrow(12).day}, {tomorrow(12).year}"
        async with (
            SyncDevice([server.url], coach.token) as theirs,
            SyncDevice([server.url], client.token) as ours,
        ):
            session = (await done(book(client, coach_id, tomorrow(12)))).body["id"]
            asked = await heard(theirs, "New booking request", "You have a new client")
            await done(step(coach, session, "confirm"))
            await heard(ours, "Session confirmed")
            await done(step(coach, session, "move", {"starts_at": tomorrow(15).isoformat()}))
            moved = await heard(ours, "Session confirmed", "Session moved")
            await done(step(client, session, "cancel", {}))
            await heard(theirs, "New booking request", "Session cancelled", "You have a new client")

        assert asked[0]["body"] == (
            f"“Test Person” would like a session: {day}, 12:00\u202fPM. Please confirm or decline."
        )
        assert moved[1]["body"] == f"Your session with “Test Person” is now on {day}, 3:00\u202fPM."
        assert moved[1]["link"] == f"/coaching/sessions/{session}"


async def test_a_session_reminds_both_a_day_and_an_hour_before(settings: Settings) -> None:
    async with serving(settings) as server:
        client = await server.person()
        coach, coach_id = await coach_of(server, client)
        at = tomorrow(12, days=4)
        session = (await done(book(client, coach_id, at))).body["id"]
        evening = Evening(server, client)

        told = [await evening.at(at - before + MINUTE) for before in (30 * HOUR, 24 * HOUR)]
        await done(step(coach, session, "move", {"starts_at": (at + HOUR).isoformat()}))
        told += [
            await evening.at(at + HOUR - before + MINUTE)
            for before in (26 * HOUR, 24 * HOUR, 3 * HOUR, HOUR, -HOUR)
        ]

        assert [types(items).count("session_reminder") for items in told] == [0, 1, 1, 2, 2, 3, 3]
        theirs = (await done(coach.call("GET", "/v1/notifications"))).body["items"]
        assert types(theirs).count("session_reminder") == 3


async def test_what_the_night_would_hold_back_too_long_comes_before_it(settings: Settings) -> None:
    async with serving(dataclasses.replace(settings, roles=BOTH)) as server:
        client, carried = await server.person(), carried_of(server)
        _, coach_id = await coach_of(server, client)
        await registered(client, phone("token-of-the-phone"))
        hour = utc_now().replace(minute=0, second=0, microsecond=0)  # it is day for eight hours
        quiet = {
            "on": True,
            "start": f"{hour + 8 * HOUR:%H:%M}",
            "end": f"{hour + 16 * HOUR:%H:%M}",
        }
        await done(client.call("PATCH", PREFERENCES, {"quiet_hours": quiet}))
        at = hour + dt.timedelta(days=4, hours=14)
        await done(book(client, coach_id, at))
        evening = Evening(server, client)

        await evening.at(at - 24 * HOUR + MINUTE)
        await until(lambda: len(carried.pushes) == 1)
        moments = (at - 6 * HOUR - 2 * MINUTE, at - 6 * HOUR, at - HOUR, at)
        told = [types(await evening.at(now + MINUTE / 2)) for now in moments]
        await until(lambda: len(carried.pushes) >= 2)

        assert [types_then.count("session_reminder") for types_then in told] == [1, 2, 2, 2]
        assert len(carried.pushes) == 2


@pytest.mark.parametrize(
    ("starts", "quiet", "expected"),
    [
        ("12:00", ("21:30", "08:00"), ["04 12:00", "05 11:00"]),
        ("08:00", ("21:30", "08:00"), ["04 08:00", "04 21:29"]),
        ("08:30", ("21:30", "08:00"), ["04 08:30", "05 07:30"]),  # held back until eight
        ("07:00", ("21:30", "08:00"), ["04 07:00", "04 21:29"]),
        ("22:00", ("21:30", "08:00"), ["04 22:00", "05 21:00"]),
        ("22:45", ("21:30", "08:00"), ["04 22:45", "05 21:29"]),
        ("12:00", ("12:30", "12:00"), ["04 12:00", "04 12:29"]),
    ],
)
def test_reminders_fit_into_the_day(
    starts: str, quiet: tuple[str, str], expected: list[str]
) -> None:
    at = dt.datetime.fromisoformat(f"2026-06-05T{starts}:00Z")
    session = session_at(at)

    found = reminders_of(session, list(nights(night_of(*quiet), at, "UTC")))

    assert [f"{reminder.at:%d %H:%M}" for reminder in found] == expected

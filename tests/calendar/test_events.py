"""Events over HTTP: once, recurring, and changed one by one."""

import datetime as dt

import pytest

from config.settings import Settings
from models.base.time import DAY
from models.calendar import CalendarEvent, NewCalendarEvent
from models.calendar import occurrences as occurrences_of
from tests.calendar.writing import EVENTS, event, made, occurrences, times
from tests.support.laws.context import NOON
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import SyncDevice

DAILY = {"rule": "FREQ=DAILY;COUNT=5"}
MARCH = ("2026-03-01", "2026-04-01")
WEEK = [
    "2026-03-02T18:00",
    "2026-03-03T18:00",
    "2026-03-04T18:00",
    "2026-03-05T18:00",
    "2026-03-06T18:00",
]


async def test_an_event_is_at_the_time_of_its_zone(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        swim = await made(person)

        [one] = await occurrences(person, swim["id"], *MARCH)

        assert (one["starts_at"], one["ends_at"]) == (
            "2026-03-02T17:00:00Z",
            "2026-03-02T18:00:00Z",
        )
        assert one["busy"]
        moved = await write(
            person, "PATCH", f"{EVENTS}/{swim['id']}", {"tz": "Asia/Kathmandu"}, swim["version"]
        )
        assert (moved.body["sequence"], swim["sequence"]) == (1, 0)
        [one] = await occurrences(person, swim["id"], *MARCH)
        assert one["starts_at"] == "2026-03-02T12:15:00Z"
        renamed = await write(person, "PATCH", f"{EVENTS}/{swim['id']}", {"title": "Run"}, 2)
        assert renamed.body["sequence"] == 1


async def test_whole_days_and_floating_times_follow_the_viewer(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        whole = await made(person, all_day=True, starts="2026-03-02", ends="2026-03-03")
        floating = await made(person, floating=True)

        for tz, day, evening in (
            ("Pacific/Apia", "2026-03-01T11:00:00Z", "2026-03-02T05:00:00Z"),
            ("America/New_York", "2026-03-02T05:00:00Z", "2026-03-02T23:00:00Z"),
        ):
            [days] = await occurrences(person, whole["id"], *MARCH, tz)
            [one] = await occurrences(person, floating["id"], *MARCH, tz)
            assert (days["starts_at"], one["starts_at"]) == (day, evening)
            assert (days["starts"], days["ends"], days["busy"]) == (
                "2026-03-02",
                "2026-03-03",
                False,
            )


async def test_a_series_has_the_dates_of_its_rule_and_those_beside_it(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        series = await made(
            person,
            rule="FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260311T170000Z",
            extra_dates=["2026-03-14T10:00"],
            excluded_dates=["2026-03-04T18:00"],
        )

        assert await times(person, series["id"], *MARCH) == [
            "2026-03-02T18:00",
            "2026-03-09T18:00",
            "2026-03-11T18:00",  # at 17:00 UTC sharp
            "2026-03-14T10:00",
        ]


async def test_one_occurrence_is_changed_moved_and_left_out(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        series = (await made(person, **DAILY))["id"]
        path = f"{EVENTS}/{series}/occurrences"

        await done(person.call("PATCH", f"{path}/{WEEK[1]}", {"title": "Dive"}))
        moved = {"starts": "2026-03-20T08:00", "busy": False}
        await done(person.call("PATCH", f"{path}/{WEEK[2]}", moved))
        await done(person.call("DELETE", f"{path}/{WEEK[3]}"))

        found = await occurrences(person, series, *MARCH)
        assert [(one["starts"], one["title"], one["busy"]) for one in found] == [
            (WEEK[0], "Swim", True),
            (WEEK[1], "Dive", True),
            (WEEK[4], "Swim", True),
            ("2026-03-20T08:00", "Swim", False),
        ]
        assert found[-1]["occurrence"] == WEEK[2]
        assert found[-1]["ends"] == "2026-03-20T09:00"
        assert await times(person, series, "2026-03-20", "2026-03-21") == ["2026-03-20T08:00"]
        gone = await person.call("PATCH", f"{path}/{WEEK[3]}", {"title": "Rest"})
        never = await person.call("DELETE", f"{path}/2026-03-02T18:30")
        assert [(one.status, one.body["code"]) for one in (gone, never)] == [
            (404, "occurrence_unknown")
        ] * 2


async def test_from_one_on_a_series_goes_on_as_another(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        series = (await made(person, **DAILY))["id"]
        path = f"{EVENTS}/{series}/occurrences"
        await done(person.call("PATCH", f"{path}/{WEEK[4]}", {"title": "Race"}))
        following = f"{path}/{WEEK[2]}?scope=following"

        after = await done(person.call("PATCH", following, {"starts": "2026-03-04T20:00"}))

        assert await times(person, series, *MARCH) == WEEK[:2]
        found = await occurrences(person, after.body["id"], *MARCH)
        assert [(one["starts"], one["title"]) for one in found] == [
            ("2026-03-04T20:00", "Swim"),
            ("2026-03-05T20:00", "Swim"),
            ("2026-03-06T20:00", "Race"),
        ]
        assert (await person.call("PATCH", following, {"title": "Again"})).status == 404
        listed = (await person.call("GET", EVENTS)).body["items"]
        assert [one["id"] for one in listed] == [series, after.body["id"]]
        ended = f"{EVENTS}/{after.body['id']}/occurrences/2026-03-05T20:00?scope=following"
        await done(person.call("DELETE", ended))
        assert await times(person, after.body["id"], *MARCH) == ["2026-03-04T20:00"]
        first = f"{path}/{WEEK[0]}?scope=following"
        whole = await done(person.call("PATCH", first, {"title": "Bathe"}))
        assert (whole.body["id"], whole.body["title"]) == (series, "Bathe")
        refused = await person.call("DELETE", first)
        assert (refused.status, refused.body["code"]) == (409, "occurrence_first")


# Of a daily event from half past one to a quarter to four: when it begins and ends on a night in
# which clocks change, and how long it lasts.
NIGHTS = [
    ("Europe/Berlin", "2026-03-29", ("00:30", "01:45"), 75),
    ("Europe/Berlin", "2026-10-25", ("23:30", "02:45"), 195),
    ("America/New_York", "2026-03-08", ("06:30", "07:45"), 75),
    ("Australia/Lord_Howe", "2026-04-05", ("14:30", "17:15"), 165),
    ("Africa/Casablanca", "2026-02-15", ("00:30", "03:45"), 195),
    ("Asia/Kathmandu", "2026-03-29", ("19:45", "22:00"), 135),
    ("Africa/Cairo", "2026-04-24", ("22:30", "00:45"), 135),
    ("Asia/Tehran", "2026-03-22", ("22:00", "00:15"), 135),
]


@pytest.mark.parametrize(("tz", "day", "times_of_day", "minutes"), NIGHTS)
def test_a_night_in_which_clocks_change(
    tz: str, day: str, times_of_day: tuple[str, str], minutes: int
) -> None:
    draft = NewCalendarEvent(
        title="Watch",
        starts="2026-01-01T01:30",
        ends="2026-01-01T03:45",
        tz=tz,
        rule="FREQ=DAILY",
    )
    watch = CalendarEvent.drafted(draft, owner="usr_1", at=NOON)
    around = dt.datetime.fromisoformat(f"{day}T00:00:00Z")

    [one] = [
        found
        for found in occurrences_of(watch, around - DAY, around + 2 * DAY, "UTC")
        if found.occurrence == f"{day}T01:30"
    ]

    assert (f"{one.starts_at:%H:%M}", f"{one.ends_at:%H:%M}") == times_of_day
    assert (one.ends_at - one.starts_at) // dt.timedelta(minutes=1) == minutes


def test_a_date_that_was_skipped_has_no_occurrence() -> None:
    draft = NewCalendarEvent(
        title="Watch",
        starts="2011-12-28T09:00",
        ends="2011-12-28T10:00",
        tz="Pacific/Apia",
        rule="FREQ=DAILY;COUNT=4",
    )
    watch = CalendarEvent.drafted(draft, owner="usr_1", at=NOON)

    found = occurrences_of(watch, NOON - 6_000 * DAY, NOON, "UTC")

    assert [one.starts[:10] for one in found] == ["2011-12-28", "2011-12-29", "2011-12-31"]


async def test_an_event_is_pushed_live(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            swim = await made(person, **DAILY)
            await done(person.call("DELETE", f"{EVENTS}/{swim['id']}/occurrences/{WEEK[1]}"))

            await phone.until(
                lambda device: (
                    device.documents.get("calendar_event", {})
                    .get(swim["id"], {})
                    .get("excluded_dates")
                    == [WEEK[1]]
                )
            )


async def test_a_stale_version_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        series = (await made(person, **DAILY))["id"]
        path = f"{EVENTS}/{series}/occurrences/{WEEK[1]}"
        await done(person.call("PATCH", path, {"title": "Dive"}, headers={"If-Match": '"v1"'}))

        stale = await person.call("DELETE", path, headers={"If-Match": '"v1"'})
        unnamed = await person.call("PATCH", f"{EVENTS}/{series}", {"title": "Run"})

        assert (stale.status, unnamed.status) == (412, 428)
        assert (await person.call("POST", EVENTS, event(id=series))).status == 409

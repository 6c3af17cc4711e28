"""A tick of Habitica counts for the day that its owner was asked about."""

import datetime as dt
from typing import Any

import pytest

from tests.imports.exports import NOW
from upcoach.services.imports.planning.plan import EntryItem
from upcoach.services.imports.readers import habitica

DONE, DUE = {"completed": True}, {"completed": False, "isDue": True}


def states(
    runs: list[str], points: list[tuple[str, dict[str, bool]]], *, tz: str = "UTC", start: int = 0
) -> dict[str, str]:
    """The states by day that become of a daily with *points*, for who has had *runs*."""
    daily = {
        "_id": "d",
        "text": "Read",
        "createdAt": "2025-02-01T08:00:00.000Z",
        "history": [{"date": _ms(at), "value": 1, **what} for at, what in points],
    }
    game: dict[str, Any] = {
        "tasks": {"dailys": [daily]},
        "preferences": {"dayStart": start},
        "history": {"exp": [{"date": f"2025-{at}:00.000Z", "value": 6} for at in runs]},
    }
    plan = habitica.read(game, owner="usr_1", tz=tz, now=NOW)
    days = [item.parts() for item in plan.items if isinstance(item, EntryItem)]
    return {str(day): draft.state for _, day, draft in days}


def _ms(at: str) -> int:
    return int(dt.datetime.fromisoformat(f"2025-{at}:00+00:00").timestamp() * 1000)


RUNS = ["03-01T08:00", "03-02T08:00", "03-03T08:00"]


@pytest.mark.parametrize(
    ("runs", "ticks", "days"),
    [
        pytest.param(RUNS, ["03-02T07:59", "03-02T20:00"], ["03-01", "03-02"], id="both days"),
        pytest.param(RUNS, ["03-02T08:00"], ["03-02"], id="as the day begins"),
        pytest.param([], ["03-02T07:59"], ["03-02"], id="nothing is known of runs"),
        pytest.param(RUNS, ["03-04T07:59"], ["03-04"], id="the last day has not begun"),
        pytest.param(RUNS[:1], ["03-02T07:59"], ["03-02"], id="no run on that day"),
        pytest.param(["03-01T08:00", "03-05T08:00"], ["03-05T07:59"], ["03-04"], id="days away"),
    ],
)
def test_what_is_ticked_before_the_days_run_is_about_yesterday(
    runs: list[str], ticks: list[str], days: list[str]
) -> None:
    seen = states(runs, [(tick, DONE) for tick in ticks])

    assert seen == {f"2025-{day}": "done" for day in days}


def test_the_day_begins_at_the_owners_hour_in_their_zone() -> None:
    # 04:30 in Berlin, where the day begins at 5: the run of 06:00 begins the 2nd.
    runs = ["03-01T05:00", "03-02T05:00"]

    seen = states(
        runs,
        [("03-01T23:30", DONE), ("03-02T04:30", DONE), ("03-02T05:30", DONE)],
        tz="Europe/Berlin",
        start=5,
    )

    assert seen == {"2025-03-01": "done", "2025-03-02": "done"}


def test_a_run_is_known_by_what_it_missed_too() -> None:
    seen = states([], [("03-01T08:00", DUE), ("03-02T07:59", DONE), ("03-02T08:00", DUE)])

    assert seen == {"2025-02-28": "missed", "2025-03-01": "done"}


def test_what_was_missed_was_due_on_the_day_that_the_run_before_began() -> None:
    seen = states(["03-01T08:00", "03-05T08:00"], [("03-01T08:00", DUE), ("03-05T08:00", DUE)])

    assert seen == {"2025-02-28": "missed", "2025-03-01": "missed"}


def test_a_run_of_another_month_does_not_tell_what_was_missed() -> None:
    seen = states(["02-10T08:00", "03-05T08:00"], [("03-02T08:00", DONE), ("03-05T08:00", DUE)])

    assert seen == {"2025-03-02": "done", "2025-03-04": "missed"}

"""Time zones: those of the IANA database, by the same rules on every machine."""

import datetime as dt
import zoneinfo
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import time
from models.base.errors import Invalid
from models.habits import Habit, HabitDraft
from models.learners import HabitOdds
from tests.learners.events import ADA, created, noon

DAY = dt.date(2026, 1, 5)
OF_ONE_MACHINE = ("localtime", "posixrules", "right/UTC", "posix/Europe/Berlin")


@pytest.fixture
def no_zones_of_the_machine() -> Iterator[None]:
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(before)


@pytest.mark.parametrize("tz", OF_ONE_MACHINE)
def test_a_zone_that_one_machine_knows_is_refused(tz: str) -> None:
    with pytest.raises(Invalid):
        time.check_zone(tz)
    with pytest.raises(Invalid):
        HabitDraft(name="Run", tz=tz)


@pytest.mark.usefixtures("no_zones_of_the_machine")
@pytest.mark.parametrize("tz", OF_ONE_MACHINE)
def test_what_was_stored_with_it_is_read_everywhere(tz: str) -> None:
    at = noon(DAY)
    habit = Habit(id="h", owner="u", name="Run", created_at=at, updated_at=at, starts_on=DAY, tz=tz)
    odds = HabitOdds()
    odds.apply(created(ADA, "run", DAY, tz=tz))
    odds.tick(noon(DAY + 3 * time.DAY))

    assert habit.tz == tz
    assert [told.labels for told in odds.drain()] == [3]
    assert odds.failures == []


@given(st.text(max_size=70) | st.sampled_from(("../UTC", "posix/../UTC", "/etc/passwd", "right/")))
def test_any_name_that_was_ever_stored_has_days(name: str) -> None:
    assert time.local_date(noon(DAY), name) == DAY


@pytest.mark.parametrize("tz", ["Europe/Berlin", "America/New_York", "Pacific/Apia"])
def test_its_rules_are_those_of_the_standard_library(tz: str) -> None:
    moments = [noon(dt.date(year, month, 1)) for year in range(1990, 2030) for month in (1, 7)]

    offsets = [at.astimezone(time.zone_of(tz)).utcoffset() for at in moments]

    assert offsets == [at.astimezone(zoneinfo.ZoneInfo(tz)).utcoffset() for at in moments]

import datetime as dt

import pytest

from models.habits.measures import Amount
from tests.learners.events import ADA, corrected, entered, event, noon, withdrawn
from tests.learners.one_habit import MONDAY, counts, day, forecast, running


def test_a_day_without_an_entry_is_a_missed_one_three_hours_after_it() -> None:
    odds = running(tz="Europe/Berlin")

    odds.tick(dt.datetime(2026, 1, 6, 1, 59, tzinfo=dt.UTC))
    before = counts(odds)
    odds.tick(dt.datetime(2026, 1, 6, 2, 0, tzinfo=dt.UTC))

    assert before == (0, 0)
    assert counts(odds) == (1, 0)
    assert odds.next_tick() == dt.datetime(2026, 1, 7, 2, 0, tzinfo=dt.UTC)


def test_a_tick_closes_no_more_days_than_it_may() -> None:
    odds = running()

    odds.tick(noon(day(10)), limit=2)

    assert counts(odds) == (2, 0)
    assert odds.next_tick() == dt.datetime(2026, 1, 8, 3, tzinfo=dt.UTC)


def test_a_done_day_is_learned_at_once_and_only_once() -> None:
    odds = running()

    odds.apply(entered(ADA, "run", MONDAY))
    at_once = counts(odds)
    odds.apply(entered(ADA, "run", MONDAY, achieved=False, at=noon(MONDAY)))
    odds.apply(withdrawn(ADA, "run", MONDAY, at=noon(MONDAY)))
    odds.tick(noon(day(1)))

    assert at_once == (1, 1)
    assert counts(odds) == (1, 1)


def test_an_entry_for_a_learned_day_changes_nothing_at_all() -> None:
    odds = running()
    odds.tick(noon(day(3)))
    before = odds.to_state()

    odds.apply(entered(ADA, "run", day(1), at=noon(day(3))))
    odds.apply(withdrawn(ADA, "run", day(1), at=noon(day(3))))

    assert odds.to_state() == before


def test_a_ceiling_can_be_broken_until_the_day_closes() -> None:
    odds = running(measure=Amount(2.0, "cups", at_most=True))

    odds.apply(entered(ADA, "run", MONDAY))
    early = counts(odds)
    odds.apply(corrected(ADA, "run", MONDAY, noon(MONDAY), value=3.0, achieved=False))
    odds.tick(noon(day(1)))

    assert early == (0, 0)
    assert counts(odds) == (1, 0)


def test_a_patch_that_does_not_speak_of_it_leaves_the_day_as_it_is() -> None:
    odds = running(measure=Amount(2.0, "cups", at_most=True))
    odds.apply(entered(ADA, "run", MONDAY))

    odds.apply(corrected(ADA, "run", MONDAY, noon(MONDAY), value=1.0))
    odds.tick(noon(day(1)))

    assert counts(odds) == (1, 1)


def test_a_withdrawn_entry_leaves_a_missed_day() -> None:
    odds = running(measure=Amount(2.0, "cups", at_most=True))
    odds.apply(entered(ADA, "run", MONDAY))

    odds.apply(withdrawn(ADA, "run", MONDAY, at=noon(MONDAY)))
    odds.tick(noon(day(1)))

    assert counts(odds) == (1, 0)


def test_a_skipped_day_is_no_label_and_leaves_the_history_as_it_was() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", MONDAY))
    before = odds._habit_states["run"].history.streak, odds._habit_states["run"].history.recent_done

    odds.apply(entered(ADA, "run", day(1), achieved=None))
    odds.tick(noon(day(2)))

    assert counts(odds) == (1, 1)
    assert (
        odds._habit_states["run"].history.streak,
        odds._habit_states["run"].history.recent_done,
    ) == before
    assert forecast(odds).day == day(2)


def test_a_skip_may_still_become_a_done_day() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", MONDAY, achieved=None))

    odds.apply(corrected(ADA, "run", MONDAY, noon(MONDAY), state="done", achieved=True))

    assert counts(odds) == (1, 1)


def test_a_holiday_skipped_ahead_is_not_lost() -> None:
    odds = running()

    for number in (2, 3):
        odds.apply(entered(ADA, "run", day(number), achieved=None, at=noon(MONDAY)))
    before = counts(odds)
    odds.tick(noon(day(5)))

    assert before == (0, 0)
    assert counts(odds) == (3, 0)  # days 0, 1 and 4


def test_an_entry_after_midnight_leaves_yesterday_its_grace() -> None:
    odds = running()
    late = dt.datetime(2026, 1, 6, 1, tzinfo=dt.UTC)

    odds.apply(entered(ADA, "run", day(1), at=late))
    waiting = counts(odds)
    odds.apply(entered(ADA, "run", MONDAY, at=late))

    assert waiting == (0, 0)
    assert counts(odds) == (2, 2)


def test_a_history_is_learned_day_by_day_when_it_is_imported() -> None:
    odds = running(at=noon(day(100)))

    for number in (0, 1, 4, 9):
        odds.apply(entered(ADA, "run", day(number), at=noon(day(100))))

    assert counts(odds) == (10, 4)
    assert odds._habit_states["run"].history.recent_done == (2, 7)


def test_no_day_before_its_creation_counts_without_an_entry() -> None:
    odds = running(at=noon(day(1000)))

    odds.tick(noon(day(1001)))

    assert counts(odds) == (1, 0)


def test_the_clock_does_not_overtake_an_import() -> None:
    odds = running(at=noon(day(10)))
    odds.apply(entered(ADA, "run", MONDAY, at=noon(day(10))))

    odds.tick(noon(day(10)) + dt.timedelta(hours=1))
    odds.apply(entered(ADA, "run", day(5), at=noon(day(10))))
    odds.apply(entered(ADA, "run", day(9), at=noon(day(10))))
    imported = counts(odds)
    odds.tick(noon(day(11)))

    assert imported == (10, 3)
    assert counts(odds) == (11, 3)


def test_an_entry_earlier_than_the_first_to_arrive_comes_too_late() -> None:
    odds = running(at=noon(day(10)))
    odds.apply(entered(ADA, "run", day(5), at=noon(day(10))))

    odds.apply(entered(ADA, "run", day(3), at=noon(day(10))))

    assert counts(odds) == (1, 1)


@pytest.mark.parametrize("date", ["1969-12-31", "2027-01-08", "9999-12-31"])
def test_an_entry_out_of_all_time_is_ignored(date: str) -> None:
    odds = running()
    before = odds.to_state()

    odds.apply(entered(ADA, "run", dt.date.fromisoformat(date), at=noon(MONDAY)))

    assert odds.to_state() == before


def test_it_keeps_neither_names_nor_notes() -> None:
    odds = running(name="a secret name", question="a secret question")
    odds.apply(corrected(ADA, "run", MONDAY, noon(MONDAY), note="a secret note", achieved=False))

    assert b"secret" not in odds.to_state()


@pytest.mark.parametrize("id_", ["run", "run/", "run/yesterday"])
def test_an_entry_without_a_date_is_refused_and_changes_nothing(id_: str) -> None:
    odds = running()
    before = odds.to_state()

    with pytest.raises(ValueError, match="isoformat"):
        odds.apply(event(ADA, "habit.entry.set", id_, noon(MONDAY), doc={"achieved": True}))

    assert odds.to_state() == before

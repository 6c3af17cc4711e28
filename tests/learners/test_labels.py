import datetime as dt

import pytest

from models.habits.measures import Amount
from tests.learners.events import ADA, corrected, entered, event, noon, withdrawn
from tests.learners.one_habit import MONDAY, counts, day, forecast, known, learned, running


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
    assert odds.next_tick() == dt.datetime(2026, 1, 7, 9, tzinfo=dt.UTC)  # Monday is learned


def test_a_done_day_counts_at_once_and_may_be_taken_back() -> None:
    odds = running()

    odds.apply(entered(ADA, "run", MONDAY))
    at_once, tomorrow = counts(odds), odds._habit_states[ADA, "run"].next
    odds.apply(withdrawn(ADA, "run", MONDAY, at=noon(MONDAY)))
    taken_back, today = counts(odds), odds._habit_states[ADA, "run"].next
    odds.tick(noon(day(1)))

    assert (at_once, taken_back, counts(odds)) == ((1, 1), (0, 0), (1, 0))
    assert tomorrow is not None
    assert today is not None
    assert (tomorrow.day, today.day) == (day(1), MONDAY)


def test_a_day_is_learned_33_hours_after_its_end_and_only_once() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", MONDAY))

    odds.tick(dt.datetime(2026, 1, 7, 8, 59, tzinfo=dt.UTC))
    before = learned(odds)
    odds.tick(dt.datetime(2026, 1, 7, 9, 0, tzinfo=dt.UTC))
    odds.apply(entered(ADA, "run", MONDAY, achieved=False, at=noon(day(2))))
    odds.tick(noon(day(2)))

    assert (before, learned(odds)) == (0, 1)
    assert odds._population.tally.done == 1.0


def test_yesterday_may_be_written_down_at_breakfast() -> None:
    odds, on_time = running(), running()
    on_time.apply(entered(ADA, "run", MONDAY))

    odds.tick(dt.datetime(2026, 1, 6, 7, tzinfo=dt.UTC))
    unwritten = counts(odds)
    odds.apply(entered(ADA, "run", MONDAY, at=dt.datetime(2026, 1, 6, 8, tzinfo=dt.UTC)))
    for each in (odds, on_time):
        each.tick(noon(day(3)))

    assert unwritten == (1, 0)
    assert counts(odds) == counts(on_time) == (3, 1)
    assert odds.scores() == on_time.scores()
    assert known(odds).fast.done == pytest.approx(known(on_time).fast.done)


def test_an_entry_for_a_learned_day_corrects_its_counts_and_is_not_learned() -> None:
    odds, on_time = running(), running()
    on_time.apply(entered(ADA, "run", day(1), at=noon(day(1))))
    for each in (odds, on_time):
        each.tick(noon(day(5)))
    before = odds.scores(), odds._population.model.to_state()

    odds.apply(entered(ADA, "run", day(1), at=noon(day(5))))

    assert counts(odds) == counts(on_time) == (5, 1)
    assert known(odds).slow.done == pytest.approx(known(on_time).slow.done)
    assert known(odds).last_done == known(on_time).last_done == day(1)
    assert (odds.scores(), odds._population.model.to_state()) == before


def test_a_correction_of_a_learned_day_is_taken_back_exactly() -> None:
    odds = running()
    odds.tick(noon(day(5)))
    before = known(odds).copy()

    odds.apply(entered(ADA, "run", day(1), at=noon(day(5))))
    odds.apply(withdrawn(ADA, "run", day(1), at=noon(day(5))))

    assert known(odds) == before


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
    before = known(odds).streak, list(known(odds).remembered())

    odds.apply(entered(ADA, "run", day(1), achieved=None))
    odds.tick(noon(day(2)))

    assert counts(odds) == (1, 1)
    assert (known(odds).streak, list(known(odds).remembered())) == before
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

    assert counts(odds) == (10, 4)  # none since: nobody could write them down
    done = [done for _, done in known(odds).remembered()]
    assert done == [True, False, False, False, False, True, False, False, True, True]


def test_no_day_before_its_creation_counts_without_an_entry() -> None:
    odds = running(at=noon(day(1000)))

    odds.tick(noon(day(1001)))

    assert counts(odds) == (1, 0)


def test_the_day_of_which_it_speaks_is_not_over() -> None:
    odds = running(at=noon(day(10)))
    for number in (3, 4, 5):
        odds.apply(entered(ADA, "run", day(number), at=noon(day(10))))

    assert forecast(odds).day == day(10)


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


def test_a_history_may_be_brought_along_until_the_day_of_the_creation_is_learned() -> None:
    odds = running(at=noon(day(10)))
    odds.apply(entered(ADA, "run", day(5), at=noon(day(10))))
    counted = counts(odds)

    odds.apply(entered(ADA, "run", day(3), at=noon(day(10))))
    earlier = counts(odds)
    odds.tick(noon(day(12)))
    odds.apply(entered(ADA, "run", day(1), at=noon(day(12))))

    assert (counted, earlier) == ((1, 1), (3, 2))
    assert learned(odds) == 3  # the fourth, the fifth, and that of the creation
    assert counts(odds) == (5, 2)  # the first was not asked for


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

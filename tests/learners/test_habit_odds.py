import datetime as dt

import pytest

from models.documents.habit import Amount, Rate, Weekdays
from models.learners import Forecast, HabitOdds
from models.learners.track import PATIENCE
from tests.learners.events import ADA, corrected, created, entered, event, noon, updated, withdrawn

DAY = dt.timedelta(days=1)
MONDAY = dt.date(2026, 1, 5)


def day(number: int) -> dt.date:
    """The day that many days after the first, a Monday."""
    return MONDAY + number * DAY


def counts(odds: HabitOdds, habit: str = "run") -> tuple[int, int]:
    """How many days of a habit were learned, and how many of them were done."""
    history = odds._tracks[habit].history
    return history.labels, history.done


def running(**more: object) -> HabitOdds:
    odds = HabitOdds()
    odds.apply(created(ADA, "run", MONDAY, **more))  # type: ignore[arg-type]
    return odds


def forecast(odds: HabitOdds) -> Forecast:
    (newest,) = odds.drain()
    return newest


def test_a_day_without_an_entry_is_a_missed_one_three_hours_after_it() -> None:
    odds = running(tz="Europe/Berlin")

    odds.tick(dt.datetime(2026, 1, 6, 1, 59, tzinfo=dt.UTC))
    before = counts(odds)
    odds.tick(dt.datetime(2026, 1, 6, 2, 0, tzinfo=dt.UTC))

    assert before == (0, 0)
    assert counts(odds) == (1, 0)
    assert odds.next_tick() == dt.datetime(2026, 1, 7, 2, 0, tzinfo=dt.UTC)


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
    before = odds._tracks["run"].history.streak, odds._tracks["run"].history.recent_done

    odds.apply(entered(ADA, "run", day(1), achieved=None))
    odds.tick(noon(day(2)))

    assert counts(odds) == (1, 1)
    assert (odds._tracks["run"].history.streak, odds._tracks["run"].history.recent_done) == before
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
    assert odds._tracks["run"].history.recent_done == (2, 7)


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


def test_a_habit_that_starts_later_is_not_due_before() -> None:
    odds = running(at=noon(MONDAY), starts_on=day(3).isoformat())

    odds.apply(entered(ADA, "run", day(1), at=noon(day(1))))
    odds.tick(noon(day(3)))

    assert counts(odds) == (0, 0)
    assert odds._tracks["run"].history.last_done == day(1)
    assert forecast(odds).day == day(3)


def test_a_habit_sleeps_after_sixty_missed_days_and_wakes_with_an_entry() -> None:
    odds = running()

    odds.tick(noon(day(500)))
    asleep, silent = counts(odds), forecast(odds)
    odds.apply(entered(ADA, "run", day(500)))

    assert asleep == (PATIENCE, 0)
    assert silent.day is None
    assert counts(odds) == (PATIENCE + 1, 1)
    assert forecast(odds).day == day(501)


def test_a_day_known_only_by_its_entry_is_remembered_and_not_learned() -> None:
    odds = running(at=noon(day(3000)))

    odds.apply(entered(ADA, "run", MONDAY, at=noon(day(3000))))
    begun = odds.scores()
    odds.apply(entered(ADA, "run", day(1), at=noon(day(3000))))
    odds.apply(entered(ADA, "run", day(2999), at=noon(day(3000))))

    assert begun is None
    assert counts(odds) == (PATIENCE + 3, 3)
    assert odds.scores(ADA) == odds.scores()
    assert odds._crowd.losses.n == PATIENCE + 1


def test_a_habit_of_a_distant_future_has_no_days() -> None:
    odds = running(at=noon(MONDAY), starts_on="9999-12-31")

    odds.tick(noon(day(10)))

    assert odds.next_tick() is None
    assert counts(odds) == (0, 0)


@pytest.mark.parametrize("date", ["1969-12-31", "2027-01-08", "9999-12-31"])
def test_an_entry_out_of_all_time_is_ignored(date: str) -> None:
    odds = running()
    before = odds.to_state()

    odds.apply(entered(ADA, "run", dt.date.fromisoformat(date), at=noon(MONDAY)))

    assert odds.to_state() == before


def test_years_between_two_imported_entries_are_not_a_thousand_labels() -> None:
    odds = running(at=noon(day(3000)))

    odds.apply(entered(ADA, "run", MONDAY, at=noon(day(3000))))
    odds.apply(entered(ADA, "run", day(2999), at=noon(day(3000))))

    assert counts(odds) == (PATIENCE + 2, 2)


def test_a_habit_about_to_sleep_goes_on_with_the_day_that_is_already_known() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", day(200), at=noon(MONDAY)))

    odds.tick(noon(day(203)))

    assert counts(odds) == (PATIENCE + 3, 1)  # days 201 and 202 follow the known one


def test_an_archived_habit_is_silent_until_it_is_taken_up_again() -> None:
    odds = running()
    odds.apply(updated(ADA, "run", noon(day(2)), archived=True))
    silent = forecast(odds)

    odds.apply(entered(ADA, "run", day(3)))
    odds.tick(noon(day(30)))
    archived = counts(odds)
    odds.apply(updated(ADA, "run", noon(day(30)), archived=False))
    odds.apply(entered(ADA, "run", day(20), at=noon(day(30))))

    assert silent.day is None
    assert archived == counts(odds) == (0, 0)
    assert forecast(odds).day == day(30)


def test_a_deleted_habit_has_no_forecast() -> None:
    odds = running()
    odds.drain()

    odds.apply(event(ADA, "habit.deleted", "run", noon(MONDAY)))
    odds.apply(entered(ADA, "run", MONDAY))

    assert odds.drain() == [Forecast(feed=ADA, habit="run", model="habit-odds/1")]
    assert odds.next_tick() is None


def test_a_change_that_does_not_concern_its_days_changes_nothing() -> None:
    odds = running()
    odds.drain()
    before = odds.to_state()

    odds.apply(updated(ADA, "run", noon(MONDAY), name="still sealed", color=None))
    odds.apply(event(ADA, "goal.created", "g", noon(MONDAY), doc={"id": "g"}))
    odds.apply(updated(ADA, "unknown", noon(MONDAY), archived=True))
    odds.apply(withdrawn(ADA, "unknown", MONDAY, noon(MONDAY)))

    assert odds.to_state() == before


def test_a_new_schedule_holds_from_the_next_day_on() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", MONDAY))

    odds.apply(updated(ADA, "run", noon(MONDAY), schedule={"type": "weekdays", "days": [5]}))

    assert forecast(odds).day == day(4)


def test_a_journey_moves_the_end_of_the_day() -> None:
    odds = running()

    odds.apply(updated(ADA, "run", noon(MONDAY), tz="America/New_York"))

    assert odds.next_tick() == dt.datetime(2026, 1, 6, 8, tzinfo=dt.UTC)


def test_a_schedule_of_weekdays_misses_no_other_days() -> None:
    odds = running(schedule=Weekdays((1, 3)))

    odds.apply(entered(ADA, "run", day(1)))
    odds.tick(noon(day(7)))

    assert counts(odds) == (2, 0)
    assert odds._tracks["run"].history.last_done == day(1)


def test_a_satisfied_rate_is_due_again_when_its_window_has_passed() -> None:
    odds = running(schedule=Rate(times=2, days=7))

    for number in (0, 1):
        odds.apply(entered(ADA, "run", day(number)))
    satisfied = forecast(odds).day
    odds.apply(entered(ADA, "run", day(4)))

    assert satisfied == day(7)
    assert counts(odds) == (2, 2)
    assert forecast(odds).day == day(8)


def test_a_country_that_leaps_a_day_leaps_a_label() -> None:
    start = dt.date(2011, 12, 28)
    odds = HabitOdds()
    odds.apply(
        created(ADA, "run", start, tz="Pacific/Apia", at=noon(start) + dt.timedelta(hours=8))
    )

    odds.tick(dt.datetime(2012, 1, 1, 13, tzinfo=dt.UTC))

    assert counts(odds) == (4, 0)  # 28, 29, 31 December and 1 January


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

import datetime as dt
from typing import Any

from models.habits.schedules import PerWeek, Rate, Recurring, Weekdays
from models.learners import Forecast, HabitOdds
from models.learners.settlement import PATIENCE
from models.wire.frames import Ev
from tests.learners.events import ADA, created, entered, event, noon, updated, withdrawn
from tests.learners.one_habit import MONDAY, counts, day, forecast, known, learned, running, wait


def test_a_habit_that_starts_later_is_not_due_before() -> None:
    odds = running(at=noon(MONDAY), starts_on=day(3).isoformat())

    odds.apply(entered(ADA, "run", day(1), at=noon(day(1))))
    odds.tick(noon(day(3)))

    assert counts(odds) == (0, 0)
    assert known(odds).last_done == day(1)
    assert forecast(odds).day == day(3)


def test_a_habit_sleeps_after_sixty_missed_days_and_wakes_with_an_entry() -> None:
    odds = running()

    wait(odds, noon(day(500)))
    asleep, silent = counts(odds), forecast(odds)
    odds.apply(entered(ADA, "run", day(500)))

    assert asleep == (PATIENCE, 0)
    assert silent.day is None
    assert counts(odds) == (PATIENCE + 1, 1)
    assert forecast(odds).day == day(501)


def test_a_day_known_only_by_its_entry_is_remembered_and_not_learned() -> None:
    odds = running(at=noon(day(3000)))

    for number in (0, 1, 2999):
        odds.apply(entered(ADA, "run", day(number), at=noon(day(3000))))
    counted = counts(odds)
    odds.tick(noon(day(3002)))

    assert counted == (PATIENCE + 3, 3)
    assert odds.scores(ADA) == odds.scores()
    assert learned(odds) == PATIENCE + 2  # days 1 to 61, and that of the creation


def test_a_habit_of_a_distant_future_has_no_days() -> None:
    odds = running(at=noon(MONDAY), starts_on="9999-12-31")

    odds.tick(noon(day(10)))

    assert odds.next_tick() is None
    assert counts(odds) == (0, 0)


def test_years_between_two_imported_entries_are_not_a_thousand_labels() -> None:
    odds = running(at=noon(day(3000)))

    odds.apply(entered(ADA, "run", MONDAY, at=noon(day(3000))))
    odds.apply(entered(ADA, "run", day(2999), at=noon(day(3000))))

    assert counts(odds) == (PATIENCE + 2, 2)


def test_a_habit_about_to_sleep_goes_on_with_the_day_that_is_already_known() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", day(200), at=noon(MONDAY)))

    wait(odds, noon(day(203)))

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


def test_what_was_written_ahead_ends_with_the_archiving() -> None:
    odds = running()
    odds.apply(entered(ADA, "run", day(5), achieved=None, at=noon(MONDAY)))

    for number, archived in ((1, True), (2, False)):
        odds.apply(updated(ADA, "run", noon(day(number)), archived=archived))
    odds.tick(noon(day(7)))

    assert counts(odds) == (5, 0)  # days 2 to 6


def test_a_deleted_habit_has_no_forecast() -> None:
    odds = running()
    odds.drain()

    odds.apply(event(ADA, "habit.deleted", "run", noon(MONDAY)))
    odds.apply(entered(ADA, "run", MONDAY))

    assert odds.drain() == [Forecast(feed=ADA, habit="run", model="habit-odds/9")]
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
    assert known(odds).last_done == day(1)


def test_a_day_that_is_far_is_foreseen_by_what_is_learned_meanwhile() -> None:
    odds = running(schedule=Weekdays((1,)))
    odds.apply(entered(ADA, "run", MONDAY))
    odds.tick(noon(day(1)))
    before = odds._habit_states[ADA, "run"].next
    odds.drain()

    odds.tick(noon(day(2)))

    after = odds._habit_states[ADA, "run"].next
    assert learned(odds) == 1
    assert before is not None
    assert after is not None
    assert (after.day, before.day) == (day(7), day(7))
    assert after.odds > before.odds
    assert forecast(odds).day == day(7)


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


def paused(type_: str, at: dt.datetime, **fields: Any) -> Ev:
    """An event of a vacation."""
    doc, patch = (fields, None) if type_ == "created" else (None, fields)
    return event(ADA, f"habit.vacation.{type_}", "vac", at, doc=doc, patch=patch)


def test_no_day_of_a_vacation_is_due_or_missed() -> None:
    odds = running()
    odds.apply(paused("created", noon(MONDAY), first=f"{day(1)}", last=f"{day(5)}"))

    odds.tick(noon(day(8)))

    assert counts(odds) == (3, 0)


def test_a_vacation_of_other_habits_changes_nothing() -> None:
    odds, other = running(), running()
    odds.apply(paused("created", noon(MONDAY), first=f"{day(1)}", last=f"{day(5)}", habits=["x"]))

    odds.tick(noon(day(8)))
    other.tick(noon(day(8)))

    assert counts(odds) == counts(other)


def test_a_vacation_that_is_moved_or_taken_back_asks_again() -> None:
    odds = running()
    odds.apply(paused("created", noon(MONDAY), first=f"{day(1)}", last=f"{day(9)}"))
    odds.apply(paused("updated", noon(day(1)), last=f"{day(2)}"))
    odds.tick(noon(day(4)))
    moved = counts(odds)
    odds.apply(paused("created", noon(day(4)), first=f"{day(4)}", last=f"{day(9)}"))
    odds.apply(paused("deleted", noon(day(6))))

    odds.tick(noon(day(8)))

    assert moved == (2, 0)
    assert counts(odds) == (8, 0)  # none is left


def test_a_pause_survives_a_restart() -> None:
    odds = running()
    odds.apply(paused("created", noon(MONDAY), first=f"{day(1)}", last=f"{day(5)}"))

    again = HabitOdds.from_state(odds.to_state())
    again.tick(noon(day(8)))

    assert counts(again) == (3, 0)


def test_a_day_that_begins_at_four_closes_four_hours_later() -> None:
    odds = running(day_start=240)

    assert odds.next_tick() == dt.datetime.combine(day(1), dt.time(7), dt.UTC)


def test_a_week_that_is_full_asks_for_nothing_more() -> None:
    odds = running(schedule=PerWeek(2))

    odds.apply(entered(ADA, "run", MONDAY))
    odds.apply(entered(ADA, "run", day(1)))

    assert forecast(odds).day == day(7)


def test_a_rule_that_is_over_has_no_day() -> None:
    odds = running(schedule=Recurring("FREQ=DAILY;COUNT=1", MONDAY))

    odds.apply(entered(ADA, "run", MONDAY))

    assert forecast(odds).day is None


def test_what_was_done_last_week_does_not_fill_this_one() -> None:
    odds = running(schedule=PerWeek(2))

    for number in (5, 6, 7):
        odds.apply(entered(ADA, "run", day(number), at=noon(day(number))))

    assert forecast(odds).day == day(8)

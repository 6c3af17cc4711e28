"""Days that are written down later, and in any order."""

import datetime as dt
import itertools
import random
from collections.abc import Iterable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.habits.schedules import Daily, PerWeek, Schedule, Weekdays
from models.learners import HabitOdds
from models.learners.features import NAMES
from models.learners.scores import log_loss
from models.wire.frames import Ev
from tests.learners.events import ADA, created, entered, noon
from tests.learners.simulator import Outcome, Step, play, story

START = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)
LATE = 0.3  # of the entries


def written_late(steps: Iterable[Step], share: float) -> Iterator[Step]:
    """The same story, of which some is written down at noon of the next day."""
    rng, held = random.Random(7), list[Ev]()
    for step in steps:
        if isinstance(step, Ev) and step.type == "habit.entry.set" and rng.random() < share:
            held.append(step)
            continue
        yield step
        if isinstance(step, dt.datetime):
            yield from (msgspec.structs.replace(late, at=step) for late in held)
            held.clear()


def loss_against_the_truth(steps: Iterable[Step]) -> tuple[float, HabitOdds]:
    """The mean log loss of what is foreseen for a day, by what then happened, written or not."""
    odds, losses = HabitOdds(), list[float]()
    for step in steps:
        if isinstance(step, Outcome) and step.done is not None:
            odds.next_tick()  # what was written is followed by then
            foreseen = odds._habit_states[step.feed, step.habit].next
            if foreseen is not None and foreseen.day == step.day:
                losses.append(log_loss(foreseen.odds, done=step.done))
        play(odds, [step])
    return sum(losses) / len(losses), odds


def test_who_writes_down_yesterday_in_the_morning_is_foreseen_as_well() -> None:
    on_time, _ = loss_against_the_truth(story(seed=1, people=20, days=90))
    steps = written_late(story(seed=1, people=20, days=90), LATE)

    late, odds = loss_against_the_truth(steps)

    scores = odds.scores()
    assert scores is not None
    assert late < on_time + 0.005
    assert scores.log_loss == pytest.approx(late, abs=0.01)  # what it says of itself is true


def backfilled(days: Iterable[int], schedule: Schedule) -> HabitOdds:
    """A new habit whose days before are written down in this order, half a week later."""
    odds, at = HabitOdds(), noon(START + 30 * DAY)
    odds.apply(created(ADA, "run", START + 30 * DAY, at=at, schedule=schedule))
    for number in days:
        odds.apply(entered(ADA, "run", START + number * DAY, achieved=number % 3 > 0, at=at))
        odds.drain()  # a turn each
    odds.tick(at + 3 * DAY)
    return odds


@settings(deadline=None, max_examples=30)
@given(
    days=st.lists(st.integers(0, 30), unique=True, min_size=1).flatmap(st.permutations),
    schedule=st.sampled_from((Daily(), Weekdays((1, 3, 6)), PerWeek(2))),
)
def test_the_order_in_which_days_are_brought_along_does_not_matter(
    days: list[int], schedule: Schedule
) -> None:
    in_order, in_any = backfilled(sorted(days), schedule), backfilled(days, schedule)

    expected, actual = (each._habit_states[ADA, "run"] for each in (in_order, in_any))
    assert (actual.learned, actual.known) == (expected.learned, expected.known)
    assert (actual.own, actual.next) == (expected.own, expected.next)
    assert what_is_learned(in_any) == what_is_learned(in_order)


def test_twenty_days_teach_as_much_backwards_as_forwards() -> None:
    scores = [backfilled(days, Daily()).scores() for days in (range(20), range(19, -1, -1))]

    assert scores[0] is not None
    assert scores[0].n == 21  # all but the first, and the two since the creation
    assert scores[0] == scores[1]


def caught_up(order: Iterable[tuple[str, int]]) -> HabitOdds:
    """Two habits of which three days are written down on the fourth morning, in this order."""
    odds = HabitOdds()
    for habit in ("read", "run"):
        odds.apply(created(ADA, habit, START))
    at = noon(START + 10 * DAY)
    odds.tick(at)
    for habit, number in order:
        achieved = (number + len(habit)) % 4 > 0
        odds.apply(entered(ADA, habit, START + number * DAY, achieved=achieved, at=at))
        odds.drain()
    odds.tick(at + DAY)
    return odds


def test_the_order_in_which_closed_days_are_written_down_does_not_matter() -> None:
    days = list(itertools.product(("read", "run"), (7, 8, 9)))
    expected = what_is_learned(caught_up(days))

    for seed in range(10):
        order = random.Random(seed).sample(days, len(days))

        assert what_is_learned(caught_up(order)) == pytest.approx(expected)


def what_is_learned(odds: HabitOdds) -> dict[str, float]:
    """The weights and scores, and what is known of each habit."""
    found = odds._population.model.contributions_one(dict.fromkeys(NAMES, 1.0))
    for habit, state in odds._habit_states.items():
        counts = state.learned.history
        found |= {f"{habit} done": counts.done, f"{habit} fast": counts.fast.done}
        found |= {f"{habit} {place}": mean for place, mean in enumerate(state.own.means)}
    scores = odds.scores()
    return found | (msgspec.structs.asdict(scores) if scores else {})

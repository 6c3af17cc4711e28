"""The figures of docs/learning.md: python -m tests.learners.figures."""

import datetime as dt
import time

from models.learners import HabitOdds
from models.learners.forecast import MINIMUM_LABELS
from models.learners.scores import Losses
from models.wire.frames import Ev
from tests.learners.events import noon
from tests.learners.simulator import FIRST_DAY, Outcome, Step, story

SMOOTHING = 0.1  # the best of 0.05, 0.1, 0.15, 0.2 on the simulated people


class Smoothed:
    """Exponential smoothing of each habit, from the base rate on."""

    def __init__(self) -> None:
        self.rates: dict[str, float] = {}
        self.losses = Losses()

    def see(self, habit: str, *, base: float, done: bool) -> None:
        rate = self.rates.get(habit, base)
        self.losses.add(min(max(rate, 0.02), 0.98), base=base, done=done)
        self.rates[habit] = rate + SMOOTHING * (done - rate)


def main() -> None:
    steps = list(story(seed=1, people=150, days=240))
    _print_scores(steps)
    _print_coverage(steps)


def _print_scores(steps: list[Step]) -> None:
    odds, smoothed, truth = HabitOdds(), Smoothed(), Losses()
    labels, done, spent = 0, 0, 0.0
    for step in steps:
        if not isinstance(step, Outcome):
            begin = time.process_time()
            _learn(odds, step)
            spent += time.process_time() - begin
        elif step.done is not None and _is_awaited(odds, step):
            base = (done + 1) / (labels + 2)
            smoothed.see(step.habit, base=base, done=step.done)
            truth.add(step.odds, base=base, done=step.done)
            labels, done = labels + 1, done + step.done
    odds.tick(noon(FIRST_DAY + dt.timedelta(days=240)))
    print(f"{labels / spent:,.0f} labels per second of CPU")
    for name, scores in (
        ("learner", odds.scores()),
        ("smoothed", smoothed.losses.scores()),
        ("true odds", truth.scores()),
    ):
        print(f"{name:9} {scores}")


def _is_awaited(odds: HabitOdds, outcome: Outcome) -> bool:
    odds.next_tick()  # what was written is followed by then
    awaited = odds._habit_states[outcome.feed, outcome.habit].next
    return awaited is not None and awaited.day == outcome.day


def _print_coverage(steps: list[Step]) -> None:
    """How often the interval holds the odds that the simulator knows."""
    odds, held, total = HabitOdds(), 0, 0
    for step in steps:
        if not isinstance(step, Outcome):
            _learn(odds, step)
            continue
        odds.next_tick()
        track = odds._habit_states[step.feed, step.habit]
        labels = track.known.history.labels
        if track.next and track.next.day == step.day and labels >= MINIMUM_LABELS:
            total += 1
            held += track.next.low <= step.odds <= track.next.high
    print(f"the 90 % interval held the true odds on {held / total:.1%} of {total} days")


def _learn(odds: HabitOdds, step: Ev | dt.datetime) -> None:
    if isinstance(step, Ev):
        odds.apply(step)
    else:
        odds.tick(step)


if __name__ == "__main__":
    main()

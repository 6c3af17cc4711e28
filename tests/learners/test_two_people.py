"""Two people whose habits have the same ids: what one writes is nothing to the other's."""

import msgspec
from hypothesis import given, settings

from models.learners import Forecast, HabitOdds
from models.learners.settlement import Settlement
from models.wire.frames import Ev
from tests.learners.any_history import Steps, any_histories
from tests.learners.events import ADA, created, elsewhere, entered, event, noon
from tests.learners.one_habit import DAY, MONDAY
from tests.learners.simulator import Step, play

BOB = "u:bob"
BOTH = ((ADA, "run"), (BOB, "run"))


def test_a_habit_of_the_same_id_is_somebody_elses() -> None:
    odds = HabitOdds()
    for feed in (ADA, BOB):
        odds.apply(created(feed, "run", MONDAY))
    for number in range(12):
        odds.apply(entered(ADA, "run", MONDAY + number * DAY))
        odds.tick(noon(MONDAY + number * DAY))
    odds.apply(event(BOB, "habit.deleted", "run", noon(MONDAY + 12 * DAY)))

    adas, bobs = odds.drain()

    assert (adas.feed, adas.labels) == (ADA, 12)
    assert (bobs.feed, bobs.day, bobs.labels) == (BOB, None, 0)


@settings(deadline=None, max_examples=20)
@given(history=any_histories(BOTH))
def test_the_same_ids_are_as_good_as_others(history: Steps) -> None:
    expected = [named(forecast, "other", "run") for forecast in told(renamed(history))]

    assert told(history) == expected


@settings(deadline=None, max_examples=20)
@given(history=any_histories(BOTH))
def test_days_are_settled_as_if_each_were_alone(history: Steps) -> None:
    together = settlements(history)

    for feed, habit in BOTH:
        alone = [
            elsewhere(step.at) if isinstance(step, Ev) and step.f != feed else step
            for step in history
        ]
        assert settlements(alone).get((feed, habit)) == together.get((feed, habit))


def told(history: Steps) -> list[Forecast]:
    """The forecasts after each step of *history*."""
    odds, forecasts = HabitOdds(), list[Forecast]()
    for step in history:
        play(odds, [step])
        forecasts += odds.drain()
    return forecasts


def settlements(history: Steps) -> dict[tuple[str, str], tuple[Settlement, Settlement]]:
    odds = HabitOdds()
    play(odds, list[Step](history))
    odds.drain()
    return {key: (state.learned, state.known) for key, state in odds._habit_states.items()}


def renamed(history: Steps) -> Steps:
    """The same, with another id for Bob's habit."""
    return [_renamed(step) if isinstance(step, Ev) and step.f == BOB else step for step in history]


def _renamed(step: Ev) -> Ev:
    doc = step.doc
    if doc and doc.get("habits"):
        doc = doc | {"habits": ["other"]}
    return msgspec.structs.replace(step, id=step.id.replace("run", "other"), doc=doc)


def named(forecast: Forecast, before: str, after: str) -> Forecast:
    habit = after if forecast.habit == before else forecast.habit
    return msgspec.structs.replace(forecast, habit=habit)

"""What follows from a goal, computed from the goal alone."""

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.errors import Conflict, Invalid
from models.base.validation import checked
from models.goals import Goal, GoalDraft, NewGoal
from models.goals.goal import TRANSITIONS, Status
from models.goals.goal_parts import DailyProgress, KeyResult, Milestone
from models.goals.outlook import outlook
from models.goals.smart import smart_score
from models.goals.templates import READY_TEMPLATES

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def goal_of(**fields: Any) -> Goal:
    return Goal.drafted(checked({"title": "Run", **fields}, NewGoal), owner="usr_1", at=NOON)


def revised(goal: Goal, at: dt.datetime = NOON, **fields: Any) -> Goal:
    return goal.revised(checked(goal.to_draft() | fields, GoalDraft), at)


def on_track(goal: Goal, *reached: tuple[int, float]) -> Goal:
    """*goal* with the progress that it had so many days after the start."""
    track = tuple(DailyProgress(NOON.date() + days * DAY, progress) for days, progress in reached)
    return msgspec.structs.replace(goal, track=track, progress=reached[-1][1])


@given(
    baseline=st.floats(-1e6, 1e6),
    target=st.floats(-1e6, 1e6),
    current=st.floats(-1e9, 1e9),
)
def test_a_key_result_goes_from_its_baseline_to_its_target(
    baseline: float, target: float, current: float
) -> None:
    if baseline == target:
        with pytest.raises(Invalid):
            KeyResult(title="Weight", baseline=baseline, target=target)
        return

    result = KeyResult(title="Weight", baseline=baseline, target=target, current=current)

    assert 0 <= result.progress <= 1
    assert result.measured(baseline).progress == 0
    assert result.measured(target).progress == 1
    assert result.measured(None).progress == 0
    assert result.direction == ("increase" if target > baseline else "decrease")


PARTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.one_of(
        st.none(),
        st.booleans().map(lambda done: {"title": "M", "done": done}),
    ),
    max_size=4,
)


@given(edits=st.lists(st.tuples(st.sampled_from(["milestones", "key_results"]), PARTS), max_size=8))
def test_progress_is_that_of_the_parts_whatever_was_edited(
    edits: list[tuple[str, dict[str, Any]]],
) -> None:
    goal = goal_of()
    for number, (field, parts) in enumerate(edits):
        shown = {name: part for name, part in parts.items() if part is not None}
        if field == "key_results":
            shown = {
                name: {"title": "K", "target": 4, "current": number + part["done"]}
                for name, part in shown.items()
            }
        goal = revised(goal, NOON + number * DAY, **{field: shown})

    parts_now: list[KeyResult | Milestone] = list(goal.key_results.values()) or list(
        goal.milestones.values()
    )
    if parts_now:
        assert goal.progress == sum(one.progress for one in parts_now) / len(parts_now)
    assert goal.track[-1].progress == goal.progress
    assert (goal.status == "completed") == (goal.completed_at is not None)


@pytest.mark.parametrize("before", TRANSITIONS)
@pytest.mark.parametrize("after", TRANSITIONS)
def test_a_status_follows_the_machine(before: Status, after: Status) -> None:
    goal = goal_of(status=before)

    if after == before or after in TRANSITIONS[before]:
        moved = revised(goal, NOON + DAY, status=after)
        assert moved.status == after
        assert (moved.completed_at is not None) == (after == "completed")
    else:
        with pytest.raises(Conflict) as refusal:
            revised(goal, NOON + DAY, status=after)
        assert refusal.value.code == "transition_refused"


def test_a_goal_whose_last_part_is_done_is_completed_and_opens_again_without_it() -> None:
    steps = {"a": {"title": "A", "done": True}, "b": {"title": "B"}}
    goal = goal_of(milestones=steps)

    done = revised(goal, NOON + DAY, milestones=steps | {"b": {"title": "B", "done": True}})
    again = revised(done, NOON + 2 * DAY, milestones=steps)

    assert (goal.status, goal.progress) == ("active", 0.5)
    assert (done.status, done.completed_at) == ("completed", NOON + DAY)
    assert (again.status, again.completed_at) == ("active", None)


def test_the_next_of_a_series_begins_anew_on_its_day() -> None:
    monthly = {"unit": "month"}
    goal = goal_of(
        target_date="2026-01-31",
        repeats=monthly,
        milestones={"a": {"title": "A", "done": True}},
        key_results={"k": {"title": "K", "target": 5, "current": 4}},
    )

    late = goal.successor(dt.datetime(2026, 3, 5, tzinfo=dt.UTC))
    assert late is not None
    following = late.successor(dt.datetime(2026, 3, 31, tzinfo=dt.UTC))
    assert following is not None

    assert (late.target_date, following.target_date) == (dt.date(2026, 3, 31), dt.date(2026, 4, 30))
    assert (late.status, late.progress, late.version, late.completed_at) == ("active", 0, 1, None)
    assert not late.milestones["a"].done
    assert late.key_results["k"].current is None
    assert goal_of(target_date="2026-01-31").successor(NOON) is None


def test_a_smart_score_says_what_is_missing() -> None:
    bare = smart_score(goal_of())
    full = smart_score(
        goal_of(
            description="Run ten kilometres in the park without a break.",
            target_date="2026-06-01",
            key_results={"km": {"title": "Longest run", "target": 10, "unit": "km"}},
            smart={"relevant": "To be fit for the children.", "achievable": "I run 5 km today."},
        )
    )

    assert bare.score == 0
    assert all(letter.missing for letter in bare.letters)
    assert full.score == 1
    assert [letter.missing for letter in full.letters] == [None] * 5
    dated = smart_score(goal_of(target_date="2026-06-01"))
    assert dated.score == pytest.approx(0.2)
    assert [one.name for one in dated.letters if one.missing] == [
        "specific",
        "measurable",
        "achievable",
        "relevant",
    ]


def test_a_goal_without_a_date_is_told_nothing_that_takes_one() -> None:
    seen = outlook(goal_of(), NOON.date())

    assert (seen.expected, seen.required, seen.velocity, seen.safe_days, seen.eta) == (None,) * 5
    assert (seen.at_risk, seen.reasons) == (False, ())


def test_a_goal_is_at_risk_for_the_reasons_of_the_rule() -> None:
    start = NOON.date()
    goal = goal_of(target_date=str(start + 100 * DAY))
    cases: list[tuple[Goal, int, tuple[str, ...]]] = [
        (goal, 0, ()),
        (goal, 13, ()),
        (goal, 14, ("slow",)),
        (on_track(goal, (0, 0.0), (10, 0.1)), 20, ()),
        (on_track(goal, (0, 0.0), (30, 0.3)), 40, ()),
        (on_track(goal, (0, 0.0), (30, 0.3)), 44, ("slow",)),
        (on_track(goal, (0, 0.0), (30, 0.3)), 45, ("stale", "slow")),
        (on_track(goal, (0, 0.0), (40, 0.19)), 40, ("behind",)),
        (on_track(goal, (0, 0.0), (40, 0.21)), 40, ()),
        (on_track(goal, (0, 0.0), (99, 0.95)), 101, ("overdue",)),
        (on_track(goal, (0, 0.0), (99, 0.5)), 101, ("behind", "overdue")),
    ]

    for case, days, reasons in cases:
        seen = outlook(case, start + days * DAY)
        assert (days, seen.reasons, seen.at_risk) == (days, reasons, bool(reasons))
    paused = outlook(revised(goal, status="paused"), start + 90 * DAY)
    assert (paused.at_risk, paused.reasons, paused.safe_days) == (None, (), None)


def test_safe_days_are_those_until_it_is_behind() -> None:
    start = NOON.date()
    goal = on_track(goal_of(target_date=str(start + 50 * DAY)), (0, 0.0), (5, 0.3))

    safe = outlook(goal, start + 5 * DAY).safe_days
    assert safe is not None
    last = outlook(goal, start + (5 + safe) * DAY)
    beyond = outlook(goal, start + (6 + safe) * DAY)

    assert "behind" not in last.reasons
    assert "behind" in beyond.reasons


def test_at_its_velocity_a_goal_is_done_on_its_eta() -> None:
    start = NOON.date()
    goal = on_track(goal_of(target_date=str(start + 50 * DAY)), (0, 0.0), (10, 0.2))

    seen = outlook(goal, start + 10 * DAY)

    assert seen.velocity == pytest.approx(0.02)
    assert seen.eta == start + 50 * DAY
    assert seen.required == pytest.approx(0.8 / 40)


def test_the_ready_templates_are_right_and_stand_under_names_of_their_own() -> None:
    assert len({one.id for one in READY_TEMPLATES}) == len(READY_TEMPLATES)
    for one in READY_TEMPLATES:
        fields = msgspec.to_builtins(one.draft)
        fields.pop("days")
        assert checked({k: v for k, v in fields.items() if v is not None}, NewGoal).title

"""What was masked when it was written is not masked again when something else of it is changed."""

import datetime as dt
from typing import Any, Final

import msgspec
import pytest

from models.base.document import Document, Draft
from models.base.merge_patch import Json, merged
from models.base.validation import checked
from models.goals import Goal, GoalDraft, NewGoal
from models.journal import JournalEntry, JournalEntryDraft, NewJournalEntry
from models.tasks import NewTask, Task, TaskDraft
from tests.costs.adversarial import repeated
from tests.costs.cpu import cost_s
from upcoach.services.base.rules import Revise, revising

CARD: Final = "4111 1111 1111 1111"
AT: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
REVISIONS: Final[dict[type[Document], Revise[Any]]] = {
    Goal: revising(GoalDraft, Goal.revised),
    Task: revising(TaskDraft, Task.revised),
    JournalEntry: revising(JournalEntryDraft, JournalEntry.revised),
}


def drafted(kind: Any, draft: type[Draft], fields: Json) -> Any:
    return kind.drafted(checked(fields, draft), owner="usr_1", at=AT)


def goal(unit: str) -> Goal:
    parts = {f"m{n}": {"title": repeated(unit, 255)} for n in range(99)}
    made: Goal = drafted(Goal, NewGoal, {"title": "a", "milestones": parts})
    return made


def task(unit: str) -> Task:
    steps = {f"s{n}": {"title": repeated(unit, 255)} for n in range(99)}
    made: Task = drafted(
        Task, NewTask, {"title": "a", "notes": repeated(unit, 10_000), "steps": steps}
    )
    return made


def entry(unit: str) -> JournalEntry:
    made: JournalEntry = drafted(
        JournalEntry, NewJournalEntry, {"title": "a", "text": repeated(unit, 29_000)}
    )
    return made


@pytest.mark.parametrize("make", [goal, task, entry])
def test_a_change_of_the_title_masks_no_other_text(make: Any) -> None:
    digits, letters = make("1 1 "), make("a b ")

    assert _cost_s(digits) < 3 * _cost_s(letters)


@pytest.mark.parametrize(
    ("document", "patch", "shown"),
    [
        (goal(CARD[:15]), {"title": CARD}, {"title": "4111…"}),
        (
            goal("a"),
            {"milestones": {"m1": {"description": CARD}, "new": {"title": CARD}}},
            {"milestones": {"m1": {"description": "4111…"}, "new": {"title": "4111…"}}},
        ),
        (task("a"), {"steps": {"s1": {"title": CARD}}}, {"steps": {"s1": {"title": "4111…"}}}),
        (task("a"), {"tags": ["a", CARD]}, {"tags": ("a", "4111…")}),
        (task("a"), {"notes": f"{CARD} now"}, {"notes": "4111… now"}),
    ],
)
def test_what_is_changed_is_masked(document: Document, patch: Json, shown: Json) -> None:
    after = _revised(document, patch).to_draft()

    assert merged(after, shown) == after


def test_what_stands_elsewhere_is_masked_where_it_comes_to() -> None:
    before = entry("a")
    before = msgspec.structs.replace(before, title=CARD)

    after = _revised(before, {"text": CARD})

    assert after.to_draft()["text"] == "4111…"


def _revised(document: Document, patch: Json) -> Document:
    revised: Document = REVISIONS[type(document)](document, merged(document.to_draft(), patch), AT)
    return revised


def _cost_s(document: Document) -> float:
    return cost_s(lambda _: lambda: _revised(document, {"title": "b"}), 1, tries=8)

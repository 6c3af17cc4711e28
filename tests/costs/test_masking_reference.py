"""What is masked is what the plainest reading of the rule masks, which tries every group by group.

Masking costs time: it happens when something is written, and never when it is read.
"""

import re
import typing
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.base.document import Draft
from models.base.text.card_numbers import LONGEST, SHORTEST
from models.base.text.masking import masked
from models.base.text.search_words import words_of
from models.base.validation import checked
from models.contexts import DOCUMENTS
from models.goals import NewGoal
from models.goals.goal_parts import KeyResult, Milestone, Smart
from models.journal import JournalEntryContent, NewJournalEntry, UnsavedEntry
from models.tasks import NewTask
from models.tasks.task import Step
from tests.costs.adversarial import repeated
from tests.costs.cpu import cost_s

CARD: Final = "4111 1111 1111 1111"
SIZE: Final = 30_000
GAP: Final = "[ \u00a0\u2009\u202f\u2010-\u2015-]"
RUN: Final = re.compile(rf"\d+(?:{GAP}{{1,3}}\d+)*")
PIECES: Final = (
    *("4111 1111 1111 1111", "4222222222222", "6304000000000000000", "5500-0000-0000-0004"),
    *"0123456789",
    *(" ", "-", "   ", "    ", "\u2009", "\u2013", "x", "\n", "\u0661", "\u2026"),
)


def by_trying(text: str) -> str:
    """*text* masked by the rule as it is told, however long that takes."""
    while (once := RUN.sub(lambda run: in_run(run[0]), text)) != text:
        text = once
    return text


def in_run(run: str) -> str:
    """*run* with the first, and of those the longest, of its card numbers masked."""
    groups = list(re.finditer(r"\d+", run))
    for first, group in enumerate(groups):
        for last in reversed(groups[first:]):
            digits = "".join(re.findall(r"\d", run[group.start() : last.end()]))
            if SHORTEST <= len(digits) <= LONGEST and is_right(digits):
                return f"{run[: group.start()]}{digits[:4]}…{run[last.end() :]}"
    return run


def is_right(digits: str) -> bool:
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 " * 3)
@example("000000000 4111111111111111 0000")  # what is left of a number ends another one
@example("1 " * 60)
def test_the_same_is_masked_as_by_trying_everything(text: str) -> None:
    assert masked(text) == by_trying(text)


STAYING: Final = ("1 ", "1", "1111 ", "12-", "1111111111111x", "4111 1111 1111 1112 x ", "\u0661 ")
CARDS: Final = (f"{CARD} ", "4222222222222 ", "0 ")


@pytest.mark.parametrize(
    ("unit", "most"), [*((one, 3) for one in STAYING), *((one, 10) for one in CARDS)]
)
def test_digits_cost_hardly_more_than_words(unit: str, most: int) -> None:
    """A text is taken apart into words anyway; only what is masked may cost more than that."""
    words = _cost_s(words_of, repeated("the quick brown fox ", SIZE))

    assert _cost_s(masked, repeated(unit, SIZE)) < most * words


def _cost_s(read: Callable[[str], object], text: str) -> float:
    return cost_s(lambda _: lambda: read(text), SIZE, tries=8)


def test_nothing_that_is_stored_is_made_of_drafts() -> None:
    found: set[type] = set()
    for document in (*DOCUMENTS, UnsavedEntry):
        _collect(document, found)

    assert {one for one in found if issubclass(one, Draft)} == set()
    assert len(found) > len(DOCUMENTS)


@pytest.mark.parametrize(
    ("kind", "field", "more"),
    [
        (Step, "title", {}),
        (Smart, "specific", {}),
        (Milestone, "description", {"title": "a"}),
        (KeyResult, "title", {"target": 1}),
        (JournalEntryContent, "text", {}),
    ],
)
def test_a_part_is_read_as_it_was_written(
    kind: type[msgspec.Struct], field: str, more: dict[str, Any]
) -> None:
    read = msgspec.convert({field: CARD} | more, kind)

    assert getattr(read, field) == CARD


def test_every_part_of_a_draft_is_masked_when_it_is_written() -> None:
    goal = checked(
        {
            "title": CARD,
            "smart": {"specific": CARD, "time_bound": CARD},
            "milestones": {"a": {"title": CARD, "description": CARD}},
            "key_results": {"a": {"title": CARD, "unit": CARD, "target": 1}},
        },
        NewGoal,
    )
    task = checked({"title": "a", "steps": {"a": {"title": CARD}}}, NewTask)
    entry = checked({"text": CARD}, NewJournalEntry)

    assert goal.smart is not None
    texts = (
        *(goal.title, goal.smart.specific, goal.smart.time_bound),
        *(goal.milestones["a"].title, goal.milestones["a"].description),
        *(goal.key_results["a"].title, goal.key_results["a"].unit),
        *(task.steps["a"].title, entry.text),
    )
    assert texts == ("4111…",) * 9


def _collect(kind: Any, found: set[type]) -> None:
    """Every struct that *kind* is made of."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind in found:
            return
        found.add(kind)
        for field in msgspec.structs.fields(kind):
            _collect(field.type, found)
    for part in typing.get_args(kind):
        _collect(part, found)

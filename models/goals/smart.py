"""The SMART score of a goal, criterion by criterion (Doran, "There's a S.M.A.R.T. way …", 1981).

A letter counts 1 when the goal itself shows it or its owner has answered the question in some
words, and 0 when nothing is there.
"""

from typing import Final

import msgspec

from models.goals.goal import Goal
from models.goals.goal_parts import Smart

_QUESTIONS: Final = {
    "specific": "What exactly will you have done? Describe it in a sentence.",
    "measurable": "How will you know? Add a key result or milestones.",
    "achievable": "What makes you sure that you can do it? Name the first step, or what helps.",
    "relevant": "Why does it matter to you?",
    "time_bound": "By when? Set a target date.",
}
_ENOUGH: Final = 20  # letters of a description that say more than a title


class SmartCriterion(msgspec.Struct, frozen=True):
    """One of the five criteria, and its open question; null where it is answered.

    Attributes
    ----------
    name
        The criterion.
    score
        1 where it is met, or else 0.
    missing
        The open question, where it is not met.

    """

    name: str
    score: int
    missing: str | None


class SmartScore(msgspec.Struct, frozen=True):
    """The share of the criteria that are met, and all five.

    Attributes
    ----------
    score
        The share of the criteria that are met.
    letters
        The five criteria.

    """

    score: float
    letters: tuple[SmartCriterion, ...]


def smart_score(goal: Goal) -> SmartScore:
    """The SMART score of *goal*, and what is missing."""
    answers = goal.smart or Smart()
    shown = {
        "specific": len(goal.description or "") >= _ENOUGH,
        "measurable": goal.has_parts,
        "achievable": len(goal.milestones) > 1,
        "relevant": False,
        "time_bound": goal.target_date is not None,
    }
    letters = []
    for name, question in _QUESTIONS.items():
        is_met = shown[name] or getattr(answers, name) is not None
        letters.append(SmartCriterion(name, int(is_met), None if is_met else question))
    return SmartScore(sum(letter.score for letter in letters) / len(letters), tuple(letters))

"""The goal templates that come with the product."""

from typing import Final

import msgspec

from models.goals.goal import GoalCategory
from models.goals.goal_parts import KeyResult, Milestone, Smart
from models.goals.goal_template import GoalTemplateDraft


class ReadyTemplate(msgspec.Struct, frozen=True):
    """A goal template that comes with the product.

    Attributes
    ----------
    id
        The name of the template.
    draft
        The goal that it makes.

    """

    id: str
    draft: GoalTemplateDraft


def _milestones(*titles: str) -> dict[str, Milestone]:
    return {
        f"m{number}": Milestone(title=title, place=number)
        for number, title in enumerate(titles, start=1)
    }


READY_TEMPLATES: Final = (
    ReadyTemplate(
        "run-5k",
        GoalTemplateDraft(
            title="Run 5 km without a break",
            category=GoalCategory.HEALTH,
            days=63,
            smart=Smart(achievable="Start by walking and running in turns, three times a week."),
            key_results={"distance": KeyResult(title="Longest run", target=5, unit="km")},
        ),
    ),
    ReadyTemplate(
        "save-money",
        GoalTemplateDraft(
            title="Save three months of expenses",
            category=GoalCategory.FINANCE,
            days=365,
            smart=Smart(relevant="A reserve makes the rest of life calmer."),
            key_results={"saved": KeyResult(title="Saved", target=3, unit="months")},
        ),
    ),
    ReadyTemplate(
        "read-books",
        GoalTemplateDraft(
            title="Read twelve books",
            category=GoalCategory.LEARNING,
            days=365,
            key_results={"books": KeyResult(title="Books read", target=12, unit="books")},
        ),
    ),
    ReadyTemplate(
        "learn-language",
        GoalTemplateDraft(
            title="Hold a conversation in a new language",
            category=GoalCategory.EDUCATION,
            days=180,
            milestones=_milestones(
                "Know the 500 most frequent words",
                "Introduce myself without notes",
                "Talk for five minutes with a native speaker",
                "Talk for half an hour",
            ),
        ),
    ),
    ReadyTemplate(
        "change-job",
        GoalTemplateDraft(
            title="Find a job that suits me better",
            category=GoalCategory.CAREER,
            days=180,
            milestones=_milestones(
                "Write down what I am looking for",
                "Bring my profile up to date",
                "Talk to five people who do that work",
                "Send ten applications",
                "Sign",
            ),
        ),
    ),
    ReadyTemplate(
        "sleep-better",
        GoalTemplateDraft(
            title="Sleep seven hours and a half on most nights",
            category=GoalCategory.HEALTH,
            days=60,
            key_results={
                "hours": KeyResult(title="Mean of the week", baseline=6, target=7.5, unit="h")
            },
        ),
    ),
    ReadyTemplate(
        "closer-friends",
        GoalTemplateDraft(
            title="See my closest friends every month",
            category=GoalCategory.RELATIONSHIP,
            days=180,
            milestones=_milestones(*(f"Month {number}" for number in range(1, 7))),
        ),
    ),
)

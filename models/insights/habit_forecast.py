"""The insight of the habit learner: the odds of a habit's next due day."""

from typing import Annotated, ClassVar

from models.base.document import Derived, Privacy
from models.insights.insight import Insight, Reason, Scores


class HabitForecast(Insight, frozen=True, kw_only=True):
    """The odds that a habit is done on its next due day.

    Attributes
    ----------
    odds, low, high
        Probability and its 90 % interval; null below the minimum of data.
    labels
        How many days of this habit the learner has seen the outcome of.
    scores
        How good such predictions have been for this person so far; null before the first.
    reasons
        Why, the strongest first.
    model
        The version of the model.

    """

    kind: ClassVar[str] = "insight"
    schema_name: ClassVar[str] = "Insight"  # as clients have known it since it was the only one
    subject: ClassVar[str] = "habit"
    collection: ClassVar[str] = "insights"
    # All of it, and whether it is there, is made of days: which were due, and how they ended.
    sources: ClassVar[tuple[str, ...]] = (
        *(
            f"habit:{name}"
            for name in ("measure", "schedule", "tz", "day_start", "starts_on", "archived")
        ),
        *(f"habit.entry:{name}" for name in ("state", "value", "achieved", "share")),
        *(f"habit.vacation:{name}" for name in ("first", "last", "habits")),
    )

    odds: Annotated[float | None, Privacy.PERSONAL] = None
    low: Annotated[float | None, Privacy.PERSONAL, Derived("odds")] = None
    high: Annotated[float | None, Privacy.PERSONAL, Derived("odds")] = None
    reasons: Annotated[tuple[Reason, ...], Privacy.PERSONAL, Derived("odds")] = ()
    labels: int = 0
    scores: Annotated[Scores | None, Privacy.PERSONAL] = None
    model: str

"""Insights: what the learners have to say, kept and delivered like any other document."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Derived, Document, Mark

PREFIX: Final = "ins"  # of ids


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One contribution to a prediction, in words and in log-odds."""

    feature: str
    words: str
    value: float
    contribution: float


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Prequential scores over *n* labels, beside those of the base rate on the same labels."""

    n: int
    log_loss: float
    brier: float
    base_log_loss: float
    base_brier: float


def insight_id(habit_id: str) -> str:
    """The id of the insight about a habit: there is one."""
    return f"{PREFIX}_{habit_id.partition('_')[2] or habit_id}"


class Insight(Document, frozen=True, kw_only=True):
    """The odds that a habit is done on its next due day.

    Attributes
    ----------
    odds, low, high
        Probability and its 90 % interval; null below the minimum of data.
    labels
        How many days of this habit the learner has seen the outcome of.
    scores
        How good such predictions have been for this person so far; null before the first.

    """

    kind: ClassVar[str] = "insight"
    id_prefix: ClassVar[str] = PREFIX
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

    type: str
    about: str
    day: Annotated[dt.date, Mark.PERSONAL]
    odds: Annotated[float | None, Mark.PERSONAL] = None
    low: Annotated[float | None, Mark.PERSONAL, Derived("odds")] = None
    high: Annotated[float | None, Mark.PERSONAL, Derived("odds")] = None
    reasons: Annotated[tuple[Reason, ...], Mark.PERSONAL, Derived("odds")] = ()
    labels: int = 0
    scores: Annotated[Scores | None, Mark.PERSONAL] = None
    model: str

    def says_the_same(self, other: Self) -> bool:
        """Whether both differ in nothing but version and times."""
        return other.following(self, self.updated_at, version=self.version) == self

    def begun(self, at: dt.datetime) -> Self:
        """The insight as the first of its id."""
        return msgspec.structs.replace(self, version=1, created_at=at, updated_at=at)

    def following(self, before: Self, at: dt.datetime, *, version: int | None = None) -> Self:
        """The insight as the next version of *before*."""
        return msgspec.structs.replace(
            self,
            version=before.version + 1 if version is None else version,
            first_version=before.first_version,
            made_by=before.made_by,
            created_at=before.created_at,
            updated_at=at,
            edits=before.edits,
        )

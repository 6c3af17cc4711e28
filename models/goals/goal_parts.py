"""The parts of a goal: milestones, key results, SMART answers, and how far it was on days."""

import datetime as dt
from typing import Annotated, ClassVar, Literal

import msgspec

from models.base.errors import invalid_field
from models.base.fields import Place, Title, UnitName
from models.base.text.type_words import shaped

Figure = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
Answer = Annotated[
    str,
    shaped(
        pattern=r"\S",
        form="text of 1 to 1,000 characters, not only spaces",
        min_length=1,
        max_length=1000,
    ),
]


class Smart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answers to the five questions of a SMART goal (Doran, 1981).

    Attributes
    ----------
    specific
        What exactly is to be reached.
    measurable
        How it will be seen that it is.
    achievable
        Why it is within reach.
    relevant
        Why it matters.
    time_bound
        By when.

    """

    free_text: ClassVar[tuple[str, ...]] = (
        "specific",
        "measurable",
        "achievable",
        "relevant",
        "time_bound",
    )

    specific: Answer | None = None
    measurable: Answer | None = None
    achievable: Answer | None = None
    relevant: Answer | None = None
    time_bound: Answer | None = None


class Milestone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A milestone; milestones are shown in order of *place*.

    Attributes
    ----------
    title
        What is to be done.
    description
        What it is about.
    target_date
        The day by which it is to be done.
    done
        Whether it is done.
    place
        The place among its siblings, in ascending order.

    """

    free_text: ClassVar[tuple[str, ...]] = ("title", "description")

    title: Title
    description: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    target_date: dt.date | None = None
    done: bool = False
    place: Place = 0.0

    @property
    def progress(self) -> float:
        """1 when it is done, else 0."""
        return float(self.done)

    def renewed(self) -> "Milestone":
        """The same for the next goal of a series, not done."""
        return msgspec.structs.replace(self, done=False, target_date=None)


class KeyResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key result: a number from *baseline* to *target*; without *current* it is at its baseline.

    Attributes
    ----------
    title
        What is measured.
    baseline
        Where it starts.
    target
        Where it is to get.
    current
        Where it is.
    direction
        Whether it is to rise or to fall.
    unit
        What it is measured in.
    place
        The place among its siblings, in ascending order.

    Examples
    --------
    >>> weight = KeyResult(title="Weight", baseline=90, target=80, current=87.5, unit="kg")
    >>> weight.direction, weight.progress
    ('decrease', 0.25)

    """

    free_text: ClassVar[tuple[str, ...]] = ("title", "unit")

    title: Title
    baseline: Figure = 0.0
    target: Figure
    current: Figure | None = None
    direction: Literal["increase", "decrease"] | None = None
    unit: UnitName = ""
    place: Place = 0.0

    def __post_init__(self) -> None:
        if self.target == self.baseline:
            raise invalid_field(
                "/target", "target_is_baseline", "A target differs from its baseline."
            )
        way: Literal["increase", "decrease"] = (
            "increase" if self.target > self.baseline else "decrease"
        )
        if self.direction not in (None, way):
            raise invalid_field(
                "/direction", "direction_wrong", f"From baseline to target is: {way}."
            )
        msgspec.structs.force_setattr(self, "direction", way)

    @property
    def progress(self) -> float:
        """The share of the way from baseline to target that is done, 0 to 1."""
        current = self.baseline if self.current is None else self.current
        return min(1.0, max(0.0, (current - self.baseline) / (self.target - self.baseline)))

    def measured(self, value: float | None) -> "KeyResult":
        """The same at *value*; at its baseline for None."""
        return msgspec.structs.replace(self, current=value)


class DailyProgress(msgspec.Struct, frozen=True):
    """The progress of a goal at the end of a day (UTC).

    Attributes
    ----------
    day
        The day.
    progress
        The progress at its end, from 0 to 1.

    """

    day: dt.date
    progress: float

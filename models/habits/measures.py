"""Measures: what a logged value is worth.

`is_met` says whether the day counts as done; `share` from 0 to 1 how much of it was, which is what
the strength of a habit follows.
"""

from typing import Annotated

import msgspec

from models.base.errors import invalid_field
from models.base.fields import UnitName

Value = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Step = Annotated[float, msgspec.Meta(gt=0, le=1e9)]


class YesNo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="yes_no"):
    """Done or not."""


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="amount"):
    """Measured in *unit*, with a target that is a floor or, for *at_most*, a ceiling.

    Attributes
    ----------
    step
        What one tap in an app adds; without it the app decides.
    target
        The amount to reach on a day.
    unit
        What it is measured in.
    at_most
        Whether the target is an upper limit.

    """

    target: Value
    unit: UnitName = ""
    at_most: bool = False
    step: Step | msgspec.UnsetType = msgspec.UNSET

    @property
    def can_be_broken(self) -> bool:
        """Whether a day that was done can be lost by logging more."""
        return self.at_most

    def is_met(self, value: float) -> bool:
        """Whether *value* reaches the target."""
        return value <= self.target if self.at_most else value >= self.target

    def share(self, value: float) -> float:
        """The share of the day that is done, 0 to 1.

        Examples
        --------
        >>> Amount(2.0).share(1.5), Amount(2.0, at_most=True).share(3.0)
        (0.75, 0.5)

        """
        if self.is_met(value):
            return 1.0
        if self.at_most:
            return max(0.0, 1.0 - (value - self.target) / self.target) if self.target else 0.0
        return value / self.target


class Count(Amount, frozen=True, forbid_unknown_fields=True, tag="count"):
    """Counted: the target and every value are whole numbers."""


class Duration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="duration"):
    """Timed, in minutes.

    Attributes
    ----------
    target
        The minutes to reach on a day.
    at_most
        Whether the target is an upper limit.
    step
        The minutes that one tap adds.

    """

    target: Value
    at_most: bool = False
    step: Step | msgspec.UnsetType = msgspec.UNSET

    @property
    def can_be_broken(self) -> bool:
        """See `Amount.can_be_broken`."""
        return self.at_most

    def is_met(self, value: float) -> bool:
        """See `Amount.is_met`."""
        return Amount(self.target, at_most=self.at_most).is_met(value)

    def share(self, value: float) -> float:
        """See `Amount.share`."""
        return Amount(self.target, at_most=self.at_most).share(value)


class RangeMeasure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="range"):
    """Measured in *unit*, to lie between *low* and *high*, both included.

    Attributes
    ----------
    low
        The least value that counts.
    high
        The greatest value that counts.
    unit
        What it is measured in.
    step
        What one tap adds.

    """

    low: Value
    high: Value
    unit: UnitName = ""
    step: Step | msgspec.UnsetType = msgspec.UNSET

    @property
    def can_be_broken(self) -> bool:
        """See `Amount.can_be_broken`."""
        return True

    def is_met(self, value: float) -> bool:
        """Whether *value* lies in the range."""
        return self.low <= value <= self.high

    def share(self, value: float) -> float:
        """See `Amount.share`: a floor below the range, a ceiling above it."""
        if value > self.high:
            return Amount(self.high, at_most=True).share(value)
        return Amount(self.low).share(value)


Measured = Amount | Count | Duration | RangeMeasure
Measure = YesNo | Measured


def is_ceiling(measure: Measure) -> bool:
    """Whether its target is a ceiling."""
    return isinstance(measure, Amount | Duration) and measure.at_most


def check_measure(measure: Measure) -> None:
    """Raise `Invalid` for a measure that no value can meet."""
    if isinstance(measure, RangeMeasure) and measure.low > measure.high:
        raise invalid_field("/measure/low", "range_empty", "A range begins below its end.")
    if isinstance(measure, Count):
        check_whole(measure.target, "/measure/target")
        if measure.step is not msgspec.UNSET:
            check_whole(measure.step, "/measure/step")


def check_whole(value: float | None, pointer: str) -> None:
    """Raise `Invalid` unless *value* is a whole number."""
    if value is not None and value != int(value):
        raise invalid_field(pointer, "not_whole", "A count must be a whole number.")

"""Habits: what a person wants to do again and again, and on which days."""

import datetime as dt
import zoneinfo
from typing import Annotated, ClassVar, Self

import msgspec

from models.documents.document import Document, Draft, Mark, fields_of
from models.errors import Flaw, Invalid
from models.identity import HabitId, new_id

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}\Z")]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
Days = Annotated[int, msgspec.Meta(ge=1, le=366)]


class Daily(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="daily"):
    """Due every day."""

    def is_due(self, _day: dt.date) -> bool:
        """Whether it is a due day."""
        return True


class Weekdays(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="weekdays"):
    """Due on some days of the week, 1 (Monday) to 7 (Sunday)."""

    days: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1, max_length=7)]

    def is_due(self, day: dt.date) -> bool:
        """Whether *day* is a due day."""
        return day.isoweekday() in self.days


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="rate"):
    """To be done *times* within any *days* days; every day is a chance."""

    times: Days
    days: Days

    def is_due(self, _day: dt.date) -> bool:
        """Whether it is a due day."""
        return True


Schedule = Daily | Weekdays | Rate


class YesNo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="yes_no"):
    """Done or not."""


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="amount"):
    """Counted or measured in *unit*, with a target that is a floor or, for *at_most*, a ceiling."""

    target: Annotated[float, msgspec.Meta(ge=0, le=1e9)]
    unit: Annotated[str, msgspec.Meta(max_length=32)] = ""
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        """Whether *value* reaches the target."""
        return value <= self.target if self.at_most else value >= self.target


Measure = YesNo | Amount


class HabitDraft(Draft, frozen=True, kw_only=True):
    """What a person may write of a habit; its days begin and end in the IANA zone *tz*."""

    name: Name
    question: Text | None = None
    description: Text | None = None
    measure: Measure = YesNo()
    schedule: Schedule = Daily()
    tz: str = "UTC"
    starts_on: dt.date | None = None
    color: Color | None = None
    archived: bool = False

    def __post_init__(self) -> None:
        check_zone(self.tz)
        if isinstance(self.schedule, Rate) and self.schedule.times > self.schedule.days:
            message = "A habit is done at most once a day: times may not exceed days."
            flaw = Flaw("/schedule/times", "rate_impossible", message)
            raise Invalid("body_invalid", message, flaws=(flaw,))


class NewHabit(HabitDraft, frozen=True, kw_only=True):
    """A habit to be made, under an id that the client may choose."""

    id: HabitId = msgspec.field(default_factory=lambda: new_id("hab"))


class Habit(Document, frozen=True, kw_only=True):
    """A habit.  *source* names the import that it came with."""

    kind: ClassVar[str] = "habit"
    collection: ClassVar[str] = "habits"
    draft: ClassVar[type[Draft]] = HabitDraft

    name: Annotated[Name, Mark.SEALED]
    question: Annotated[Text | None, Mark.SEALED] = None
    description: Annotated[Text | None, Mark.SEALED] = None
    measure: Annotated[Measure, Mark.PERSONAL] = YesNo()
    schedule: Annotated[Schedule, Mark.PERSONAL] = Daily()
    tz: Annotated[str, Mark.PERSONAL] = "UTC"
    starts_on: Annotated[dt.date, Mark.PERSONAL]
    color: Color | None = None
    archived: bool = False
    source: str | None = None

    @classmethod
    def drafted(
        cls, draft: NewHabit, *, owner: str, at: dt.datetime, source: str | None = None
    ) -> Self:
        """A new habit; without a first day it starts today, where its owner lives."""
        today = at.astimezone(zoneinfo.ZoneInfo(draft.tz)).date()
        fields = fields_of(draft, HabitDraft) | {"starts_on": draft.starts_on or today}
        return cls(id=draft.id, owner=owner, created_at=at, updated_at=at, source=source, **fields)

    def revised(self, draft: HabitDraft, at: dt.datetime) -> Self:
        """The same habit as *draft* says."""
        fields = fields_of(draft, HabitDraft) | {"starts_on": draft.starts_on or self.starts_on}
        return msgspec.structs.replace(self.advanced(at), **fields)


def check_zone(tz: str) -> None:
    """Raise `Invalid` unless *tz* is a zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{tz[:64]!r} is not a time zone of the IANA database (Europe/Berlin)."
        flaw = Flaw("/tz", "zone_unknown", message)
        raise Invalid("body_invalid", message, flaws=(flaw,)) from None

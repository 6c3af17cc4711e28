"""Habits: what a person wants to do again and again, with a schedule and a measure.

What schedules and measures mean is in `models.habits`.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Derived, Document, Draft, Order, Privacy, fields_of
from models.base.fields import Choice, Color, OwnZone, ShortText, Title, own_zone
from models.base.ids import id_pattern, new_id
from models.base.reminders import Reminder, check_new_reminders, next_occurrence
from models.base.time import (
    check_counted,
    check_stored_zone,
    check_zone,
    local_date,
    start_of_day,
)
from models.habits.measures import Measure, YesNo, check_measure
from models.habits.schedules import Daily, Schedule, check_new_schedule, check_schedule

ID_PREFIX: Final = "hab"  # of ids
HabitId = Annotated[str, id_pattern(ID_PREFIX)]
DayStart = Annotated[int, msgspec.Meta(ge=0, le=1439)]
Position = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]


class HabitCategory(Choice):
    """The area of life that a habit is about."""

    HEALTH = "health"
    FITNESS = "fitness"
    PRODUCTIVITY = "productivity"
    MINDFULNESS = "mindfulness"
    LEARNING = "learning"
    SOCIAL = "social"
    CREATIVE = "creative"
    FINANCE = "finance"
    OTHER = "other"


class HabitDraft(Draft, frozen=True, kw_only=True):
    """The fields of a habit that a person may write.

    Attributes
    ----------
    tz, day_start
        Its days begin so many minutes after midnight in this zone of the IANA database, which is
        its owner's if a new habit names none.
    starts_on
        The first day that counts without an entry.
    position
        Where it stands among the others; those of one position are in the order of their making.
    name
        What the habit is called.
    question
        What to ask on a day.
    description
        What it is about.
    category
        The area of life.
    measure
        How it is measured.
    schedule
        When it is due.
    reminders
        When to be reminded.
    color
        The color that it is shown in.
    archived
        Whether it is put away.

    """

    free_text: ClassVar[tuple[str, ...]] = ("name", "question", "description")

    name: Title
    question: ShortText | None = None
    description: ShortText | None = None
    category: HabitCategory | None = None
    measure: Measure = YesNo()
    schedule: Schedule = Daily()
    tz: OwnZone = own_zone()
    day_start: DayStart = 0
    starts_on: dt.date | None = None
    reminders: Annotated[tuple[Reminder, ...], msgspec.Meta(max_length=10)] = ()
    color: Color | None = None
    position: Position = 0.0
    archived: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        check_schedule(self.schedule)
        check_measure(self.measure)
        check_counted(self.starts_on, "/starts_on")


class NewHabit(HabitDraft, frozen=True, kw_only=True):
    """A new habit, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: HabitId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_new_schedule(self.schedule)
        check_new_reminders(self.reminders)


class Habit(Document, frozen=True, kw_only=True):
    """A habit.

    Attributes
    ----------
    archived_at
        Since when it is archived; from then on nothing is asked of it.
    source
        The import that it came with.
    tz
        The time zone that its days are counted in.
    day_start
        The minute after midnight at which its days begin.
    starts_on
        The first day on which it counts.
    position
        The place in the list, in ascending order.

    """

    kind: ClassVar[str] = "habit"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "habits"
    draft: ClassVar[type[Draft]] = HabitDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("position"),
        Order("position", ("archived",)),
        Order("position", ("category",)),
        Order("position", ("archived", "category")),
        Order("updated_at"),
    )

    name: Annotated[Title, Privacy.SEALED]
    question: Annotated[ShortText | None, Privacy.SEALED] = None
    description: Annotated[ShortText | None, Privacy.SEALED] = None
    category: Annotated[HabitCategory | None, Privacy.PERSONAL] = None
    measure: Annotated[Measure, Privacy.PERSONAL] = YesNo()
    schedule: Annotated[Schedule, Privacy.PERSONAL] = Daily()
    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    day_start: Annotated[DayStart, Privacy.PERSONAL] = 0
    starts_on: Annotated[dt.date, Privacy.PERSONAL, Derived("tz", "day_start")]
    reminders: Annotated[tuple[Reminder, ...], Privacy.PERSONAL] = ()
    color: Color | None = None
    position: Position = 0.0
    archived: bool = False
    archived_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Derived("archived")] = None
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone, and an impossible schedule or measure."""
        check_stored_zone(self.tz)
        check_schedule(self.schedule)
        check_measure(self.measure)

    @classmethod
    def drafted(
        cls, draft: NewHabit, *, owner: str, at: dt.datetime, source: str | None = None
    ) -> Self:
        """A new habit; without a first day it starts today, where its owner lives."""
        today = local_date(at, draft.tz, draft.day_start)
        fields = fields_of(draft, HabitDraft) | {"starts_on": draft.starts_on or today}
        return cls(
            id=draft.id,
            owner=owner,
            created_at=at,
            updated_at=at,
            archived_at=at if draft.archived else None,
            source=source,
            **fields,
        )

    def revised(self, draft: HabitDraft, at: dt.datetime) -> Self:
        """The same habit as *draft* says.

        What it has already it may keep, also what would be refused as new.
        """
        if draft.schedule != self.schedule:
            check_new_schedule(draft.schedule)
        check_new_reminders(draft.reminders, self.reminders)
        fields = fields_of(draft, HabitDraft) | {"starts_on": draft.starts_on or self.starts_on}
        since = (self.archived_at or at) if draft.archived else None
        return msgspec.structs.replace(self.advanced(at), archived_at=since, **fields)

    def today(self, now: dt.datetime) -> dt.date:
        """The local date of its owner at *now*."""
        return local_date(now, self.tz, self.day_start)

    def last_day(self, today: dt.date) -> dt.date:
        """*today*, or the day on which it was archived."""
        if self.archived_at is None:
            return today
        return min(today, self.today(self.archived_at))

    def next_reminder(self, after: dt.datetime) -> dt.datetime | None:
        """The next moment after *after* at which the clock shows the time of one of its reminders.

        Whether it asks for anything on that day is not looked at: vacations are no part of it, and
        whoever reminds looks anyway.
        """
        if self.archived or not self.reminders:
            return None
        begins = start_of_day(self.starts_on, self.tz) - dt.timedelta.resolution
        return next_occurrence(self.reminders, self.tz, self.day_start, max(after, begins))

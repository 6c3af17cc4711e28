"""Tasks, once or repeated, with due dates and steps.

A task is due on a date, or on a date at a wall time; *tz* says whose date and whose clock.  What
follows for everybody's clock is computed once, when it is written: *due_at*.
"""

import datetime as dt
from collections.abc import Collection
from typing import Annotated, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Derived, Document, Draft, Order, Privacy, fields_of
from models.base.fields import LongText, OwnZone, Place, Tag, Title, WallTime, own_zone
from models.base.ids import PartId, id_pattern, new_id
from models.base.merge import Merge
from models.base.recurrence import (
    Repeat,
    check_dateless,
    next_date,
    next_in_series,
    series_of,
)
from models.base.reminders import ReminderMinutes, check_reminder_minutes
from models.base.text.search_words import distinct, label
from models.base.time import (
    check_date,
    check_stored_zone,
    check_zone,
    instant,
    last_moment_of_day,
    local_date,
)
from models.goals import GoalId

ID_PREFIX: Final = "tsk"  # of ids
TaskId = Annotated[str, id_pattern(ID_PREFIX)]
Status = Literal["pending", "in_progress", "completed", "cancelled"]
OPEN: Final[frozenset[Status]] = frozenset({"pending", "in_progress"})
Priority = Literal["low", "medium", "high", "urgent"]
Category = Literal["work", "personal", "health", "learning", "finance", "other"]
Tags = Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a task; steps are shown in order of *place*.

    Attributes
    ----------
    title
        What is to be done.
    done
        Whether it is done.
    place
        The place among its siblings, in ascending order.

    """

    free_text: ClassVar[tuple[str, ...]] = ("title",)

    title: Title
    done: bool = False
    place: Place = 0.0


Steps = Annotated[dict[PartId, Step], msgspec.Meta(max_length=100)]


class TaskDraft(Draft, frozen=True, kw_only=True):
    """The fields of a task that a person may write.

    Attributes
    ----------
    due_time
        Hours and minutes on the clocks of *tz*; without them the task is due within *due_date*.
    steps
        Parts by an id that the client chooses: two devices may tick off two of them at once.
    goal
        What it is done for; the goal may be gone by now.
    repeats
        When it is completed, the next one of its series is made.
    title
        What is to be done.
    notes
        Notes about it.
    status
        How it stands.
    priority
        How much it matters.
    category
        The area of life.
    due_date
        The day on which it is due.
    tz
        The time zone of the due date.
    tags
        The tags.
    reminder_minutes_before
        When to be reminded: so many minutes before it is due, or before nine in the morning of a
        due date without a time.  What makes whole days are days of the calendar.

    """

    free_text: ClassVar[tuple[str, ...]] = ("title", "notes", "tags", "steps")

    title: Title
    notes: LongText | None = None
    status: Status = "pending"
    priority: Priority = "medium"
    category: Category = "personal"
    due_date: dt.date | None = None
    due_time: WallTime | None = None
    tz: OwnZone = own_zone()
    tags: Tags = ()
    goal: GoalId | None = None
    steps: Steps = msgspec.field(default_factory=dict)
    repeats: Repeat | None = None
    reminder_minutes_before: ReminderMinutes = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        check_date(self.due_date, "/due_date")
        check_reminder_minutes(self.reminder_minutes_before)
        msgspec.structs.force_setattr(self, "tags", distinct(self.tags))
        if self.due_date is None:
            check_dateless(
                "A task without a due date",
                due_time=self.due_time,
                repeats=self.repeats,
                reminder_minutes_before=self.reminder_minutes_before,
            )


class NewTask(TaskDraft, frozen=True, kw_only=True):
    """A new task, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: TaskId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class Task(Document, frozen=True, kw_only=True):
    """A task, when it becomes overdue, and when it was completed.

    Attributes
    ----------
    due_at
        The last moment at which it is not overdue.
    series
        The first due date of those that repeat.
    due_time
        The wall time at which it is due.
    goal
        The goal that it serves.
    steps
        The steps, by id.
    repeats
        How it comes again once it is done.
    completed_at
        When it was completed.
    reminder_minutes_before
        How many minutes before it is due its person is reminded.

    """

    kind: ClassVar[str] = "task"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "tasks"
    draft: ClassVar[type[Draft]] = TaskDraft
    # When one that repeats is completed, the next one comes.
    sources: ClassVar[tuple[str, ...]] = ("status", "repeats")
    orders: ClassVar[tuple[Order, ...]] = (
        Order("created_at"),
        Order("updated_at"),
        Order("completed_at"),
        Order("due_at"),
        Order("due_at", ("status",)),
        Order("created_at", ("words",)),
        Order("due_at", ("status", "priority", "category")),  # covers the statistics
    )

    title: Annotated[Title, Privacy.SEALED]
    notes: Annotated[LongText | None, Privacy.SEALED, Merge.APPEND] = None
    status: Annotated[Status, Privacy.PERSONAL] = "pending"
    priority: Annotated[Priority, Privacy.PERSONAL] = "medium"
    category: Annotated[Category, Privacy.PERSONAL] = "personal"
    due_date: Annotated[dt.date | None, Privacy.PERSONAL] = None
    due_time: Annotated[WallTime | None, Privacy.PERSONAL] = None
    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    tags: Annotated[Tags, Privacy.SEALED, Merge.APPEND] = ()
    goal: Annotated[GoalId | None, Privacy.PERSONAL] = None
    steps: Annotated[Steps, Privacy.SEALED] = msgspec.field(default_factory=dict)
    repeats: Annotated[Repeat | None, Privacy.PERSONAL] = None
    reminder_minutes_before: Annotated[ReminderMinutes, Privacy.PERSONAL] = ()
    due_at: Annotated[
        dt.datetime | None, Privacy.PERSONAL, Derived("due_date", "due_time", "tz")
    ] = None
    completed_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Derived("status")] = None
    series: Annotated[dt.date | None, Privacy.PERSONAL, Derived("due_date", "repeats")] = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no day of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: NewTask, *, owner: str, at: dt.datetime) -> Self:
        """A new task."""
        return cls(
            id=draft.id,
            owner=owner,
            created_at=at,
            updated_at=at,
            due_at=due_at(draft),
            completed_at=at if draft.status == "completed" else None,
            series=series_of(draft.due_date, draft.repeats),
            **fields_of(draft, TaskDraft),
        )

    def revised(self, draft: TaskDraft, at: dt.datetime) -> Self:
        """The same task as *draft* says; another date or rule begins the series anew."""
        same = (draft.due_date, draft.repeats) == (self.due_date, self.repeats)
        return msgspec.structs.replace(
            self.advanced(at),
            due_at=due_at(draft),
            completed_at=(self.completed_at or at) if draft.status == "completed" else None,
            series=self.series if same else series_of(draft.due_date, draft.repeats),
            **fields_of(draft, TaskDraft),
        )

    def completed(self, at: dt.datetime) -> Self:
        """The same task, done."""
        return msgspec.structs.replace(self.advanced(at), status="completed", completed_at=at)

    def reopened(self, at: dt.datetime) -> Self:
        """The same task, pending again."""
        return msgspec.structs.replace(self.advanced(at), status="pending", completed_at=None)

    def successor(self, at: dt.datetime) -> Self | None:
        """The next task of its series, made when this one was completed *at*; None for the last."""
        due = next_date(self.repeats, self.series, self.due_date, local_date(at, self.tz))
        if due is None:
            return None
        steps = {
            name: msgspec.structs.replace(step, done=False) for name, step in self.steps.items()
        }
        return next_in_series(
            self,
            at,
            status="pending",
            completed_at=None,
            due_date=due,
            due_at=_due_at(due, self.due_time, self.tz),
            steps=steps,
        )

    def words(self) -> Collection[str]:
        """See `Document.words`."""
        return frozenset(map(label, self.tags))


def due_at(draft: TaskDraft) -> dt.datetime | None:
    """The last moment at which a task as in *draft* is not overdue."""
    return None if draft.due_date is None else _due_at(draft.due_date, draft.due_time, draft.tz)


def _due_at(day: dt.date, clock: str | None, tz: str) -> dt.datetime:
    return (
        last_moment_of_day(day, tz)
        if clock is None
        else instant(day, dt.time.fromisoformat(clock), tz)
    )

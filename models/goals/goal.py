"""Goals, their progress, and their status.

How far a goal is follows from its key results; without any from its milestones; without those its
owner says so.  Everything that follows is computed when the goal is written, from the goal alone.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self, TypeVar

import msgspec

from models.base.document import Derived, Discloses, Document, Draft, Order, Privacy, fields_of
from models.base.errors import Conflict, invalid_field
from models.base.fields import Choice, LongText, OwnZone, ShortText, Title
from models.base.ids import PartId, id_pattern, new_id
from models.base.merge import Merge
from models.base.recurrence import (
    Repeat,
    check_dateless,
    next_date,
    next_in_series,
    series_of,
)
from models.base.reminders import (
    Reminder,
    ReminderMinutes,
    check_new_reminders,
    check_reminder_minutes,
)
from models.base.time import check_date, check_stored_zone, check_zone
from models.goals.goal_parts import DailyProgress, KeyResult, Milestone, Smart

ID_PREFIX: Final = "gol"  # of ids
GoalId = Annotated[str, id_pattern(ID_PREFIX)]
G = TypeVar("G", bound="Goal")

Progress = Annotated[float, msgspec.Meta(ge=0, le=1)]
Priority = Literal["low", "medium", "high"]
Status = Literal["active", "paused", "completed", "cancelled"]
Milestones = Annotated[dict[PartId, Milestone], msgspec.Meta(max_length=100)]
KeyResults = Annotated[dict[PartId, KeyResult], msgspec.Meta(max_length=30)]
Needed = Annotated[tuple[GoalId, ...], msgspec.Meta(max_length=20)]

TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = {
    "active": frozenset({"paused", "completed", "cancelled"}),
    "paused": frozenset({"active", "completed", "cancelled"}),
    "completed": frozenset({"active"}),
    "cancelled": frozenset({"active"}),
}
_OF_A_POINT: Final = ("goal.point:value", "goal.point:key_result", "goal.point:at")
TRACKED: Final = 30  # days of which the progress is kept in the goal itself


class GoalCategory(Choice):
    """The area of life that a goal is about."""

    CAREER = "career"
    EDUCATION = "education"
    FINANCE = "finance"
    HEALTH = "health"
    LEARNING = "learning"
    OTHER = "other"
    PERSONAL = "personal"
    RELATIONSHIP = "relationship"


class GoalDraft(Draft, frozen=True, kw_only=True):
    """The fields of a goal that a person may write.

    Attributes
    ----------
    progress
        A share from 0 to 1, of goals without key results and milestones.
    milestones, key_results
        Parts by an id that the client chooses: two devices may change two of them at once.
    depends_on
        Goals that have to be completed first.
    repeats
        When the goal is completed, the next one of its series is made.
    private_notes
        Never shown to anybody else, whatever is shared.
    title
        What is to be reached.
    description
        What it is about.
    category
        The area of life.
    priority
        How much it matters.
    status
        How it stands.
    starts_on
        The first day.
    target_date
        The day by which it is to be reached.
    smart
        The answers to what makes a goal SMART.
    archived
        Whether it is put away.
    tz
        The time zone of its reminders.
    reminders
        When to be reminded from its first day to its target date, while it is active.
    reminder_minutes_before
        When to be reminded of its target date: so many minutes before nine in its morning.  What
        makes whole days are days of the calendar.

    """

    free_text: ClassVar[tuple[str, ...]] = (
        "title",
        "description",
        "private_notes",
        "smart",
        "milestones",
        "key_results",
    )

    title: Title
    description: ShortText | None = None
    category: GoalCategory = GoalCategory.PERSONAL
    priority: Priority = "medium"
    status: Status = "active"
    progress: Progress = 0.0
    starts_on: dt.date | None = None
    target_date: dt.date | None = None
    smart: Smart | None = None
    milestones: Milestones = msgspec.field(default_factory=dict)
    key_results: KeyResults = msgspec.field(default_factory=dict)
    depends_on: Needed = ()
    repeats: Repeat | None = None
    private_notes: LongText | None = None
    archived: bool = False
    tz: OwnZone | None = None
    reminders: Annotated[tuple[Reminder, ...], msgspec.Meta(max_length=10)] = ()
    reminder_minutes_before: ReminderMinutes = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_reminder_minutes(self.reminder_minutes_before)
        if self.tz is not None:
            check_zone(self.tz)
        check_date(self.starts_on, "/starts_on")
        check_date(self.target_date, "/target_date")
        if self.starts_on and self.target_date and self.target_date < self.starts_on:
            raise invalid_field("/target_date", "dates_reversed", "A goal ends after it starts.")
        if self.target_date is None:
            check_dateless(
                "A goal without a target date",
                repeats=self.repeats,
                reminder_minutes_before=self.reminder_minutes_before,
            )
        if len(set(self.depends_on)) < len(self.depends_on):
            raise invalid_field("/depends_on", "goal_repeated", "A goal is named twice.")


class NewGoal(GoalDraft, frozen=True, kw_only=True):
    """A new goal, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: GoalId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class Goal(Document, frozen=True, kw_only=True):
    """A goal, with its progress and what else is computed from it.

    Attributes
    ----------
    completed_at
        When it was completed; null while it is not.
    measured
        When the newest progress point of each key result was taken; that of the goal itself stands
        under the empty name.
    points
        How many progress points there are.
    track
        How far it was on the last days on which that changed.
    series
        The first target date of those that repeat.
    progress
        How much is done, from 0 to 1.
    milestones
        The milestones, by id.
    key_results
        The key results, by id.
    depends_on
        The goals that have to be reached first.
    repeats
        How the goal begins anew once it is reached.
    private_notes
        Notes that no coach sees.
    tz
        The time zone of its reminders; null in those that are older than reminders, and have none.

    """

    kind: ClassVar[str] = "goal"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "goals"
    draft: ClassVar[type[Draft]] = GoalDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("created_at"),
        Order("updated_at"),
        Order("target_date"),
        Order("target_date", ("status",)),
        Order("created_at", ("status",)),
        Order("progress"),
    )

    title: Annotated[Title, Privacy.SEALED]
    description: Annotated[ShortText | None, Privacy.SEALED] = None
    category: Annotated[GoalCategory, Privacy.PERSONAL] = GoalCategory.PERSONAL
    priority: Annotated[Priority, Privacy.PERSONAL] = "medium"
    status: Annotated[Status, Privacy.PERSONAL, Derived("progress")] = "active"
    progress: Annotated[
        Progress, Privacy.PERSONAL, Merge.MAX, Derived("milestones", "key_results", *_OF_A_POINT)
    ] = 0.0
    starts_on: Annotated[dt.date | None, Privacy.PERSONAL, Derived("target_date")] = None
    target_date: Annotated[dt.date | None, Privacy.PERSONAL, Derived("repeats")] = None
    smart: Annotated[Smart | None, Privacy.SEALED] = None
    milestones: Annotated[Milestones, Privacy.SEALED, Discloses("progress")] = msgspec.field(
        default_factory=dict
    )
    key_results: Annotated[
        KeyResults, Privacy.SEALED, Derived(*_OF_A_POINT), Discloses("progress")
    ] = msgspec.field(default_factory=dict)
    depends_on: Annotated[Needed, Privacy.PERSONAL] = ()
    repeats: Annotated[Repeat | None, Privacy.PERSONAL] = None
    private_notes: Annotated[LongText | None, Privacy.SEALED, Privacy.PRIVATE, Merge.APPEND] = None
    archived: bool = False
    tz: Annotated[str | None, Privacy.PERSONAL, Derived("reminders", "reminder_minutes_before")] = (
        None
    )
    reminders: Annotated[tuple[Reminder, ...], Privacy.PERSONAL] = ()
    reminder_minutes_before: Annotated[ReminderMinutes, Privacy.PERSONAL] = ()
    completed_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Derived("status")] = None
    measured: Annotated[
        dict[str, dt.datetime], Privacy.PERSONAL, Derived("key_results", *_OF_A_POINT)
    ] = msgspec.field(default_factory=dict)
    points: Annotated[int, Privacy.PERSONAL] = 0
    track: Annotated[tuple[DailyProgress, ...], Privacy.PERSONAL, Derived("progress")] = ()
    series: Annotated[dt.date | None, Privacy.PERSONAL, Derived("target_date", "repeats")] = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone."""
        if self.tz is not None:
            check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: NewGoal, *, owner: str, at: dt.datetime) -> Self:
        """A new goal."""
        _check_reminders(draft)
        goal = cls(
            id=draft.id,
            owner=owner,
            created_at=at,
            updated_at=at,
            completed_at=at if draft.status == "completed" else None,
            series=series_of(draft.target_date, draft.repeats),
            **fields_of(draft, GoalDraft),
        )
        return with_computed_fields(goal, None, at)

    def revised(self, draft: GoalDraft, at: dt.datetime) -> Self:
        """The same goal as *draft* says; another date or rule begins the series anew."""
        self._require_transition(draft.status)
        _check_reminders(draft, self.reminders)
        same = (draft.target_date, draft.repeats) == (self.target_date, self.repeats)
        after = msgspec.structs.replace(
            self.advanced(at),
            series=self.series if same else series_of(draft.target_date, draft.repeats),
            measured={
                name: moment
                for name, moment in self.measured.items()
                if name in draft.key_results or not name
            },
            **fields_of(draft, GoalDraft),
        )
        return with_computed_fields(after, self, at)

    def counted(
        self,
        points: int,
        name: str | None,
        newest: tuple[float, dt.datetime] | None,
        at: dt.datetime,
    ) -> Self:
        """The same goal with *points* progress points, the *newest* of the key result *name*.

        The name of the goal itself is empty; None moves nothing.  Without any point it is where it
        began.
        """
        if name is None:
            return msgspec.structs.replace(self.advanced(at), points=points)
        measured = {key: moment for key, moment in self.measured.items() if key != name}
        value = None
        if newest is not None:
            value, measured[name] = newest
        after = msgspec.structs.replace(self.advanced(at), points=points, measured=measured)
        if name:
            moved = self.key_results | {name: self.key_results[name].measured(value)}
            after = msgspec.structs.replace(after, key_results=moved)
        elif not self.has_parts:
            after = msgspec.structs.replace(after, progress=value or 0.0)
        return with_computed_fields(after, self, at)

    def without_a_point(self) -> Self:
        """The same goal with one point less, which cannot be read any more."""
        return msgspec.structs.replace(self, points=self.points - 1)

    @property
    def has_parts(self) -> bool:
        """Whether its progress is computed from key results or milestones."""
        return bool(self.key_results or self.milestones)

    def successor(self, at: dt.datetime) -> Self | None:
        """The next goal of its series, made when this one was completed *at*; None for the last."""
        target = next_date(self.repeats, self.series, self.target_date, at.date())
        if target is None:
            return None
        fresh = next_in_series(
            self,
            at,
            status="active",
            progress=0.0,
            completed_at=None,
            starts_on=self.target_date if self.starts_on else None,
            target_date=target,
            milestones={name: milestone.renewed() for name, milestone in self.milestones.items()},
            key_results={
                name: key_result.measured(None) for name, key_result in self.key_results.items()
            },
            measured={},
            points=0,
            track=(),
        )
        return with_computed_fields(fresh, None, at)

    def _require_transition(self, status: Status) -> None:
        if status != self.status and status not in TRANSITIONS[self.status]:
            raise Conflict(
                "transition_refused",
                f"A goal that is {self.status} cannot become {status}.",
                extra={"allowed": sorted(TRANSITIONS[self.status])},
            )


def with_computed_fields(goal: G, before: G | None, at: dt.datetime) -> G:
    """*goal*, the next version of *before*, with its computed fields."""
    progress = _progress(goal)
    status = goal.status
    if before is not None and status == before.status:
        if status == "active" and before.progress < 1 <= progress:
            status = "completed"
        elif status == "completed" and progress < 1 <= before.progress:
            status = "active"
    completed_at = (before and before.completed_at) or goal.completed_at or at
    moved = before is None or progress != before.progress
    return msgspec.structs.replace(
        goal,
        progress=progress,
        status=status,
        completed_at=completed_at if status == "completed" else None,
        track=_tracked(goal.track, at.date(), progress) if moved else goal.track,
    )


def _progress(goal: Goal) -> float:
    parts: tuple[KeyResult | Milestone, ...] = tuple(goal.key_results.values()) or tuple(
        goal.milestones.values()
    )
    return sum(part.progress for part in parts) / len(parts) if parts else goal.progress


def _tracked(
    track: tuple[DailyProgress, ...], day: dt.date, progress: float
) -> tuple[DailyProgress, ...]:
    before = track[:-1] if track and track[-1].day == day else track
    return (*before, DailyProgress(day, progress))[-TRACKED:]


def _check_reminders(draft: GoalDraft, before: tuple[Reminder, ...] = ()) -> None:
    check_new_reminders(draft.reminders, before)
    if draft.tz is None and (draft.reminders or draft.reminder_minutes_before):
        raise invalid_field("/tz", "zone_missing", "Reminders come by the clocks of a time zone.")

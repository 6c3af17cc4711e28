"""Entries: the record of one habit on one local date.

An entry is keyed by the date that its owner calls it, decided when it is logged: no clock, job or
journey changes a day of the past.  So everything that the date was decided by stands in the entry.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Derived, Document, Draft, Privacy, fields_of
from models.base.errors import invalid_field
from models.base.fields import Moment, ShortText
from models.base.merge import Merge
from models.base.time import (
    AHEAD,
    DAY,
    EPOCH,
    HORIZON,
    check_stored_zone,
    check_zone,
    local_date,
    minute_of,
    to_stored,
)
from models.habits.habit import DayStart, Habit
from models.habits.measures import Count, Value, YesNo, check_whole

MAX_BACKFILL: Final = dt.timedelta(days=3653)  # how far back a day can be written down by hand
MAX_AHEAD: Final = dt.timedelta(days=366)  # how far ahead one can be skipped or frozen


State = Literal["done", "missed", "skip", "freeze"]


class EntryDraft(Draft, frozen=True, kw_only=True):
    """The fields of an entry that a person may write.

    Attributes
    ----------
    value
        For habits with a measure, only; a duration is in minutes.
    at
        When it was done, if not now.
    state
        Whether it was done, skipped or missed.
    note
        A note about the day.

    """

    free_text: ClassVar[tuple[str, ...]] = ("note",)

    state: State = "done"
    value: Value | None = None
    note: ShortText | None = None
    at: Moment | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.at is not None:
            msgspec.structs.force_setattr(self, "at", _kept(self.at))


class Logged(EntryDraft, frozen=True, kw_only=True):
    """An entry to be logged now, on the local date that follows from the moment and the zone.

    Attributes
    ----------
    tz
        Where the person is, if not in the habit's zone.

    """

    tz: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tz is not None:
            check_zone(self.tz)


class Entry(Document, frozen=True, kw_only=True):
    """The entry of one habit on one day.

    Attributes
    ----------
    achieved
        Whether the day counts as done under the habit's measure as it was when the entry was
        written; null for a skipped day, which counts neither way.
    share
        What the day is worth under that measure, 0 to 1; null where that is all or nothing.
    tz, day_start
        Where its owner was when they logged, and how many minutes after midnight the day began.
    minute
        What their clock showed when it was done, in minutes after midnight; null if nobody knows.
    backfilled
        Whether the day was over when it was first written down.
    habit
        The habit.
    local_date
        The day, in the habit's time zone.
    value
        The amount.
    at
        When it was logged for.
    source
        Where it comes from.

    """

    kind: ClassVar[str] = "habit.entry"
    parent: ClassVar[type[Document] | None] = Habit
    collection: ClassVar[str] = "habit_entries"
    draft: ClassVar[type[Draft]] = EntryDraft

    habit: str
    local_date: Annotated[dt.date, Privacy.PERSONAL]
    state: Annotated[State, Privacy.PERSONAL]
    value: Annotated[Value | None, Privacy.PERSONAL, Merge.SUM] = None
    note: Annotated[ShortText | None, Privacy.SEALED, Merge.APPEND] = None
    at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    achieved: Annotated[
        bool | None, Privacy.PERSONAL, Derived("state", "value", "habit:measure")
    ] = None
    share: Annotated[float | None, Privacy.PERSONAL, Derived("state", "value", "habit:measure")] = (
        None
    )
    tz: Annotated[str, Privacy.PERSONAL, Derived("habit:tz")]
    day_start: Annotated[DayStart, Privacy.PERSONAL, Derived("habit:day_start")] = 0
    minute: Annotated[
        int | None, Privacy.PERSONAL, Derived("state", "at", "achieved", "tz", "day_start")
    ] = None
    backfilled: Annotated[bool, Privacy.PERSONAL, Derived("tz", "day_start")] = False
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no day of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(
        cls,
        draft: EntryDraft,
        *,
        habit: Habit,
        day: dt.date,
        at: dt.datetime,
        tz: str | None = None,
        source: str | None = None,
    ) -> Self:
        """A new entry; raises `Invalid` when value and measure do not fit."""
        place = tz or habit.tz
        today = local_date(at, place, habit.day_start)
        entry = cls(
            id=entry_id(habit.id, day),
            owner=habit.owner,
            created_at=at,
            updated_at=at,
            habit=habit.id,
            local_date=day,
            tz=place,
            day_start=habit.day_start,
            backfilled=day < today,
            source=source,
            **judged(draft, habit),
        )
        return msgspec.structs.replace(entry, minute=entry.minute_done(at))

    def revised(
        self, draft: EntryDraft, *, habit: Habit, at: dt.datetime, source: str | None = None
    ) -> Self:
        """The same entry as *draft* says.  Where and when it was first logged stays."""
        entry = msgspec.structs.replace(self.advanced(at), source=source, **judged(draft, habit))
        stays = self.at is None and entry.at is None and entry.achieved == self.achieved
        minute = self.minute if stays else entry.minute_done(at)
        return msgspec.structs.replace(entry, minute=minute)

    def minute_done(self, written: dt.datetime) -> int | None:
        """The local time, in minutes, at which it was done, for an entry that is written now.

        That is known of a moment that is given, and of a day that is not over.
        """
        if self.state != "done":
            return None
        if self.at is not None:
            return minute_of(self.at, self.tz)
        if local_date(written, self.tz, self.day_start) != self.local_date:
            return None
        return minute_of(written, self.tz)


def entry_id(habit_id: str, day: dt.date) -> str:
    """The id of a habit's entry: it stands below the habit's."""
    return f"{habit_id}/{day.isoformat()}"


def check_day(day: dt.date, draft: EntryDraft, now: dt.datetime) -> None:
    """Raise `Invalid` for a day out of range, or for a moment that is not on it."""
    check_not_ahead(day, draft, now)
    if day < (now + AHEAD).date() - MAX_BACKFILL:
        message = (
            f"A day can be written down for {MAX_BACKFILL.days} days. Older ones: import them."
        )
        raise invalid_field("/local_date", "day_too_old", message)
    if draft.at is not None:
        _check_moment(day, draft.at, now)


def check_not_ahead(day: dt.date, draft: EntryDraft, now: dt.datetime) -> None:
    """Raise `Invalid` for a day that is still to come.

    Nothing is done or missed before its day has begun somewhere on Earth; it can be skipped or
    frozen ahead.
    """
    today = (now + AHEAD).date()
    planned = draft.state in ("skip", "freeze")
    if day > (today + MAX_AHEAD if planned else today):
        message = (
            f"A day can be planned {MAX_AHEAD.days} days ahead at most."
            if planned
            else "That day is still to come: only skip and freeze can be set ahead."
        )
        raise invalid_field("/local_date", "day_ahead", message)


def _check_moment(day: dt.date, at: dt.datetime, now: dt.datetime) -> None:
    # Two days: wherever on Earth it was, and the small hours that still belong to a long evening.
    if abs((at.date() - day).days) > 2 or at > now + DAY:
        raise invalid_field(
            "/at", "moment_elsewhere", "This moment is not on the day it is logged for."
        )


def judged(draft: EntryDraft, habit: Habit) -> dict[str, Any]:
    """The fields of *draft*, and its worth by the measure of *habit*; or `Invalid`."""
    fields = fields_of(draft, EntryDraft)
    achieved, share = _worth(draft, habit)
    return fields | {"achieved": achieved, "share": share}


def _worth(draft: EntryDraft, habit: Habit) -> tuple[bool | None, float | None]:
    measure = habit.measure
    if draft.value is not None and isinstance(measure, YesNo):
        message = "This habit is done or not: it takes no value."
        raise invalid_field("/value", "value_unexpected", message)
    if isinstance(measure, Count):
        check_whole(draft.value, "/value")
    if draft.state != "done":
        # A freeze guards the streak; it does not make the day a done one.
        return (None if draft.state == "skip" else False), None
    if isinstance(measure, YesNo):
        return True, None
    if draft.value is None:
        message = "This habit is measured: a done day needs a value."
        raise invalid_field("/value", "value_missing", message)
    return measure.is_met(draft.value), measure.share(draft.value)


def _kept(at: dt.datetime) -> dt.datetime:
    """*at* in UTC, in the milliseconds that the database keeps."""
    if not EPOCH.year <= at.year < HORIZON.year:
        raise invalid_field(
            "/at", "moment_elsewhere", "This moment is not on the day it is logged for."
        )
    return to_stored(at)

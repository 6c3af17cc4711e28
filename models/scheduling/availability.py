"""When a coach can be booked, for what, and by whom.

Hours are wall times: of the coach's zone, or of another one while they travel.  There is one
document a coach, under an id that follows from theirs.  It is made by their first change; until
then nobody can book them.
"""

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Document, Draft, Privacy, fields_of
from models.base.errors import invalid_field
from models.base.fields import Name, OwnZone, ShortText, Weekday, own_zone
from models.base.ids import PartId, derived_id
from models.base.text.type_words import shaped
from models.base.time import DateRange, check_date, check_stored_zone, check_zone, minute_of_day

ID_PREFIX: Final = "avl"  # of ids
MIDNIGHT: Final = "24:00"  # at the end of a day

Mode = Literal["video", "audio", "chat", "in_person"]
Audience = Literal["nobody", "clients", "everyone"]
OpeningTime = Annotated[
    str,
    shaped(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z",
        form="a time of day such as 09:30",
        max_length=5,
    ),
]
ClosingTime = Annotated[
    str,
    shaped(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z|^24:00\Z",
        form="a time of day such as 17:30, or 24:00",
        max_length=5,
    ),
]
DateText = Annotated[
    str,
    shaped(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", form="a date such as 2026-12-24", max_length=10
    ),
]
Minutes = Annotated[int, msgspec.Meta(ge=5, le=480)]
Buffer = Annotated[int, msgspec.Meta(ge=0, le=240)]
Notice = Annotated[int, msgspec.Meta(ge=0, le=43_200)]
Modes = Annotated[tuple[Mode, ...], msgspec.Meta(min_length=1, max_length=4)]


class DayHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a day in which a coach can be booked.

    Attributes
    ----------
    start
        The wall time at which it begins.
    end
        The wall time at which it is over; 24:00 is the end of the day.

    """

    start: OpeningTime
    end: ClosingTime


class WeeklyHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of one day of each week in which a coach can be booked.

    Attributes
    ----------
    weekday
        The day of the week, from 1 for Monday.
    start
        The wall time at which it begins.
    end
        The wall time at which it is over; 24:00 is the end of the day.

    """

    weekday: Weekday
    start: OpeningTime
    end: ClosingTime


class TimeOff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days on which a coach cannot be booked: a holiday, a vacation.

    Attributes
    ----------
    first
        The first day.
    last
        The last day, which is still one of them.

    """

    first: dt.date
    last: dt.date


class TravelPeriod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days on which a coach's hours are those of another zone.

    Attributes
    ----------
    first
        The first day there.
    last
        The last day there.
    tz
        The time zone there.

    """

    first: dt.date
    last: dt.date
    tz: Annotated[str, msgspec.Meta(max_length=64)]


class SessionType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be booked.

    Attributes
    ----------
    name
        What it is called.
    description
        What it is about.
    minutes
        How long it takes.
    modes
        How the two can meet.
    buffer_before
        Minutes before it in which the coach does nothing else.
    buffer_after
        The same after it.
    is_offered
        Whether it can be booked now.

    """

    name: Name
    description: ShortText | None = None
    minutes: Minutes
    modes: Modes = ("video",)
    buffer_before: Buffer = 0
    buffer_after: Buffer = 0
    is_offered: bool = True


Weekly = Annotated[tuple[WeeklyHours, ...], msgspec.Meta(max_length=70)]
HoursOfDay = Annotated[tuple[DayHours, ...], msgspec.Meta(max_length=4)]
Overrides = Annotated[dict[DateText, HoursOfDay], msgspec.Meta(max_length=366)]
TimesOff = Annotated[tuple[TimeOff, ...], msgspec.Meta(max_length=100)]
Travels = Annotated[tuple[TravelPeriod, ...], msgspec.Meta(max_length=50)]
SessionTypes = Annotated[dict[PartId, SessionType], msgspec.Meta(max_length=20)]
Places = Annotated[dict[Mode, ShortText], msgspec.Meta(max_length=4)]


class AvailabilityDraft(Draft, frozen=True, kw_only=True):
    """The fields of an availability that a coach may write.

    Attributes
    ----------
    tz
        The zone of the hours.
    weekly
        The hours of each week.
    overrides
        The hours of single dates, in the place of those of the week; none at all for a day off.
    time_off
        Days on which nothing can be booked, whatever else says.
    travel
        Days on which the hours are those of another zone.
    session_types
        What can be booked, by an id that the client chooses.
    places
        Where sessions of each mode take place, a link or an address; only those who have booked
        one see it.
    bookable_by
        Who can book: nobody, the coach's clients, or everyone.
    needs_confirmation
        Whether a booking waits for the coach's word.
    notice_minutes
        How long before a session it can still be booked.
    horizon_days
        How many days ahead can be booked.
    slot_minutes
        The minutes from one time that is offered to the next, from the beginning of the hours.
    most_per_day
        How many sessions a day has at most; null for any number.
    most_per_week
        The same of a week, Monday to Sunday.
    cancel_notice_minutes
        How long before a session its client may still cancel it.
    move_notice_minutes
        The same for another time.

    """

    free_text: ClassVar[tuple[str, ...]] = ()

    tz: OwnZone = own_zone()
    weekly: Weekly = ()
    overrides: Overrides = msgspec.field(default_factory=dict)
    time_off: TimesOff = ()
    travel: Travels = ()
    session_types: SessionTypes = msgspec.field(default_factory=dict)
    places: Places = msgspec.field(default_factory=dict)
    bookable_by: Audience = "clients"
    needs_confirmation: bool = False
    notice_minutes: Notice = 1_440
    horizon_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 60
    slot_minutes: Annotated[int, msgspec.Meta(ge=5, le=480)] = 15
    most_per_day: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None
    most_per_week: Annotated[int, msgspec.Meta(ge=1, le=500)] | None = None
    cancel_notice_minutes: Notice = 1_440
    move_notice_minutes: Notice = 2_880

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        _check_hours(self.weekly, "/weekly")
        for date, hours in self.overrides.items():
            _check_day(date)
            _check_hours(hours, f"/overrides/{date}")
        _check_ranges(self.time_off, "/time_off")
        _check_travel(self.travel)


class Availability(Document, frozen=True, kw_only=True):
    """When a coach can be booked, for what, and by whom."""

    kind: ClassVar[str] = "availability"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "availabilities"
    draft: ClassVar[type[Draft]] = AvailabilityDraft

    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    weekly: Annotated[Weekly, Privacy.PERSONAL] = ()
    overrides: Annotated[Overrides, Privacy.PERSONAL] = msgspec.field(default_factory=dict)
    time_off: Annotated[TimesOff, Privacy.PERSONAL] = ()
    travel: Annotated[Travels, Privacy.PERSONAL] = ()
    session_types: Annotated[SessionTypes, Privacy.SEALED] = msgspec.field(default_factory=dict)
    places: Annotated[Places, Privacy.SEALED] = msgspec.field(default_factory=dict)
    bookable_by: Annotated[Audience, Privacy.PERSONAL] = "clients"
    needs_confirmation: Annotated[bool, Privacy.PERSONAL] = False
    notice_minutes: Annotated[Notice, Privacy.PERSONAL] = 1_440
    horizon_days: Annotated[int, Privacy.PERSONAL] = 60
    slot_minutes: Annotated[int, Privacy.PERSONAL] = 15
    most_per_day: Annotated[int | None, Privacy.PERSONAL] = None
    most_per_week: Annotated[int | None, Privacy.PERSONAL] = None
    cancel_notice_minutes: Annotated[Notice, Privacy.PERSONAL] = 1_440
    move_notice_minutes: Annotated[Notice, Privacy.PERSONAL] = 2_880

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no day of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: AvailabilityDraft, *, owner: str, at: dt.datetime) -> Self:
        """The first availability of *owner*."""
        return cls(
            id=availability_id(owner),
            owner=owner,
            created_at=at,
            updated_at=at,
            **fields_of(draft, AvailabilityDraft),
        )

    @classmethod
    def default(cls, owner: str, tz: str, at: dt.datetime) -> Self:
        """What holds for who has said nothing yet: version 0, with no hours."""
        return cls(
            id=availability_id(owner),
            owner=owner,
            version=0,
            created_at=at,
            updated_at=at,
            tz=tz,
        )

    def revised(self, draft: AvailabilityDraft, at: dt.datetime) -> Self:
        """The same as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, AvailabilityDraft))

    def zone_on(self, day: dt.date) -> str:
        """The zone of the hours of *day*."""
        return next((stay.tz for stay in self.travel if stay.first <= day <= stay.last), self.tz)

    def hours_on(self, day: dt.date) -> Sequence[DayHours | WeeklyHours]:
        """The hours of *day*."""
        if any(off.first <= day <= off.last for off in self.time_off):
            return ()
        if (override := self.overrides.get(day.isoformat())) is not None:
            return override
        return [hours for hours in self.weekly if hours.weekday == day.isoweekday()]


def availability_id(coach: str) -> str:
    """The id of the availability of *coach*."""
    return derived_id(ID_PREFIX, coach)


def closing_minute(time: str) -> int:
    """The minutes after midnight of a closing time.

    Examples
    --------
    >>> closing_minute("17:30"), closing_minute("24:00")
    (1050, 1440)

    """
    return minute_of_day(time)


def _check_hours(rows: Sequence[DayHours | WeeklyHours], pointer: str) -> None:
    for place, hours in enumerate(rows):
        if closing_minute(hours.end) <= minute_of_day(hours.start):
            words = "Hours end later on the same day than they begin: write 24:00, and the rest"
            where = f"{pointer}/{place}/end"
            raise invalid_field(where, "hours_impossible", f"{words} on the next day.")


def _check_day(date: str) -> None:
    try:
        day = dt.date.fromisoformat(date)
    except ValueError:
        words = f"There is no date {date}."
        raise invalid_field(f"/overrides/{date}", "date_impossible", words) from None
    check_date(day, f"/overrides/{date}")


def _check_ranges(rows: Sequence[TimeOff | TravelPeriod], pointer: str) -> None:
    for place, row in enumerate(rows):
        check_date(row.first, f"{pointer}/{place}/first")
        check_date(row.last, f"{pointer}/{place}/last")
        if row.last < row.first:
            words = "Its last day is not before its first."
            raise invalid_field(f"{pointer}/{place}/last", "range_impossible", words)


def _check_travel(travel: Sequence[TravelPeriod]) -> None:
    _check_ranges(travel, "/travel")
    for place, stay in enumerate(travel):
        check_zone(stay.tz, f"/travel/{place}/tz")
    days: list[tuple[DateRange, int]] = sorted(
        ((stay.first, stay.last), place) for place, stay in enumerate(travel)
    )
    for (before, _), (after, place) in itertools.pairwise(days):
        if after[0] <= before[1]:
            words = "Nobody is in two zones on one day: let it begin after the one before."
            raise invalid_field(f"/travel/{place}/first", "range_impossible", words)

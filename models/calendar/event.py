"""Calendar events: one document a series, with all that is different about single occurrences.

An event begins and ends at wall times.  An occurrence is called by the wall time at which it began
before anybody moved it (RECURRENCE-ID, RFC 5545, 3.8.4.4).
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.errors import invalid_field
from models.base.fields import Color, LongText, OwnZone, Title, own_zone
from models.base.ids import id_pattern, new_id
from models.base.rrule import RuleParts, last_day, parse_rule
from models.base.time import AHEAD, DAY, LATEST, check_stored_zone, check_zone
from models.calendar.wall_times import WallMoment, moment_of, parse_wall, wall_of

ID_PREFIX: Final = "cev"  # of ids
EventId = Annotated[str, id_pattern(ID_PREFIX)]
LONGEST: Final = 366 * DAY  # from the beginning to the end of one occurrence
RULE: Final = "/rule"

EventStatus = Literal["confirmed", "tentative", "cancelled"]
Rule = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Location = Annotated[str, msgspec.Meta(max_length=255)]
Starts = Annotated[tuple[WallMoment, ...], msgspec.Meta(max_length=500)]

# A change of one of these is another version for calendar programs (RFC 5545, 3.8.7.4).
_RESCHEDULING: Final = (
    "all_day",
    "starts",
    "ends",
    "tz",
    "floating",
    "rule",
    "extra_dates",
    "excluded_dates",
    "exceptions",
    "status",
)


class EventException(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is different about one occurrence; null is as in the series.

    Attributes
    ----------
    starts
        When it begins.
    ends
        When it ends.
    title
        What it is called.
    location
        Where it is.
    busy
        Whether one has no time for anything else.
    status
        Whether it takes place.

    """

    starts: WallMoment | None = None
    ends: WallMoment | None = None
    title: Title | None = None
    location: Location | None = None
    busy: bool | None = None
    status: EventStatus | None = None


Exceptions = Annotated[dict[WallMoment, EventException], msgspec.Meta(max_length=150)]


class CalendarEventDraft(Draft, frozen=True, kw_only=True):
    """The fields of an event that a person may write.

    Attributes
    ----------
    title
        What it is called.
    description
        What it is about.
    location
        Where it is.
    color
        The color in which it is drawn.
    all_day
        Whether it takes whole days: it begins and ends on dates.
    starts
        The wall time at which it begins, or the first date.
    ends
        The wall time at which it ends, or the last date, which is still one of its days.
    tz
        Whose clocks show these times.
    floating
        Whether they are shown by the clocks of wherever its person is.
    busy
        Whether one has no time for anything else; null for as usual: at a time of day, not on
        whole days.
    status
        Whether it takes place.
    rule
        How it recurs: an RRULE (RFC 5545) that is counted from its beginning, daily at most.
    extra_dates
        When it takes place beside that (RDATE).
    excluded_dates
        When it does not, though the rule says so (EXDATE).
    exceptions
        What is different about single occurrences, by the wall times at which they begin by the
        rule.

    """

    free_text: ClassVar[tuple[str, ...]] = ("title", "description", "location")

    title: Title
    description: LongText | None = None
    location: Location | None = None
    color: Color | None = None
    all_day: bool = False
    starts: WallMoment
    ends: WallMoment
    tz: OwnZone = own_zone()
    floating: bool = False
    busy: bool | None = None
    status: EventStatus = "confirmed"
    rule: Rule | None = None
    extra_dates: Starts = ()
    excluded_dates: Starts = ()
    exceptions: Exceptions = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        starts = self._wall(self.starts, "/starts")
        _check_length(starts, self._wall(self.ends, "/ends"), "/ends", all_day=self.all_day)
        if self.rule is not None:
            self._check_rule(self.rule, starts.date())
        for field in ("extra_dates", "excluded_dates"):
            for place, text in enumerate(getattr(self, field)):
                self._wall(text, f"/{field}/{place}")
        for name, exception in self.exceptions.items():
            self._check_exception(name, exception, starts)

    def _wall(self, text: str, pointer: str) -> dt.datetime:
        return parse_wall(text, pointer, all_day=self.all_day)

    def _check_rule(self, rule: str, first: dt.date) -> None:
        if not rule.isascii():
            raise invalid_field(RULE, "rule_impossible", "An RRULE has the digits 0 to 9.")
        parts = parse_rule(rule, RULE)
        if parts.until is not None and parts.until < first:
            words = "The UNTIL of a rule is not before the beginning of its event."
            raise invalid_field(RULE, "rule_impossible", words)

    def _check_exception(self, name: str, exception: EventException, starts: dt.datetime) -> None:
        pointer = f"/exceptions/{name}"
        begins = self._wall(name, pointer)
        length = wall_of(self.ends) - starts
        if exception.starts is not None:
            begins = self._wall(exception.starts, f"{pointer}/starts")
        if exception.ends is not None:
            ends = self._wall(exception.ends, f"{pointer}/ends")
            _check_length(begins, ends, f"{pointer}/ends", all_day=self.all_day)
        elif begins + length > dt.datetime.combine(LATEST, dt.time()):
            raise invalid_field(pointer, "date_out_of_range", f"Dates go up to {LATEST}.")


class NewCalendarEvent(CalendarEventDraft, frozen=True, kw_only=True):
    """A new event, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: EventId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class CalendarEvent(Document, frozen=True, kw_only=True):
    """An event, or a series of them.

    Attributes
    ----------
    exceptions
        What is different about single occurrences.
    starts_at
        A moment before which no occurrence begins, wherever its person is.
    until_at
        A moment after which none ends; that of the last date there is, if it recurs without end.
    last_date
        The last date of the rule, where that ends.
    sequence
        How often its times were changed (RFC 5545, 3.8.7.4).

    """

    kind: ClassVar[str] = "calendar_event"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "calendar_events"
    draft: ClassVar[type[Draft]] = CalendarEventDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("created_at"),
        Order("updated_at"),
        Order("starts_at"),
        Order("until_at"),
    )

    title: Annotated[Title, Privacy.SEALED]
    description: Annotated[LongText | None, Privacy.SEALED] = None
    location: Annotated[Location | None, Privacy.SEALED] = None
    color: Annotated[Color | None, Privacy.PERSONAL] = None
    all_day: Annotated[bool, Privacy.PERSONAL] = False
    starts: Annotated[WallMoment, Privacy.PERSONAL]
    ends: Annotated[WallMoment, Privacy.PERSONAL]
    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    floating: Annotated[bool, Privacy.PERSONAL] = False
    busy: Annotated[bool | None, Privacy.PERSONAL] = None
    status: Annotated[EventStatus, Privacy.PERSONAL] = "confirmed"
    rule: Annotated[Rule | None, Privacy.PERSONAL] = None
    extra_dates: Annotated[Starts, Privacy.PERSONAL] = ()
    excluded_dates: Annotated[Starts, Privacy.PERSONAL] = ()
    exceptions: Annotated[Exceptions, Privacy.SEALED] = msgspec.field(default_factory=dict)
    starts_at: Annotated[dt.datetime, Privacy.PERSONAL, Privacy.HIDDEN]
    until_at: Annotated[dt.datetime, Privacy.PERSONAL, Privacy.HIDDEN]
    last_date: Annotated[dt.date | None, Privacy.PERSONAL, Privacy.HIDDEN] = None
    sequence: Annotated[int, Privacy.PERSONAL] = 0

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no day of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: NewCalendarEvent, *, owner: str, at: dt.datetime) -> Self:
        """A new event."""
        return cls(
            id=draft.id,
            owner=owner,
            created_at=at,
            updated_at=at,
            **_derived(draft),
            **fields_of(draft, CalendarEventDraft),
        )

    def revised(self, draft: CalendarEventDraft, at: dt.datetime) -> Self:
        """The same event as *draft* says."""
        is_moved = any(getattr(self, name) != getattr(draft, name) for name in _RESCHEDULING)
        return msgspec.structs.replace(
            self.advanced(at),
            sequence=self.sequence + is_moved,
            **_derived(draft),
            **fields_of(draft, CalendarEventDraft),
        )

    @property
    def length(self) -> dt.timedelta:
        """How long an occurrence lasts by the clock on the wall; of whole days, with the last."""
        return wall_of(self.ends) - wall_of(self.starts) + (DAY if self.all_day else dt.timedelta())

    @property
    def takes_time(self) -> bool:
        """Whether one has no time for anything else."""
        return not self.all_day if self.busy is None else self.busy

    @property
    def follows_viewer(self) -> bool:
        """Whether its times are shown by the clocks of wherever its person is."""
        return self.floating or self.all_day

    @property
    def parts(self) -> RuleParts | None:
        """Its rule, without a COUNT: where that ends is known."""
        if self.rule is None:
            return None
        parts = parse_rule(self.rule, RULE)
        if parts.count is None:
            return parts
        return msgspec.structs.replace(parts, count=None, until=self.last_date)


def _derived(draft: CalendarEventDraft) -> dict[str, Any]:
    """The fields that follow from the times of *draft*."""
    starts, ends = wall_of(draft.starts), wall_of(draft.ends)
    walls = [starts, *map(wall_of, draft.extra_dates)]
    changed = draft.exceptions.items()
    begins = [*walls, *(wall_of(one.starts) for _, one in changed if one.starts is not None)]
    length = ends - starts + DAY
    over = [wall + length for wall in begins]
    over += [wall_of(one.ends) + DAY for _, one in changed if one.ends is not None]
    last = None
    if draft.rule is not None:
        last = last_day(parse_rule(draft.rule, RULE), starts.date())
        end = LATEST if last is None else last
        over.append(dt.datetime.combine(min(end, LATEST), dt.time.max) + length)
    is_anywhere = draft.floating or draft.all_day
    tz, edge = ("UTC", AHEAD) if is_anywhere else (draft.tz, dt.timedelta())
    latest = dt.datetime.combine(LATEST, dt.time())
    return {
        "starts_at": moment_of(min(begins), tz) - edge,
        "until_at": moment_of(min(max(over), latest), tz) + edge,
        "last_date": last,
    }


def _check_length(starts: dt.datetime, ends: dt.datetime, pointer: str, *, all_day: bool) -> None:
    if ends < starts or (ends == starts and not all_day):
        words = "It ends after it begins."
        raise invalid_field(pointer, "range_impossible", words)
    if ends - starts > LONGEST:
        raise invalid_field(pointer, "range_impossible", f"It has {LONGEST.days} days at most.")

"""Habits, their entries and vacations, and reports on them."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply, Run, document_reply, write_reply
from handlers.http.pagination import (
    Items,
    ListQuery,
    PageQuery,
    PageSize,
    UpdatedQuery,
    between,
    page_of,
    span_and_rest,
)
from handlers.http.resources import resource
from models.base.errors import Invalid, invalid_parameter
from models.base.time import DAY, EPOCH, check_zone
from models.habits import Entry, EntryDraft, Habit, Logged, NewHabit, NewVacation, Vacation
from models.habits.habit import HabitCategory
from upcoach.services.habits import Habits, HabitServices, Vacations
from upcoach.services.habits.report_types import (
    Analytics,
    HabitToday,
    Overview,
    StreakAnswer,
    UnlockedAchievement,
    UpcomingReminder,
)
from upcoach.store.collections.documents import Selection

HABITS = "/v1/habits"
ENTRIES = HABITS + "/{id}/entries"
ENTRY = ENTRIES + "/{local_date}"
LONGEST = 3_660  # days of analytics


class HabitsQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some habits in some order.

    Attributes
    ----------
    sort
        The order: `position`, which is their owner's, by default, `updated` with *updated_since*;
        descending with a minus.
    archived
        Archived habits, or those that are not; both without it.
    category
        Habits of this category.

    """

    usual: ClassVar[str] = "position"

    archived: bool | None = None
    category: HabitCategory | None = None
    sort: Literal["position", "-position", "updated", "-updated"] | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        order = {"position": "position", "updated": "updated_at"}[self.ordering().removeprefix("-")]
        span, rest = span_and_rest(order, {"updated_at": self.updated()})
        return Selection(
            order=order,
            where=self.given("archived", "category") | rest,
            span=span,
            descending=self.ordering().startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )


class EntriesQuery(PageQuery, frozen=True, kw_only=True):
    """Which entries: those of *from* to *to*, in pages of *limit*, *after* a date.

    Attributes
    ----------
    from
        The first local date.
    to
        The last local date, included.

    """

    first: dt.date | None = msgspec.field(name="from", default=None)
    last: dt.date | None = msgspec.field(name="to", default=None)


class VacationsQuery(ListQuery, frozen=True, kw_only=True):
    """Which vacations, by their last day: those that end on *last_from* or later.

    Attributes
    ----------
    last_from
        Vacations that end on this day or later.

    """

    last_from: dt.date | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        span = between(self.last_from, None)
        return Selection(order="last", span=span, after=self.after, limit=self.limit + 1)


class TodayQuery(Query, frozen=True, kw_only=True):
    """Where somebody is, if not in each habit's zone, and on which date.

    Attributes
    ----------
    date
        The local date; today without it.

    """

    tz: str | None = None
    date: dt.date | None = None


class StreakQuery(Query, frozen=True, kw_only=True):
    """As of which date, and with how many of its newest windows.

    Attributes
    ----------
    date
        The local date to look from; today without it.
    windows
        How many of the newest windows are shown.

    """

    date: dt.date | None = None
    windows: Annotated[int, msgspec.Meta(ge=0, le=366)] = 14


class RangeQuery(Query, frozen=True, kw_only=True):
    """The days *from* one *to* another; without them, the year up to today.

    Attributes
    ----------
    from
        The first local date; a year before the last one without it.
    to
        The last local date, included; today without it.

    """

    first: dt.date | None = msgspec.field(name="from", default=None)
    last: dt.date | None = msgspec.field(name="to", default=None)


class RemindersQuery(Query, frozen=True, kw_only=True):
    """How many of the next."""

    limit: PageSize = 20


async def list_entries(services: HabitServices, call: Call) -> Reply:
    """List a habit's entries by date."""
    query = call.parse_query(EntriesQuery)
    after = query.after
    if query.first is not None and query.first > EPOCH:
        after = max(after, (query.first - DAY).isoformat())
    before = "" if query.last is None else f"{query.last.isoformat()}~"  # behind that day
    entries = await services.habits.entries(
        call.scope, call.names["id"], after=after, before=before, limit=query.limit + 1
    )
    return page_of(
        ENTRIES.format(**call.names),
        call,
        entries,
        query.limit,
        lambda entry: str(entry.local_date),
    )


async def read_entry(services: HabitServices, call: Call) -> Reply:
    """Get the entry of a day."""
    return document_reply(await services.habits.entry(call.scope, call.names["id"], call.day()))


async def log(services: HabitServices, call: Call) -> Reply:
    """Log a habit for today, or for the day that a moment belongs to."""
    draft = call.read(Logged)
    return write_reply(
        await services.habits.log(call.scope, call.names["id"], draft, call.mutation)
    )


async def set_entry(services: HabitServices, call: Call) -> Reply:
    """Set the entry of a day."""
    draft = call.read(EntryDraft)
    return write_reply(
        await services.habits.set_entry(
            call.scope, call.names["id"], call.day(), draft, call.base, call.mutation
        )
    )


async def delete_entry(services: HabitServices, call: Call) -> Reply:
    """Delete the entry of a day."""
    return write_reply(
        await services.habits.delete_entry(
            call.scope, call.names["id"], call.day(), call.base, call.mutation
        )
    )


async def today(services: HabitServices, call: Call) -> Reply:
    """List the habits that are due on a day."""
    query = call.parse_query(TodayQuery)
    _check_dates(services, {"date": query.date})
    if query.tz is not None:
        _check_zone(query.tz)
    habits = await services.habit_reports.today(call.scope, query.tz, query.date)
    return Reply(body=Items(habits))


async def streak(services: HabitServices, call: Call) -> Reply:
    """Get the streak of a habit, and why the last one ended."""
    query = call.parse_query(StreakQuery)
    _check_dates(services, {"date": query.date})
    streak_answer = await services.habit_reports.streak(
        call.scope, call.names["id"], query.date, query.windows
    )
    return Reply(body=streak_answer)


async def analytics(services: HabitServices, call: Call) -> Reply:
    """Get the analytics of a habit."""
    query = _range(services, call)
    report = await services.habit_reports.analytics(
        call.scope,
        call.names["id"],
        query.first,
        query.last,
        with_mood="moods:read" in call.authenticated_caller.permissions,
    )
    return Reply(body=report)


async def overview(services: HabitServices, call: Call) -> Reply:
    """Get the analytics of all habits."""
    query = _range(services, call)
    return Reply(body=await services.habit_reports.overview(call.scope, query.first, query.last))


async def list_achievements(services: HabitServices, call: Call) -> Reply:
    """List the achievements that were unlocked."""
    call.parse_query(Query)
    return Reply(body=Items(await services.habit_reports.achievements(call.scope)))


async def list_reminders(services: HabitServices, call: Call) -> Reply:
    """List the next reminders."""
    query = call.parse_query(RemindersQuery)
    return Reply(body=Items(await services.habit_reports.reminders(call.scope, query.limit)))


def _range(services: HabitServices, call: Call) -> RangeQuery:
    query = call.parse_query(RangeQuery)
    _check_dates(services, {"from": query.first, "to": query.last})
    last = query.last or services.habit_reports.latest_day()
    if query.first is not None and not 0 <= (last - query.first).days < LONGEST:
        raise invalid_parameter("from", f"Ask for 1 to {LONGEST:,} days.")
    return query


def _check_dates(services: HabitServices, dates: Mapping[str, dt.date | None]) -> None:
    latest = services.habit_reports.latest_day()
    for name, date in dates.items():
        if date is not None and not EPOCH <= date <= latest:
            raise invalid_parameter(name, f"Ask about a date from {EPOCH} to today.")


def _check_zone(tz: str) -> None:
    try:
        check_zone(tz)
    except Invalid as refusal:
        raise invalid_parameter("tz", refusal.detail) from None


def _report(
    path: str,
    run: Run[HabitServices],
    gives: Any,
    query: type[Query],
    weight: int,
) -> Operation[HabitServices]:
    return Operation(
        method="GET",
        path=HABITS + path,
        run=run,
        needs="habits:read",
        query=query,
        gives=gives,
        weight=weight,
    )


def _habits(services: HabitServices) -> Habits:
    return services.habits


def _vacations(services: HabitServices) -> Vacations:
    return services.vacations


OPERATIONS = (
    # Before the habits themselves, whose paths have an id in this place.
    _report("/today", today, Items[HabitToday], TodayQuery, 5),
    _report("/analytics", overview, Overview, RangeQuery, 20),
    _report("/achievements", list_achievements, Items[UnlockedAchievement], Query, 20),
    _report("/reminders", list_reminders, Items[UpcomingReminder], RemindersQuery, 5),
    *resource(
        f"{HABITS}/vacations",
        _vacations,
        new=NewVacation,
        gives=Vacation,
        lists=VacationsQuery,
    ),
    *resource(HABITS, _habits, new=NewHabit, gives=Habit, lists=HabitsQuery),
    _report("/{id}/streak", streak, StreakAnswer, StreakQuery, 5),
    _report("/{id}/analytics", analytics, Analytics, RangeQuery, 10),
    Operation(
        method="GET",
        path=ENTRIES,
        run=list_entries,
        needs="habits:read",
        query=EntriesQuery,
        gives=Items[Entry],
    ),
    Operation(
        method="POST",
        path=ENTRIES,
        run=log,
        needs="habits:write",
        body="json",
        takes=Logged,
        gives=Entry,
        statuses=(200, 201),
        live=True,
    ),
    Operation(method="GET", path=ENTRY, run=read_entry, needs="habits:read", gives=Entry),
    Operation(
        method="PUT",
        path=ENTRY,
        run=set_entry,
        needs="habits:write",
        body="json",
        takes=EntryDraft,
        gives=Entry,
        base="taken",
        live=True,
    ),
    Operation(
        method="DELETE",
        path=ENTRY,
        run=delete_entry,
        needs="habits:write",
        base="taken",
        live=True,
    ),
)

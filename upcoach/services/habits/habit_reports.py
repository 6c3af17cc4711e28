"""What a person asks about their habits: today, streaks, analytics, achievements, reminders.

Every answer is computed from the entries as they are, read in one aggregation, habit by habit:
between two of them the loop goes on.
"""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.time import AHEAD, DAY, DateRange, end_of_day, range_containing
from models.habits import Entry, Habit, Vacation
from models.habits.correlation import correlation
from models.habits.entry import entry_id
from models.habits.overview import HabitTotals
from models.habits.pauses import Pauses
from models.habits.reminders import occurrences
from models.habits.schedules import unrolled
from models.habits.statistics import done_by_day
from models.habits.today import today_state
from upcoach.services.habits.habit_history import AsOf, EvaluatedHabit, evaluated_habit
from upcoach.services.habits.report_types import (
    Analytics,
    HabitToday,
    Overview,
    StreakAnswer,
    UnlockedAchievement,
    UpcomingReminder,
)
from upcoach.services.habits.reports import (
    YEAR,
    analytics_of,
    overview_of,
    streak_of,
    summary_of,
    today_of,
    unlocked_by,
)
from upcoach.store.aggregates.habit_histories import Columns, HabitHistories, columns_of
from upcoach.store.base.pacing import paced
from upcoach.store.collections.documents import Documents, Selection

HABITS = 500  # that are looked at in one answer
VACATIONS = 500
ENTRIES = 50_000  # of one habit, where they have to be read one by one
COMING = dt.timedelta(days=14)  # how far reminders are looked for


class HabitReports:
    """Answers about habits."""

    def __init__(self, documents: Documents, histories: HabitHistories, clock: Clock) -> None:
        self._documents = documents
        self._histories = histories
        self._clock = clock

    def latest_day(self) -> dt.date:
        """The date that it is already somewhere on Earth."""
        return (self._clock() + AHEAD).date()

    async def today(self, scope: Scope, tz: str | None, date: dt.date | None) -> list[HabitToday]:
        """What is due today, wherever that is, habit by habit."""
        as_of = AsOf(now=self._clock(), date=date, tz=tz)
        found = await self._all(scope, as_of)
        ids = [entry_id(one.habit.id, one.today) for one in found]
        entries = {
            entry.habit: entry for entry in await self._documents.find_many(Entry, scope.user, ids)
        }
        answers = (
            today_of(one, today_state(one.schedule, one.days, one.units), entries.get(one.habit.id))
            for one in found
        )
        return [one async for one in paced(answers)]

    async def streak(
        self, scope: Scope, habit_id: str, date: dt.date | None, windows: int
    ) -> StreakAnswer:
        """The streak of a habit, with its newest *windows*."""
        one = await self._one(scope, habit_id, AsOf(now=self._clock(), date=date))
        habit = one.habit
        return streak_of(one, windows, end_of_day(one.today, habit.tz, habit.day_start))

    async def analytics(
        self,
        scope: Scope,
        habit_id: str,
        first: dt.date | None,
        last: dt.date | None,
        *,
        with_mood: bool = False,
    ) -> Analytics:
        """What a habit comes to between two dates; by itself, in the year up to today.

        Parameters
        ----------
        with_mood
            Whether the caller may know of moods.

        """
        as_of = AsOf(now=self._clock(), date=last, is_past=True)
        one = await self._one(scope, habit_id, as_of)
        answer = analytics_of(one, first)
        if not with_mood:
            return answer
        span = (answer.first, answer.last)
        levels = await self._histories.levels(scope.user, *span)
        done = done_by_day(one.days, *(day.toordinal() for day in span))
        return msgspec.structs.replace(answer, mood=correlation(done, levels))

    async def overview(self, scope: Scope, first: dt.date | None, last: dt.date | None) -> Overview:
        """What all habits come to between two dates; by itself, in the year up to today."""
        found = await self._all(scope, AsOf(now=self._clock(), date=last, is_past=True))
        end = last or max((one.today for one in found), default=self._clock().date())
        begin = first or end - YEAR + DAY
        sums, summaries = HabitTotals(begin.toordinal(), end.toordinal()), []
        async for one in paced(found):
            sums.add(one.history, one.days, one.units)
            summaries.append(summary_of(one, begin))
        return overview_of(summaries, sums, begin, end)

    async def achievements(self, scope: Scope) -> list[UnlockedAchievement]:
        """What was reached, and what is to be, habit by habit; archived ones too."""
        found = await self._all(scope, AsOf(now=self._clock()), archived=True)
        return [unlocked async for one in paced(found) for unlocked in unlocked_by(one)]

    async def reminders(self, scope: Scope, limit: int) -> list[UpcomingReminder]:
        """The next *limit* reminders within two weeks, soonest first."""
        habits = await self._habits(scope)
        pauses = await self._pauses(scope)
        now = self._clock()
        coming = [
            one async for habit in paced(habits) for one in _coming(habit, pauses.of(habit.id), now)
        ]
        return sorted(coming, key=lambda one: (one.at, one.habit))[:limit]

    async def _one(self, scope: Scope, habit_id: str, as_of: AsOf) -> EvaluatedHabit:
        habit = await self._documents.get(Habit, scope.user, habit_id)
        columns = await self._histories.of(scope.user, habit_id)
        pauses = await self._pauses(scope)
        return await self._followed(habit, columns.get(habit_id), pauses, as_of)

    async def _all(
        self, scope: Scope, as_of: AsOf, *, archived: bool = False
    ) -> list[EvaluatedHabit]:
        habits = await self._habits(scope, archived=archived)
        columns = await self._histories.of(scope.user)
        pauses = await self._pauses(scope)
        return [
            await self._followed(habit, columns.get(habit.id), pauses, as_of)
            async for habit in paced(habits)
        ]

    async def _followed(
        self, habit: Habit, columns: Columns | None, pauses: Pauses, as_of: AsOf
    ) -> EvaluatedHabit:
        """*habit* with its entries; without those that cannot be read, where there are such."""
        async for _ in paced(unrolled(habit.schedule, as_of.day(habit))):
            pass  # a rule takes some milliseconds, the first time
        try:
            return evaluated_habit(habit, columns, pauses.of(habit.id), as_of)
        except (ValueError, TypeError, LookupError, AttributeError, OSError):
            known = await self._documents.page(Entry, habit.owner, below=habit.id, limit=ENTRIES)
            return evaluated_habit(habit, columns_of(known), pauses.of(habit.id), as_of)

    async def _habits(self, scope: Scope, *, archived: bool = False) -> list[Habit]:
        where = {} if archived else {"archived": False}
        wanted = Selection(order="position", where=where, limit=HABITS)
        return await self._documents.select(Habit, scope.user, wanted)

    async def _pauses(self, scope: Scope) -> Pauses:
        wanted = Selection(order="last", descending=True, limit=VACATIONS)
        return Pauses(await self._documents.select(Vacation, scope.user, wanted))


def _coming(
    habit: Habit, pauses: Sequence[DateRange], now: dt.datetime
) -> Iterator[UpcomingReminder]:
    def is_asked(day: dt.date) -> bool:
        is_paused = range_containing(day, pauses) is not None
        return day >= habit.starts_on and habit.schedule.is_due(day) and not is_paused

    found = occurrences(habit.reminders, habit.tz, habit.day_start, now, now + COMING, is_asked)
    for one in found:
        yield UpcomingReminder(
            habit=habit.id,
            name=habit.name,
            at=one.at,
            time=one.time,
            tz=habit.tz,
            local_date=one.local_date,
        )

"""Reports about habits: today, streaks, analytics, achievements, reminders.

Every answer is computed from the entries as they are, read in one aggregation, habit by habit:
between two of them the loop goes on.
"""

import datetime as dt
import functools
from collections.abc import Collection, Iterator, Sequence

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.reminders import occurrences
from models.base.time import AHEAD, DAY, DateRange, local_date, range_containing
from models.habits import Entry, Habit, Vacation
from models.habits.correlation import correlation
from models.habits.entry import entry_id
from models.habits.overview import HabitTotals
from models.habits.pauses import Pauses
from models.habits.schedules import DATED
from models.habits.statistics import done_by_day
from models.habits.streaks import lengths
from models.habits.today import TodayState, today_state
from upcoach.services.habits.habit_history import AsOf, EvaluatedHabit, evaluated_habit
from upcoach.services.habits.report_types import (
    Analytics,
    HabitTime,
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
from upcoach.store.aggregates.habit_histories import (
    Columns,
    HabitHistories,
    HabitKey,
    columns_of,
)
from upcoach.store.base.pacing import paced
from upcoach.store.base.shared_calls import SharedCalls, by_key
from upcoach.store.collections.documents import Documents, Selection

HABITS = 500  # that are looked at in one answer
ENTRIES = 50_000  # of one habit, where they have to be read one by one
COMING = dt.timedelta(days=14)  # how far reminders are looked for


class HabitReports:
    """Computes reports about habits."""

    def __init__(self, documents: Documents, histories: HabitHistories, clock: Clock) -> None:
        self._documents = documents
        self._histories = histories
        self._clock = clock
        self._columns = SharedCalls(by_key(histories.of_each))
        self._pauses = SharedCalls(by_key(self._pauses_of))

    def latest_day(self) -> dt.date:
        """The latest date anywhere on Earth at this moment."""
        return (self._clock() + AHEAD).date()

    async def today(self, scope: Scope, tz: str | None, date: dt.date | None) -> list[HabitToday]:
        """The habits due today, each by the clocks of its own zone or of the given one."""
        as_of = AsOf(now=self._clock(), date=date, tz=tz)
        habits = await self._all(scope, as_of)
        ids = [entry_id(evaluated.habit.id, evaluated.today) for evaluated in habits]
        entries = {
            entry.habit: entry for entry in await self._documents.find_many(Entry, scope.user, ids)
        }
        answers = (
            today_of(
                evaluated,
                today_state(evaluated.schedule, evaluated.days, evaluated.units),
                entries.get(evaluated.habit.id),
            )
            for evaluated in habits
        )
        return [answer async for answer in paced(answers)]

    async def on_day(self, habit: Habit, day: dt.date) -> tuple[TodayState, int]:
        """The state of *habit* on *day* of its own, and its streak."""
        evaluated = await self._evaluated(habit, AsOf(now=self._clock(), date=day))
        current, _ = lengths(evaluated.units)
        return today_state(evaluated.schedule, evaluated.days, evaluated.units), current

    async def streak(
        self, scope: Scope, habit_id: str, date: dt.date | None, windows: int
    ) -> StreakAnswer:
        """The streak of a habit, with its newest *windows*."""
        evaluated = await self._evaluated(
            await self._habit(scope, habit_id), AsOf(now=self._clock(), date=date)
        )
        return streak_of(evaluated, windows)

    async def analytics(
        self,
        scope: Scope,
        habit_id: str,
        first: dt.date | None,
        last: dt.date | None,
        *,
        with_mood: bool = False,
    ) -> Analytics:
        """The analytics of a habit between two dates, by default of the year up to today.

        Parameters
        ----------
        with_mood
            Whether the caller may know of moods.

        """
        as_of = AsOf(now=self._clock(), date=last, is_past=True)
        evaluated = await self._evaluated(await self._habit(scope, habit_id), as_of)
        answer = analytics_of(evaluated, first)
        if not with_mood:
            return answer
        span = (answer.first, answer.last)
        levels = await self._histories.levels(scope.user, *span)
        done = done_by_day(evaluated.days, *(day.toordinal() for day in span))
        return msgspec.structs.replace(answer, mood=correlation(done, levels))

    async def overview(self, scope: Scope, first: dt.date | None, last: dt.date | None) -> Overview:
        """The overview of all habits between two dates, by default of the year up to today."""
        habits = await self._all(scope, AsOf(now=self._clock(), date=last, is_past=True))
        end = last or max((evaluated.today for evaluated in habits), default=self._clock().date())
        begin = first or end - YEAR + DAY
        sums, summaries = HabitTotals(begin.toordinal(), end.toordinal()), []
        async for evaluated in paced(habits):
            sums.add(evaluated.history, evaluated.days, evaluated.units)
            summaries.append(summary_of(evaluated, begin))
        return overview_of(summaries, sums, begin, end)

    async def achievements(self, scope: Scope) -> list[UnlockedAchievement]:
        """The achievements of all habits, reached or not; archived ones too."""
        habits = await self._all(scope, AsOf(now=self._clock()), archived=True)
        return [
            unlocked async for evaluated in paced(habits) for unlocked in unlocked_by(evaluated)
        ]

    async def unlocked(
        self, scope: Scope, habit_id: str
    ) -> tuple[Habit, list[UnlockedAchievement]]:
        """A habit, and its achievements, reached or not."""
        evaluated = await self._evaluated(
            await self._habit(scope, habit_id), AsOf(now=self._clock())
        )
        return evaluated.habit, list(unlocked_by(evaluated))

    async def reminders(self, scope: Scope, limit: int) -> list[UpcomingReminder]:
        """The next *limit* reminders within two weeks, soonest first."""
        habits = await self._habits(scope)
        pauses = await self._pauses(scope.user)
        now = self._clock()
        coming = [
            reminder
            async for habit in paced(habits)
            for reminder in _coming(habit, pauses.of(habit.id), now)
        ]
        return sorted(coming, key=lambda reminder: (reminder.at, reminder.habit))[:limit]

    async def times(self, scope: Scope, first: dt.datetime, last: dt.datetime) -> list[HabitTime]:
        """When habits are to be done after a moment and until another: at reminders, or on days."""
        pauses = await self._pauses(scope.user)
        return [
            time
            async for habit in paced(await self._habits(scope))
            for time in _times(habit, pauses.of(habit.id), first, last)
        ]

    async def _habit(self, scope: Scope, habit_id: str) -> Habit:
        return await self._documents.get(Habit, scope.user, habit_id)

    async def _evaluated(self, habit: Habit, as_of: AsOf) -> EvaluatedHabit:
        columns = await self._columns(HabitKey(habit.owner, habit.id))
        pauses = await self._pauses(habit.owner)
        return await self._evaluate(habit, columns, pauses, as_of)

    async def _all(
        self, scope: Scope, as_of: AsOf, *, archived: bool = False
    ) -> list[EvaluatedHabit]:
        habits = await self._habits(scope, archived=archived)
        columns = await self._histories.of(scope.user)
        pauses = await self._pauses(scope.user)
        return [
            await self._evaluate(habit, columns.get(habit.id), pauses, as_of)
            async for habit in paced(habits)
        ]

    async def _evaluate(
        self, habit: Habit, columns: Columns | None, pauses: Pauses, as_of: AsOf
    ) -> EvaluatedHabit:
        """Evaluate *habit* with its entries, without those that cannot be read."""
        try:
            return evaluated_habit(habit, columns, pauses.of(habit.id), as_of)
        except (ValueError, TypeError, LookupError, AttributeError, OSError):
            readable = await self._documents.page(Entry, habit.owner, below=habit.id, limit=ENTRIES)
            return evaluated_habit(habit, columns_of(readable), pauses.of(habit.id), as_of)

    async def _habits(self, scope: Scope, *, archived: bool = False) -> list[Habit]:
        where = {} if archived else {"archived": False}
        wanted = Selection(order="position", where=where, limit=HABITS)
        return await self._documents.select(Habit, scope.user, wanted)

    async def _pauses_of(self, owners: Collection[str]) -> dict[str, Pauses]:
        vacations = await self._documents.of_owners(Vacation, owners)
        return {owner: Pauses(some) for owner, some in vacations.items()}


def _is_asked(habit: Habit, pauses: Sequence[DateRange], day: dt.date) -> bool:
    """Whether *day* asks for *habit*."""
    is_paused = range_containing(day, pauses) is not None
    return day >= habit.starts_on and habit.schedule.is_due(day) and not is_paused


def _times(
    habit: Habit, pauses: Sequence[DateRange], first: dt.datetime, last: dt.datetime
) -> Iterator[HabitTime]:
    is_asked = functools.partial(_is_asked, habit, pauses)
    moments = occurrences(habit.reminders, habit.tz, habit.day_start, first, last, is_asked)
    for moment in moments:
        yield HabitTime(habit=habit.id, name=habit.name, on=moment.local_date, at=moment.at)
    if habit.reminders or not isinstance(habit.schedule, DATED):
        return
    day = local_date(first, habit.tz, habit.day_start)
    while day <= local_date(last, habit.tz, habit.day_start):
        if is_asked(day):
            yield HabitTime(habit=habit.id, name=habit.name, on=day)
        day += DAY


def _coming(
    habit: Habit, pauses: Sequence[DateRange], now: dt.datetime
) -> Iterator[UpcomingReminder]:
    is_asked = functools.partial(_is_asked, habit, pauses)
    moments = occurrences(habit.reminders, habit.tz, habit.day_start, now, now + COMING, is_asked)
    for moment in moments:
        yield UpcomingReminder(
            habit=habit.id,
            name=habit.name,
            at=moment.at,
            time=moment.time,
            tz=habit.tz,
            local_date=moment.local_date,
        )

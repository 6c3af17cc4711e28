"""Moods and their statistics."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.errors import invalid_parameter
from models.base.time import EARLIEST, local_date, month_of, week_of
from models.base.trend import Trend, trend
from models.moods import Mood, MoodDraft, NewMood
from upcoach.services.base.resources import Resources
from upcoach.services.base.rules import Rules, revising
from upcoach.store.aggregates.counts import MoodDay, MoodGroup, MoodTally, Tallies
from upcoach.store.base.pacing import paced
from upcoach.store.collections.documents import Documents
from upcoach.store.write.committer import Committer

USUAL: Final = dt.timedelta(days=89)  # the days before the last one, where nobody says since when
LONGEST: Final = dt.timedelta(days=3_700)
LEVELS: Final = (1, 2, 3, 4, 5)


class MoodPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """The moods of a day, a week or a month; a mean of nothing is null.

    Attributes
    ----------
    start
        The first day.
    n
        How many moods there are.
    mean
        The mean level.
    lowest
        The lowest level.
    highest
        The highest level.
    energy
        The mean energy.
    stress
        The mean stress.
    sleep
        The mean sleep.

    """

    start: dt.date
    n: int
    mean: float
    lowest: int
    highest: int
    energy: float | None
    stress: float | None
    sleep: float | None


class MoodShare(msgspec.Struct, frozen=True, kw_only=True):
    """The moods of one activity, category or level; *difference* is to the mean of all.

    Attributes
    ----------
    name
        The activity, the category or the level.
    n
        How many moods have it.
    mean
        Their mean level.
    difference
        By how much their mean is above that of all.

    """

    name: str
    n: int
    mean: float
    difference: float


class MoodLevel(msgspec.Struct, frozen=True, kw_only=True):
    """How often a level was logged; the share of nothing is null.

    Attributes
    ----------
    level
        The level, from 1 to 5.
    n
        How many moods have it.
    share
        The share of all moods.

    """

    level: int
    n: int
    share: float | None


class MoodStats(msgspec.Struct, frozen=True, kw_only=True):
    """What the moods from the local date *first* to *last* come to.

    Attributes
    ----------
    days_logged
        How many dates have a mood.
    trend
        Of the days' means; null for fewer than four days.
    first
        The first day.
    last
        The last day.
    n
        How many moods there are.
    mean
        The mean level.
    distribution
        How many moods have each level.
    days
        The moods of each day.
    weeks
        The moods of each week.
    months
        The moods of each month.
    activities
        The mean level by activity.
    categories
        The mean level by category.

    """

    first: dt.date
    last: dt.date
    n: int
    days_logged: int
    mean: float | None
    trend: Trend | None
    distribution: list[MoodLevel]
    days: list[MoodPeriod]
    weeks: list[MoodPeriod]
    months: list[MoodPeriod]
    activities: list[MoodShare]
    categories: list[MoodShare]


class Moods(Resources[Mood, NewMood]):
    """A person's moods."""

    rules = Rules(
        kind=Mood,
        in_zone=True,
        drafted=Mood.drafted,
        revised=revising(MoodDraft, Mood.revised),
    )

    def __init__(
        self, documents: Documents, committer: Committer, tallies: Tallies, clock: Clock
    ) -> None:
        super().__init__(documents, committer)
        self._tallies = tallies
        self._clock = clock

    async def stats(
        self, scope: Scope, tz: str, first: dt.date | None, last: dt.date | None
    ) -> MoodStats:
        """Statistics of the caller's moods, by default of the 90 days up to today in *tz*."""
        last = max(last or local_date(self._clock(), tz), EARLIEST)
        first = first or last - USUAL
        if not dt.timedelta(0) <= last - first <= LONGEST:
            words = f"Ask for a range from the earlier date to the later, of {LONGEST.days} days."
            raise invalid_parameter("from", words, code="range_invalid", refusal="range_invalid")
        return await stats_of(await self._tallies.moods(scope.user, first, last), first, last)


async def stats_of(tally: MoodTally, first: dt.date, last: dt.date) -> MoodStats:
    """Compute statistics of *tally*, the moods from *first* to *last*."""
    n = sum(day.n for day in tally.days)
    mean = sum(day.level for day in tally.days) / n if n else None
    return MoodStats(
        first=first,
        last=last,
        n=n,
        days_logged=len(tally.days),
        mean=mean,
        trend=trend({day.day: day.level / day.n for day in tally.days}),
        distribution=_distribution(tally.levels, n),
        days=await _periods(tally.days, lambda day: day),
        weeks=await _periods(tally.days, lambda day: week_of(day)[0]),
        months=await _periods(tally.days, lambda day: month_of(day)[0]),
        activities=_shares(tally.activities, mean),
        categories=_shares(tally.categories, mean),
    )


def _distribution(levels: Iterable[MoodGroup], n: int) -> list[MoodLevel]:
    counts = {int(group.name): group.n for group in levels}
    return [
        MoodLevel(
            level=level, n=counts.get(level, 0), share=counts.get(level, 0) / n if n else None
        )
        for level in LEVELS
    ]


async def _periods(
    days: Iterable[MoodDay], start: Callable[[dt.date], dt.date]
) -> list[MoodPeriod]:
    by_start: dict[dt.date, list[MoodDay]] = {}
    for day in days:
        by_start.setdefault(start(day.day), []).append(day)
    return [_period(first, group) async for first, group in paced(by_start.items())]


def _period(start: dt.date, days: list[MoodDay]) -> MoodPeriod:
    n = sum(day.n for day in days)
    return MoodPeriod(
        start=start,
        n=n,
        mean=sum(day.level for day in days) / n,
        lowest=min(day.lowest for day in days),
        highest=max(day.highest for day in days),
        energy=_mean(day.energy for day in days),
        stress=_mean(day.stress for day in days),
        sleep=_mean(day.sleep for day in days),
    )


def _mean(sums: Iterable[tuple[int, int]]) -> float | None:
    """The mean of what *sums*, each with its number of summands, add up to."""
    totals, counts = zip(*sums, strict=True)
    return sum(totals) / sum(counts) if sum(counts) else None


def _shares(sorts: Iterable[MoodGroup], mean: float | None) -> list[MoodShare]:
    if mean is None:
        return []
    return [
        MoodShare(
            name=group.name,
            n=group.n,
            mean=group.level / group.n,
            difference=group.level / group.n - mean,
        )
        for group in sorts
    ]

"""Moods."""

import datetime as dt
from typing import Final, Literal

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply
from handlers.http.pagination import ListQuery, between
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.fields import Rating
from models.base.text.search_words import label
from models.moods import Mood, NewMood
from models.moods.mood import Category
from upcoach.services.moods import Moods, MoodServices
from upcoach.services.moods.moods import MoodStats
from upcoach.store.collections.documents import Selection

MOODS: Final = "/v1/moods"


class MoodQuery(ListQuery, frozen=True, kw_only=True):
    """Some moods, the newest first unless *sort* is `at`; the local dates are both included.

    Attributes
    ----------
    level
        Moods of this level.
    category
        Moods of this category.
    activity
        Moods with this activity; case and accents do not count.
    from
        The first local date.
    to
        The last local date, included.
    sort
        The order by time; `-at` lists the newest first.

    """

    level: Rating | None = None
    category: Category | None = None
    activity: str | None = None
    first: dt.date | None = msgspec.field(name="from", default=None)
    to: dt.date | None = None
    sort: Literal["at", "-at"] = "-at"

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        days = between(self.first, self.to)
        where = self.given("level", "category") | ({"local_date": days} if days else {})
        return Selection(
            order="at",
            where=where,
            words=() if self.activity is None else (label(self.activity),),
            descending=self.sort == "-at",
            after=self.after,
            limit=self.limit + 1,
        )


class MoodStatsQuery(Query, frozen=True, kw_only=True):
    """The local dates, both included; without *to*, up to today in *tz*, which is the caller's.

    Attributes
    ----------
    from
        The first local date.
    to
        The last local date, included; today without it.

    """

    first: dt.date | None = msgspec.field(name="from", default=None)
    to: dt.date | None = None
    tz: str | None = None


async def stats(services: MoodServices, call: Call) -> Reply:
    """Get statistics of moods by day, week, month, activity and category, and their trend."""
    query = call.parse_query(MoodStatsQuery)
    tz = await zone(services.zones, call, query.tz)
    return Reply(body=await services.moods.stats(call.scope, tz, query.first, query.to))


def _moods(services: MoodServices) -> Moods:
    return services.moods


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{MOODS}/stats",
        run=stats,
        needs="moods:read",
        query=MoodStatsQuery,
        gives=MoodStats,
        weight=10,
    ),
    *resource(MOODS, _moods, new=NewMood, gives=Mood, lists=MoodQuery),
)

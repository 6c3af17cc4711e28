"""Moods."""

import datetime as dt
from typing import ClassVar, Final, Literal

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply
from handlers.http.pagination import UpdatedQuery, between, span_and_rest
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


class MoodQuery(UpdatedQuery, frozen=True, kw_only=True):
    """Some moods in some order; the local dates are both included.

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
        The order: `-at`, the newest first, by default, `updated` with *updated_since*.

    """

    usual: ClassVar[str] = "-at"

    level: Rating | None = None
    category: Category | None = None
    activity: str | None = None
    first: dt.date | None = msgspec.field(name="from", default=None)
    to: dt.date | None = None
    sort: Literal["at", "-at", "updated", "-updated"] | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        days = between(self.first, self.to)
        order = {"at": "at", "updated": "updated_at"}[self.ordering().removeprefix("-")]
        span, rest = span_and_rest(order, {"updated_at": self.updated(), "local_date": days})
        return Selection(
            order=order,
            where=self.given("level", "category") | rest,
            span=span,
            words=() if self.activity is None else (label(self.activity),),
            descending=self.ordering().startswith("-"),
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

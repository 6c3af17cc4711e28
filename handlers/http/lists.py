"""Lists in several orders, with filters; the link to the next page asks for the same."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec

from handlers.http.operations import LIMIT, Call, Query, Reply, fit
from models.base.document import Document, public
from upcoach.store.collections.documents import Selection, mark


class ListQuery(Query, frozen=True, kw_only=True):
    """Which page of a list, in which order: of all documents in that of their making."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT)] = LIMIT
    after: str = ""

    def selection(self) -> Selection:
        """What is asked for, and one document more where there is a next page."""
        return Selection(order="created_at", after=self.after, limit=self.limit + 1)

    def given(self, *names: str) -> dict[str, Any]:
        """The filters of these names that are set."""
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def between(first: dt.date | None, last: dt.date | None) -> dict[str, str]:
    """The range of a local date as it is stored.

    Examples
    --------
    >>> between(dt.date(2026, 1, 5), None)
    {'$gte': '2026-01-05'}

    """
    ends = {"$gte": first, "$lte": last}
    return {name: day.isoformat() for name, day in ends.items() if day is not None}


def selected(path: str, call: Call, found: Sequence[Document], wanted: Selection) -> Reply:
    """The page of *found*, which holds as many documents as *wanted* if there is a next one."""
    limit = fit(found, wanted.limit - 1)
    items = [public(document) for document in found[:limit]]
    headers = {}
    if len(found) > limit:
        following = call.query | {"after": mark(found[limit - 1], wanted.order)}
        headers["Link"] = f'<{path}?{urlencode(following)}>; rel="next"'
    return Reply(body={"items": items}, headers=headers)

"""Pages of lists: how much fits on one, in which order, and the link to the next (RFC 8288)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from handlers.http.operations import Call, Query, Reply
from models.access.limits import PAGE_BYTES
from models.base.document import Document, public
from models.base.errors import Invalid, invalid_parameter
from models.base.fields import Moment
from models.base.time import to_stored
from upcoach.store.base.conditions import Range
from upcoach.store.collections.documents import Selection
from upcoach.store.collections.page_tokens import mark

T = TypeVar("T")

LIMIT: Final = 100  # items of a page
PageSize = Annotated[int, msgspec.Meta(ge=1, le=LIMIT)]
_PLAIN: Final = ":,"  # which a query may hold as they are (RFC 3986, 3.4), as names of feeds do


class Items(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list, as it is answered.

    Attributes
    ----------
    next
        The path of the next page, if there is one; the same as in `Link`.
    items
        The items of this page.

    """

    items: list[T]
    next: str | msgspec.UnsetType = msgspec.UNSET


class PageQuery(Query, frozen=True, kw_only=True):
    """Which page of a list: *limit* items *after* an id."""

    limit: PageSize = LIMIT
    after: str = ""


class ListQuery(PageQuery, frozen=True, kw_only=True):
    """Which page of a list, in which order: of all documents in that of their making."""

    def selection(self) -> Selection:
        """What is asked for, and one document more where there is a next page."""
        return Selection(order="created_at", after=self.after, limit=self.limit + 1)

    def given(self, *names: str) -> dict[str, Any]:
        """The filters of these names that are set."""
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


class UpdatedQuery(ListQuery, frozen=True, kw_only=True):
    """Which page of a list that can also be asked what was changed.

    Attributes
    ----------
    updated_since
        Only what was created or changed at this moment or later.  What was deleted since then is
        not listed: the feed of events has that.

    """

    usual: ClassVar[str] = "created"  # the order, where nobody asks for another one

    updated_since: Moment | None = None
    sort: str | None = None

    def ordering(self) -> str:
        """The order that is asked for; one by `updated` finds what was changed by its index."""
        return self.sort or (self.usual if self.updated_since is None else "updated")

    def updated(self) -> Range | None:
        """The moments of change that are asked for."""
        if self.updated_since is None:
            return None
        try:
            return Range(first=to_stored(self.updated_since))
        except Invalid as failure:
            raise invalid_parameter("updated_since", failure.detail) from None


def span_and_rest(
    order: str, ranges: Mapping[str, Range | None]
) -> tuple[Range | None, dict[str, Range]]:
    """Of *ranges* by field, that of the field to *order* by, and those of the others."""
    asked = {name: values for name, values in ranges.items() if values is not None}
    return asked.pop(order, None), asked


def between(first: Any, last: Any) -> Range | None:
    """The values from *first* to *last*; None where neither is set."""
    return None if first is None and last is None else Range(first=first, last=last)


def next_path(path: str, query: Mapping[str, str], **changed: object) -> str:
    """The path of the next page: *path*, with *query* but for what is *changed*.

    Examples
    --------
    >>> next_path("/v1/goals", {"status": "active", "after": "gol_1"}, after="gol_9", limit=2)
    '/v1/goals?status=active&after=gol_9&limit=2'

    """
    return f"{path}?{urlencode({**query, **changed}, safe=_PLAIN)}"


def next_page(path: str, query: Mapping[str, str], **changed: object) -> dict[str, str]:
    """The header with the link to the next page; see `next_path`."""
    return {"Link": f'<{next_path(path, query, **changed)}>; rel="next"'}


def items_reply(items: Sequence[Any], following: str = "") -> Reply:
    """A page of a list, and the path of the one *following* it, if there is one."""
    if not following:
        return Reply(body=Items(list(items)))
    headers = {"Link": f'<{following}>; rel="next"'}
    return Reply(body=Items(list(items), following), headers=headers)


def page_length(documents: Sequence[Document], limit: int) -> int:
    """How many of *documents* make a page of *limit* and `PAGE_BYTES` at most; one at least.

    Whoever asks for a page and does not read it would have all of it held for them.
    """
    size = 0
    for place, document in enumerate(documents[:limit]):
        size += len(msgspec.msgpack.encode(document))
        if size > PAGE_BYTES and place:
            return place
    return min(limit, len(documents))


def page_of(
    path: str,
    call: Call,
    documents: Sequence[Document],
    limit: int,
    after: Callable[[Any], str],
) -> Reply:
    """A page of *documents*, which are one more than *limit* where there is a next page.

    The next one is asked for as this one was, *after* its last document.
    """
    fitting = page_length(documents, limit)
    following = ""
    if len(documents) > fitting:
        following = next_path(path, call.query, after=after(documents[fitting - 1]))
    return items_reply([public(document) for document in documents[:fitting]], following)


def page_by_id(path: str, call: Call, documents: Sequence[Document], limit: int) -> Reply:
    """A page of a list in order of id; see `page_of`."""
    return page_of(path, call, documents, limit, lambda document: document.id)


def page_by_order(path: str, call: Call, documents: Sequence[Document], wanted: Selection) -> Reply:
    """A page of a list in the order of *wanted*; see `page_of`."""
    return page_of(
        path, call, documents, wanted.limit - 1, lambda document: mark(document, wanted.order)
    )

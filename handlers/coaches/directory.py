"""The directory of coaches."""

from typing import Annotated, Any, Final, Literal

import msgspec

from handlers.http.operations import Call, Operation, Reply
from handlers.http.pagination import Items, ListQuery, items_reply, next_path, page_length
from models.base.text.search_words import label, words_of
from models.coaches import FoundCoach
from models.coaches.languages import Language
from models.coaches.profile import Mode
from upcoach.services.coaches import CoachServices
from upcoach.store.base.conditions import AllOf
from upcoach.store.collections.documents import Selection
from upcoach.store.collections.page_tokens import mark

COACHES: Final = "/v1/coaches"
COACH: Final = COACHES + "/{id}"
WORDS: Final = 20  # of a search, beyond which others do not count

_FIELDS: Final = {
    "name": "name_key",
    "experience": "years_of_experience",
    "verified": "verified_at",
}
# The parameters that a field has to be equal to, or one of its items.
_FILTERS: Final = {
    "language": "languages",
    "mode": "modes",
    "tz": "tz",
    "accepting": "accepting_clients",
}


class CoachQuery(ListQuery, frozen=True, kw_only=True):
    """Some verified coaches in some order.

    Attributes
    ----------
    q
        Coaches with all of these words in their name, title, text or specialities; case and
        accents do not count.
    speciality
        Coaches with this speciality; case and accents do not count.
    language
        Coaches who coach in this language, as a primary tag of BCP 47.
    mode
        Coaches who meet their clients so.
    tz
        Coaches who work in this time zone.
    accepting
        Coaches who take new clients, or those who take none.
    sort
        The order, descending with a minus: by name, years of experience or moment of verification.

    """

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    speciality: Annotated[str, msgspec.Meta(min_length=1, max_length=50)] | None = None
    language: Language | None = None
    mode: Mode | None = None
    tz: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    accepting: bool | None = None
    sort: Literal["name", "-name", "experience", "-experience", "verified", "-verified"] = "name"

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        given = self.given(*_FILTERS)
        where: dict[str, Any] = {_FILTERS[name]: value for name, value in given.items()}
        if words := self._words():
            where["found_by"] = AllOf(words)
        return Selection(
            order=_FIELDS[self.sort.removeprefix("-")],
            where=where,
            descending=self.sort.startswith("-"),
            after=self.after,
            limit=self.limit + 1,
        )

    def _words(self) -> tuple[str, ...]:
        """What is looked for, the rarest first, most often: the index is searched for that."""
        words = sorted(words_of(self.q), key=lambda word: (-len(word), word))[:WORDS]
        if self.q is not None and not words:
            words = [label(self.q)]  # nothing but signs: found nowhere but as a label
        return (*([] if self.speciality is None else [label(self.speciality)]), *words)


async def search(services: CoachServices, call: Call) -> Reply:
    """Search for verified coaches."""
    query = call.parse_query(CoachQuery)
    selection = query.selection()
    listings = await services.directory.search(selection)
    fitting = page_length(listings, query.limit)
    following = ""
    if len(listings) > fitting:
        after = mark(listings[fitting - 1], selection.order, of_all=True)
        following = next_path(COACHES, call.query, after=after)
    return items_reply([listing.face for listing in listings[:fitting]], following)


async def read(services: CoachServices, call: Call) -> Reply:
    """Get a verified coach."""
    return Reply(body=await services.directory.get(call.names["id"]))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=COACHES,
        run=search,
        needs="coaches:read",
        query=CoachQuery,
        gives=Items[FoundCoach],
        weight=2,
    ),
    Operation(method="GET", path=COACH, run=read, needs="coaches:read", gives=FoundCoach),
)

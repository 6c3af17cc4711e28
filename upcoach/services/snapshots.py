"""Snapshots: all of a person's documents, from which their events go on."""

from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec

from models.documents import KINDS, Document
from models.documents.document import public
from models.merge_patch import Json
from models.sight import Sight
from upcoach.store.documents import Documents

PAGE = 200


class Page(msgspec.Struct, frozen=True):
    """Documents of one kind in order of id; *last* when the kind has no more."""

    kind: str
    items: list[Json]
    last: bool


class Snapshots:
    """Everything that a person's feed has made, kind by kind."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def pages(
        self, owner: str, kinds: Iterable[str], sight: Sight | None
    ) -> AsyncIterator[Page]:
        """Every document of *owner* of some *kinds*, in pages, each kind's last page marked."""
        for kind in kinds:
            after = ""
            last = False
            while not last:
                page = await self.page(owner, kind, after, PAGE, sight)
                yield page
                last = page.last
                after = page.items[-1]["id"] if page.items else ""

    async def page(
        self, owner: str, kind: str, after: str, limit: int, sight: Sight | None
    ) -> Page:
        """One page of one kind, as far as it is in *sight*."""
        found: Sequence[Document] = await self._documents.page_of_all(
            KINDS[kind], owner, after=after, limit=limit + 1
        )
        items = [public(document) for document in found[:limit]]
        if sight is not None:
            items = [sight.shown(kind, item) for item in items]
        return Page(kind, items, len(found) <= limit)

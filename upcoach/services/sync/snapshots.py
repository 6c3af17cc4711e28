"""Snapshots: all of a person's documents, from which their events go on."""

from collections.abc import AsyncIterator, Iterable

import msgspec

from models.base.checksums import Sums, toggle
from models.base.document import public
from models.base.merge_patch import Json
from models.base.versions.field_versions import version_seen
from models.contexts import KINDS
from models.visibility import Visibility
from upcoach.store.base.pacing import paced
from upcoach.store.collections.documents import Documents

PAGE = 200


class SnapshotPage(msgspec.Struct, frozen=True):
    """Documents of one kind in order of id; *last* when the kind has no more.

    It ends by their number or by their bytes (`upcoach.store.base.pages`).

    Attributes
    ----------
    kind
        The kind of the documents.
    items
        The documents.
    last
        Whether no page of this kind follows.

    """

    kind: str
    items: list[Json]
    last: bool


class Snapshots:
    """Reads snapshots, kind by kind."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def pages(
        self, owner: str, kinds: Iterable[str], visibility: Visibility | None
    ) -> AsyncIterator[SnapshotPage]:
        """Every document of *owner* of some *kinds*, in pages, each kind's last page marked."""
        for kind in kinds:
            after = ""
            last = False
            while not last:
                page = await self.page(owner, kind, after, PAGE, visibility)
                yield page
                last = page.last
                after = page.items[-1]["id"] if page.items else ""

    async def page(
        self, owner: str, kind: str, after: str, limit: int, visibility: Visibility | None
    ) -> SnapshotPage:
        """One page of one kind, as far as it is in *visibility*."""
        page = await self._documents.bounded_page(KINDS[kind], owner, after=after, limit=limit)
        shown = public if visibility is None else visibility.shown
        items = [item async for item in paced(shown(document) for document in page.items)]
        return SnapshotPage(kind, items, not page.has_more)

    async def unseen(self, owner: str, visibility: Visibility) -> Sums:
        """The difference between the checksums of *owner* and those of what is in *visibility*.

        A document that somebody sees in parts has another version for them, if it was changed in
        what they do not see.
        """
        sums: Sums = {}
        for kind in visibility.kinds:
            hidden = visibility.hides(kind)
            if hidden:
                for edited in await self._documents.edited(KINDS[kind], owner):
                    seen = version_seen(edited.version, edited.edits, hidden)
                    if seen != edited.version:
                        toggle(sums, kind, edited.id, edited.version)
                        toggle(sums, kind, edited.id, seen)
        return sums

"""The directory of coaches: what everybody finds of those who are verified."""

from models.coaches import CoachListing, FoundCoach
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.collections.documents_of_all import DocumentsOfAll
from upcoach.store.write.errors import not_found


class CoachDirectory:
    """Finds verified coaches."""

    def __init__(self, documents: Documents, documents_of_all: DocumentsOfAll) -> None:
        self._documents = documents
        self._documents_of_all = documents_of_all

    async def search(self, wanted: Selection) -> list[CoachListing]:
        """The coaches that *wanted* describes."""
        return await self._documents_of_all.select(CoachListing, wanted)

    async def get(self, coach: str) -> FoundCoach:
        """A verified coach; whoever is none, or not verified, is `NotFound` alike."""
        if "/" in coach:
            raise not_found()
        return (await self._documents.get(CoachListing, coach, coach)).face

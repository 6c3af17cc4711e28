"""Coaches: their profiles, their verification, the directory, and notes about clients."""

from typing import Self

import msgspec

from upcoach.services.base.dependencies import Dependencies
from upcoach.services.coaches.client_notes import ClientNotes
from upcoach.services.coaches.directory import CoachDirectory
from upcoach.services.coaches.profiles import CoachProfiles, profile_ref
from upcoach.services.coaches.verification import CoachVerification
from upcoach.store.collections.documents_of_all import DocumentsOfAll

__all__ = [
    "ClientNotes",
    "CoachDirectory",
    "CoachProfiles",
    "CoachServices",
    "CoachVerification",
    "profile_ref",
]


class CoachServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of coaches."""

    profiles: CoachProfiles
    directory: CoachDirectory
    verification: CoachVerification
    client_notes: ClientNotes

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        documents_of_all = DocumentsOfAll(dependencies.database, dependencies.keyring)
        return cls(
            profiles=CoachProfiles(documents, committer),
            directory=CoachDirectory(documents, documents_of_all),
            verification=CoachVerification(documents, documents_of_all, committer),
            client_notes=ClientNotes(documents, committer),
        )

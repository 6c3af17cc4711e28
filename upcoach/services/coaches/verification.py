"""Verification of coaches by operators, each of whom decides about the version that they saw."""

from collections.abc import Callable
from typing import Literal

from models.access.scope import Scope
from models.coaches import CoachProfile, profile_id
from upcoach.services.base.merging import require_version
from upcoach.services.coaches.profiles import profile_refs, save
from upcoach.services.notifications import NotificationRequest, notify
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.collections.documents_of_all import DocumentsOfAll
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.requests import Write

Verdict = Literal["verified", "declined", "revoked"]


class CoachVerification:
    """Profiles as operators see them, and what they decide."""

    def __init__(
        self, documents: Documents, documents_of_all: DocumentsOfAll, committer: Committer
    ) -> None:
        self._documents = documents
        self._documents_of_all = documents_of_all
        self._committer = committer

    async def page(self, wanted: Selection) -> list[CoachProfile]:
        """The profiles that *wanted* describes."""
        return await self._documents_of_all.select(CoachProfile, wanted)

    async def get(self, coach: str) -> CoachProfile:
        """The profile of *coach*, unless it is a draft, which is the coach's alone."""
        if "/" in coach:
            raise not_found()
        profile = await self._documents.get(CoachProfile, coach, profile_id(coach))
        if profile.verification == "draft":
            raise not_found()
        return profile

    async def verify(self, coach: str, base: int) -> WriteResult[CoachProfile]:
        """Verify version *base* of a profile: everybody finds it from now on."""
        return await self._decide(coach, base, "verified", CoachProfile.verified)

    async def decline(self, coach: str, base: int, reason: str) -> WriteResult[CoachProfile]:
        """Decline version *base* of a profile for a *reason*."""
        return await self._decide(
            coach, base, "declined", lambda profile, at: profile.declined(reason, at)
        )

    async def revoke(self, coach: str, base: int, reason: str) -> WriteResult[CoachProfile]:
        """Take back the verification of a profile for a *reason*: nobody finds it any more."""
        return await self._decide(
            coach, base, "revoked", lambda profile, at: profile.revoked(reason, at)
        )

    async def _decide(
        self, coach: str, base: int, verdict: Verdict, moved: Callable[..., CoachProfile]
    ) -> WriteResult[CoachProfile]:
        # In the coach's own scope: their feed does not tell which operator it was; the audit does.
        scope = Scope(user=coach)
        await self.get(coach)  # who is no coach has no feed that could be written to

        def decide(changes: WriteContext) -> Outcome[CoachProfile]:
            before = changes.get(CoachProfile, coach, profile_id(coach))
            require_version(before, base)
            outcome = save(changes, before, moved(before, changes.at))
            notify(changes, _request(before, verdict))
            return outcome

        return await self._committer.submit(
            Write(scope=scope, reads=profile_refs(coach), decide=decide)
        )


def _request(profile: CoachProfile, verdict: Verdict) -> NotificationRequest:
    """The notification of a *verdict* about *profile*, as it was: each round reads the same."""
    return NotificationRequest(
        owner=profile.owner,
        type="coach_verification",
        case=verdict,
        at=profile.verification_since,
        key=f"coach_verification:{verdict}:{profile.version}",
        link="/coach-profile",
        about=profile.id,
    )

"""The enrolment of second factors: reading and writing a user's `Factors`."""

from collections.abc import Callable

from models.access.scope import Scope
from models.account import Factors
from models.account.factors import FACTORS
from models.base.errors import NotFound
from upcoach.services.account.additions.account_claim import access_method_listings, remove_factors
from upcoach.services.account.additions.announcements import caller_ref
from upcoach.services.account.factors.factor_mails import mail_removal_of_all
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write


class Enrolment:
    """Reads and writes the enrolled factors of users."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def of(self, user: str) -> Factors | None:
        """The enrolled factors of *user*; None if they never had any."""
        try:
            return await self._documents.get(Factors, user, FACTORS)
        except NotFound:
            return None

    async def remove_all(self, scope: Scope) -> int:
        """Delete all factors of the caller, and mail them if there were any; return how many."""
        count = 0

        def decide(changes: WriteContext) -> Outcome[None]:
            nonlocal count
            count = remove_factors(changes, scope.user)
            if count:
                mail_removal_of_all(changes, scope)
            return Outcome(verb="deleted", document=None)

        write = Write(
            scope=scope,
            reads=(caller_ref(scope),),
            lists=access_method_listings(scope.user),
            decide=decide,
        )
        await self._committer.commit(write)
        return count

    async def change(
        self, scope: Scope, change: Callable[[Factors, WriteContext], Factors], *beside: Ref
    ) -> Factors:
        """Apply *change* to the caller's factors, and return them.

        *change* is pure, and may see and change the documents *beside* too.
        """

        def decide(changes: WriteContext) -> Outcome[Factors]:
            before = changes.find(Factors, scope.user, FACTORS)
            changed = change(before or Factors.none(scope.user, changes.at), changes)
            kept = changes.create(changed) if before is None else changes.update(before, changed)
            return write_outcome("updated", kept)

        reads = (Ref(Factors, scope.user, FACTORS), *beside)
        done = await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))
        return done.document

"""Insights: learners publish predictions by ordinary writes."""

from typing import TypeVar

from models.access.scope import Scope
from models.contexts import KINDS
from models.insights import Insight
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

Kind = TypeVar("Kind", bound=Insight)


class Insights:
    """A person's insights of all kinds, one for each thing that a learner speaks about."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, kind: type[Kind], scope: Scope, insight_id: str) -> Kind:
        """One of the caller's insights."""
        return await self._documents.get(kind, scope.user, insight_id)

    async def page(
        self, kind: type[Kind], scope: Scope, *, after: str = "", limit: int = 100
    ) -> list[Kind]:
        """The caller's insights of a kind in order of id."""
        return await self._documents.page(kind, scope.user, after=after, limit=limit)

    async def publish(self, scope: Scope, insight: Insight) -> Outcome[Insight | None]:
        """Save *insight* unless it says nothing new, or its subject is deleted."""
        kind, subject = type(insight), KINDS[insight.subject]

        def decide(changes: WriteContext) -> Outcome[Insight | None]:
            before = changes.find(kind, scope.user, insight.id)
            about = changes.find(subject, scope.user, insight.about)
            if about is None or (before is not None and before.says_the_same(insight)):
                return Outcome(verb="unchanged", document=None)
            if before is None:
                begun = changes.create(insight.begun(changes.at))
                return write_outcome("created", begun)
            after = insight.following(before, changes.at)
            return write_outcome("updated", changes.update(before, after))

        reads = (Ref(kind, scope.user, insight.id), Ref(subject, scope.user, insight.about))
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    async def withdraw(self, kind: type[Insight], scope: Scope, insight_id: str) -> Outcome[None]:
        """Delete an insight whose learner has nothing to say any more."""

        def decide(changes: WriteContext) -> Outcome[None]:
            if not changes.holds(kind, scope.user, insight_id):
                return Outcome(verb="unchanged", document=None)
            before = changes.get_any(kind, scope.user, insight_id)
            changes.delete(before)
            return deletion_outcome(before)

        reads = (Ref(kind, scope.user, insight_id),)
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

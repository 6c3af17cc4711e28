"""Insights: what a learner says about somebody is a write like any other."""

from models.access.scope import Scope
from models.habits import Habit
from models.insights import Insight
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import Changes
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write


class Insights:
    """A person's insights, one for each thing that a learner speaks about."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, scope: Scope, insight_id: str) -> Insight:
        """One of the caller's insights."""
        return await self._documents.get(Insight, scope.user, insight_id)

    async def page(self, scope: Scope, *, after: str = "", limit: int = 100) -> list[Insight]:
        """The caller's insights in order of id."""
        return await self._documents.page(Insight, scope.user, after=after, limit=limit)

    async def publish(self, scope: Scope, insight: Insight) -> Outcome:
        """Keep *insight* unless it says nothing new, or its habit is gone."""

        def decide(changes: Changes) -> Outcome:
            before = changes.find(Insight, scope.user, insight.id)
            habit = changes.find(Habit, scope.user, insight.about)
            if habit is None or (before is not None and before.says_the_same(insight)):
                return Outcome(verb="unchanged")
            if before is None:
                begun = changes.create(insight.begun(changes.at))
                return Outcome(verb="created", version=begun.version)
            after = insight.following(before, changes.at)
            changes.update(before, after)
            return Outcome(verb="updated", version=after.version)

        reads = (Ref(Insight, scope.user, insight.id), Ref(Habit, scope.user, insight.about))
        return await self._committer.submit(Write(scope=scope, reads=reads, decide=decide))

    async def withdraw(self, scope: Scope, insight_id: str) -> Outcome:
        """Delete an insight whose learner has nothing to say any more."""

        def decide(changes: Changes) -> Outcome:
            if not changes.holds(Insight, scope.user, insight_id):
                return Outcome(verb="unchanged")
            before = changes.get_any(Insight, scope.user, insight_id)
            changes.delete(before)
            return Outcome(verb="deleted", version=before.version + 1)

        reads = (Ref(Insight, scope.user, insight_id),)
        return await self._committer.submit(Write(scope=scope, reads=reads, decide=decide))

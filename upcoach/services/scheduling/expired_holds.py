"""Deletes holds that have expired, so that all who follow a coach's times hear of it."""

import datetime as dt

from models.access.scope import Scope
from models.scheduling import HOLD_OVER, SlotHold
from upcoach.services.base.resources import deletion_outcome
from upcoach.services.base.timers import DocumentTimer
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write


class ExpiredHolds(DocumentTimer[SlotHold]):
    """Deletes each hold when it has expired."""

    kind = SlotHold
    rule = HOLD_OVER

    def __init__(self, documents: Documents, committer: Committer) -> None:
        super().__init__(documents)
        self._committer = committer

    async def act(self, document: SlotHold, due: dt.datetime, _now: dt.datetime) -> bool:
        """See `DocumentTimer.act`: one that was moved meanwhile stays."""
        ref = Ref(SlotHold, document.owner, document.id)

        def decide(changes: WriteContext) -> Outcome[None]:
            hold = changes.find(SlotHold, ref.owner, ref.id)
            if hold is None or hold.expires_at > due:
                return Outcome(verb="unchanged", document=None)
            changes.delete(hold)
            return deletion_outcome(hold)

        write = Write(scope=Scope(user=document.owner), reads=(ref,), decide=decide)
        return (await self._committer.commit(write)).verb == "deleted"

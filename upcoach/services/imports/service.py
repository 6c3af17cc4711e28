"""Bringing in what people logged elsewhere."""

import asyncio
from collections.abc import Sequence
from typing import Final

from models.clock import Clock
from models.documents.habit import check_zone
from models.merge_patch import Json
from models.scope import Scope
from upcoach.services.imports import dayone, habitica, loop_plan, sheet
from upcoach.services.imports.habitica import HabiticaExport
from upcoach.services.imports.plan import Item, Plan, Tally
from upcoach.store.changes import Changes, Mutation, Outcome, Ref, Write
from upcoach.store.committer import Committer
from upcoach.store.documents import Documents
from upcoach.store.holdings import require_room

# A transaction has to fit into MongoDB's cache with all that it writes: some 14,000 entries do,
# in the smallest one that we run.
PART: Final = 5_000


class Imports:
    """Imports are idempotent: an id follows from its owner and its name in the file.

    What a person has changed here since wins over the file; what came with an earlier import of the
    same habit follows it.  A file that cannot be read is refused whole, before anything is written.
    One with more than 5,000 documents is written in parts, each whole: after a crash between two of
    them, the same import again goes on.
    """

    def __init__(self, documents: Documents, committer: Committer, clock: Clock) -> None:
        self._documents = documents
        self._committer = committer
        self._clock = clock

    async def read_loop(self, scope: Scope, archive: bytes, tz: str) -> Plan:
        """What Loop Habit Tracker's CSV export wants, for somebody who lives in *tz*."""
        check_zone(tz)
        return await asyncio.to_thread(loop_plan.read, archive, owner=scope.user, tz=tz)

    async def read_habitica(self, scope: Scope, export: HabiticaExport, tz: str) -> Plan:
        """What Habitica's export of a user's data wants, for somebody who lives in *tz*."""
        check_zone(tz)
        return await asyncio.to_thread(habitica.read, export, owner=scope.user, tz=tz)

    async def read_dayone(self, scope: Scope, archive: bytes, tz: str) -> Plan:
        """What Day One's JSON export wants, for somebody who lives in *tz*."""
        check_zone(tz)
        return await asyncio.to_thread(dayone.read, archive, owner=scope.user, tz=tz)

    async def read_sheet(self, scope: Scope, content: bytes, what: sheet.What, tz: str) -> Plan:
        """What a table of *what* wants, for somebody who lives in *tz*."""
        check_zone(tz)
        return await asyncio.to_thread(sheet.read, content, what=what, owner=scope.user, tz=tz)

    async def show(self, scope: Scope, plan: Plan) -> Json:
        """What *plan* would do now; nothing is written."""
        await self._require_room(scope, plan)
        refs = _reads(scope, plan.items)
        state = await self._documents.state(refs)
        return await asyncio.to_thread(self._shown, scope, plan, Changes(self._clock(), state, {}))

    async def carry_out(
        self, scope: Scope, plan: Plan, mutation: Mutation | None = None
    ) -> Outcome:
        """Do what *plan* says, under the name of its last part; all of it fits, or none is done."""
        await self._require_room(scope, plan)
        parts = [plan.items[start : start + PART] for start in range(0, len(plan.items), PART)]
        before: Json = {}
        for part in parts[:-1]:
            before = (await self._write(scope, plan, part, before, None)).body or {}
        return await self._write(scope, plan, parts[-1] if parts else (), before, mutation)

    async def _require_room(self, scope: Scope, plan: Plan) -> None:
        """Refuse a plan that makes more than its owner's quotas have room for."""
        wanted = await asyncio.to_thread(
            lambda: {item.reads(scope.user)[-1]: item.size for item in plan.items}
        )
        await require_room(self._committer.holdings, wanted, self._documents.state)

    async def _write(
        self,
        scope: Scope,
        plan: Plan,
        part: Sequence[Item],
        before: Json,
        mutation: Mutation | None,
    ) -> Outcome:
        def decide(changes: Changes) -> Outcome:
            tally = Tally(plan, before)
            tally.take(part, changes, scope.user)
            return Outcome(verb="updated" if tally.changed else "unchanged", body=tally.body())

        write = Write(scope=scope, reads=_reads(scope, part), decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    def _shown(self, scope: Scope, plan: Plan, changes: Changes) -> Json:
        tally = Tally(plan)
        tally.take(plan.items, changes, scope.user)
        return tally.body() | {"dry_run": True, "documents": tally.documents()}


def _reads(scope: Scope, items: Sequence[Item]) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(ref for item in items for ref in item.reads(scope.user)))

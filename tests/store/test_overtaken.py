"""Writes that another node was faster with: they are decided anew, from what there is now."""

import asyncio

import pytest
from pymongo import MongoClient

from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import Conflict
from models.base.ids import new_id
from models.goals import Goal
from models.journal import JournalEntry, JournalEntryContent, UnsavedEntry
from tests.store.opened import database_of, new_goal
from tests.support.laws.context import FULL_GOAL as GOAL
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from upcoach.store.base.database import Bson, Database
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write


def committer_of(settings: Settings, database: Database) -> Committer:
    """Another node's, of whose writes nobody hears."""
    masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
    outboxes = Outboxes.of(database, masters, utc_now)
    return Committer(database, KeyRing(database, masters), outboxes, utc_now, lambda _: None)


async def test_a_refusal_counts_only_where_its_feed_has_not_gone_on(settings: Settings) -> None:
    async with serving(settings) as server, database_of(settings) as database:
        scope = scope_of(server, await server.person())
        ours, theirs = server.node.committer, committer_of(settings, database)
        tries = 0

        def decide(_changes: WriteContext) -> Outcome[None]:
            nonlocal tries
            tries += 1
            raise Conflict("never", "Not today.")

        refused = Write(scope=scope, reads=(Ref(Goal, scope.user, GOAL),), decide=decide)
        await ours.commit(new_goal(scope, "Run"))
        await theirs.commit(new_goal(scope, "Swim"))
        with pytest.raises(Conflict, match="never"):
            await ours.commit(refused)

        assert tries == 2


async def test_a_document_in_no_log_that_was_changed_meanwhile_is_not_written_over(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
        entry, content = new_id(JournalEntry.id_prefix), JournalEntryContent(text="It began.")
        await server.node.services.journal.drafts.save(scope, entry, content, None, None, None)
        seen: list[int] = []

        def decide(changes: WriteContext) -> Outcome[UnsavedEntry]:
            before = changes.get(UnsavedEntry, scope.user, entry)
            if not seen:
                with MongoClient[Bson](settings.mongo_url) as client:
                    drafts = client[settings.mongo_database][UnsavedEntry.collection]
                    drafts.update_one({}, {"$inc": {"version": 1}})
            seen.append(before.version)
            after = changes.keep(before.advanced(changes.at))
            return Outcome(verb="updated", document=after, version=after.version)

        reads = (Ref(UnsavedEntry, scope.user, entry),)
        done = await server.node.committer.commit(Write(scope=scope, reads=reads, decide=decide))

        assert seen == [1, 2]
        assert done.version == 3


async def test_who_shares_a_batch_with_a_loser_takes_no_turns(settings: Settings) -> None:
    async with serving(settings) as server, database_of(settings) as database:
        contested, *others = [scope_of(server, await server.person()) for _ in range(4)]
        ours, theirs = server.node.committer, committer_of(settings, database)
        for scope in (contested, *others):
            await ours.commit(new_goal(scope, "Run"))
        await theirs.commit(new_goal(contested, "Swim"))

        outcomes = await asyncio.gather(
            *(ours.commit(new_goal(scope, "Walk")) for scope in (contested, *others))
        )

        assert [outcome.seq for outcome in outcomes] == [5, 4, 4, 4]
        assert ours.contended_feeds == {contested.feed}

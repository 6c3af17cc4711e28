"""One entry for one coach: that one, until then, and nothing of it in any feed."""

import asyncio
import datetime as dt

import msgspec

from config.settings import Settings
from models.journal import EntryShare
from tests.journal.places import ENTRY, ENTRY_SHARE, JOURNAL, PAGE, RESTORE, THROWN
from tests.journal.rows import furnish
from tests.support.laws.snapshots import assert_law, events_since, snapshot
from tests.support.people.relations import share, until
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient

KYOTO = ENTRY.format(id=PAGE)


class Pair(msgspec.Struct, frozen=True):
    """A client with a journal, and their coach."""

    client: RestClient
    coach: RestClient
    client_id: str
    coach_id: str

    @property
    def share(self) -> str:
        """Where the client says that the coach may read."""
        return ENTRY_SHARE.format(id=PAGE, coach=self.coach_id)

    @property
    def shared(self) -> str:
        """Where the coach sees what there is to read."""
        return f"/v1/clients/{self.client_id}/journal"

    async def reads(self, entry: str = PAGE) -> int:
        """The status that the coach gets who asks for an entry."""
        return (await self.coach.call("GET", f"{self.shared}/{entry}")).status


async def pair(server: Server) -> Pair:
    client, coach = await asyncio.gather(server.person(), server.person())
    await furnish(server, client)
    ids = [scope_of(server, one).user for one in (client, coach)]
    await share(client, coach)
    return Pair(client, coach, *ids)


async def test_a_coach_reads_exactly_the_entry_that_is_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        two = await pair(server)
        other = await done(two.client.call("POST", JOURNAL, {"text": "secret"}))

        before = await two.reads()
        shared = await done(two.client.call("PUT", two.share, until(days=3)))
        read = await two.coach.call("GET", f"{two.shared}/{PAGE}")
        listed = (await two.coach.call("GET", two.shared)).body["items"]
        mine = (await two.client.call("GET", f"{KYOTO}/shares")).body["items"]

        assert (before, shared.status) == (404, 201)
        assert read.body == (await two.client.call("GET", KYOTO)).body
        assert [(one["entry"], one["client"]) for one in listed] == [(PAGE, two.client_id)]
        assert [one["coach"] for one in mine] == [two.coach_id]
        assert await two.reads(other.body["id"]) == await two.reads(THROWN) == 404
        assert (await two.coach.call("GET", KYOTO)).status == 404
        stranger = await server.person()
        assert (await stranger.call("GET", f"{two.shared}/{PAGE}")).status == 404
        assert (await stranger.call("GET", two.shared)).body["items"] == []


async def test_both_feeds_hear_of_it_and_neither_holds_a_word(settings: Settings) -> None:
    async with serving(settings) as server:
        two = await pair(server)
        client, coach = await snapshot(two.client), await snapshot(two.coach)
        shown = await two.coach.call("GET", f"/v1/snapshot?feed=u:{two.client_id}")
        begun = shown.headers["upcoach-cursor"]

        soon = until(days=1)
        await done(two.client.call("PUT", two.share, soon))
        await done(two.client.call("PUT", two.share, soon))
        await done(two.client.call("PUT", two.share, until(days=2)))
        told = await events_since(two.coach, coach[1])
        await done(two.client.call("DELETE", two.share))
        again = await two.client.call("DELETE", two.share)
        feed = await two.coach.call("GET", f"/v1/events?feed=u:{two.client_id}&since={begun}")

        kinds = ("set", "set", "deleted")
        await assert_law(client, two.client, tuple(f"journal.share.{one}" for one in kinds))
        await assert_law(coach, two.coach, tuple(f"client.entry.{one}" for one in kinds))
        assert again.status == await two.reads() == 404
        assert "Rain" not in str(told)
        assert {one["t"] for one in feed.body} == {"skip"}


async def test_it_ends_by_the_clock(settings: Settings) -> None:
    async with serving(settings) as server:
        two = await pair(server)
        await done(two.client.call("PUT", two.share, until(days=1)))
        client, coach = await snapshot(two.client), await snapshot(two.coach)
        over = {"$set": {"until": dt.datetime.now(dt.UTC)}}

        await server.node.services.journal.trash.purge()
        during = await two.reads()
        for kind in ("journal_shares", "client_entries"):
            await server.node.database[kind].update_many({}, over)
        after = await two.reads()
        listed = (await two.coach.call("GET", two.shared)).body["items"]
        await server.node.services.journal.trash.purge()
        await server.node.services.journal.trash.purge()

        assert (during, after, listed) == (200, 404, [])
        await assert_law(client, two.client, ("journal.share.deleted",))
        await assert_law(coach, two.coach, ("client.entry.deleted",))


async def test_it_ends_with_the_entry_and_with_the_coaching(settings: Settings) -> None:
    async with serving(settings) as server:
        two = await pair(server)
        await done(two.client.call("PUT", two.share, until(days=1)))
        client, coach = await snapshot(two.client), await snapshot(two.coach)

        await done(two.client.call("DELETE", KYOTO))
        await done(two.client.call("POST", RESTORE.format(id=PAGE)))
        thrown = await two.reads()
        events = ("journal.entry.updated", "journal.share.deleted", "journal.entry.updated")
        await assert_law(client, two.client, events)
        await assert_law(coach, two.coach, ("client.entry.deleted",))
        await done(two.client.call("PUT", two.share, until(days=1)))
        await done(two.client.call("DELETE", f"/v1/shares/{two.coach_id}"))

        assert thrown == await two.reads() == 404


async def test_what_is_deleted_for_good_takes_its_leave_along(settings: Settings) -> None:
    async with serving(settings) as server:
        two = await pair(server)
        await done(two.client.call("DELETE", KYOTO))
        entries = server.node.database["journal_entries"]
        ended = dt.datetime.now(dt.UTC) - dt.timedelta(days=31)
        await entries.update_many({"_id": {"$regex": PAGE}}, {"$set": {"trashed_at": ended}})
        # Leave that was given while the entry went to the trash.
        share = EntryShare(
            id=f"{PAGE}/{two.coach_id}",
            owner=two.client_id,
            created_at=ended,
            updated_at=ended,
            entry=PAGE,
            coach=two.coach_id,
            until=dt.datetime.now(dt.UTC) + dt.timedelta(days=1),
        )
        fields = msgspec.to_builtins(share, builtin_types=(dt.datetime,))
        stored = fields | {"_id": f"{two.client_id}/{fields.pop('id')}"}
        await server.node.database["journal_shares"].insert_one(stored)

        hidden = await two.reads()
        await server.node.services.journal.trash.purge()

        assert hidden == 404
        assert await server.node.database["journal_shares"].count_documents({}) == 0


async def test_a_share_is_asked_for_rightly(settings: Settings) -> None:
    async with serving(settings) as server:
        two, stranger = await pair(server), await server.person()
        nobody = ENTRY_SHARE.format(id=PAGE, coach=scope_of(server, stranger).user)
        before = await snapshot(two.client), await snapshot(stranger)

        async def status(path: str, body: dict[str, str]) -> tuple[int, str]:
            answer = await two.client.call("PUT", path, body)
            return answer.status, answer.body["code"]

        assert await status(two.share, until(seconds=-1)) == (422, "body_invalid")
        assert await status(two.share, until(days=367)) == (422, "body_invalid")
        assert await status(nobody, until(days=1)) == (404, "coach_unknown")
        assert await status(two.share.replace(PAGE, THROWN), until(days=1)) == (404, "not_found")
        assert (await snapshot(two.client), await snapshot(stranger)) == before
        for client in (f"{two.client_id}%2F{PAGE}", "x", f"{two.client_id}%2F"):
            answer = await two.coach.call("GET", f"/v1/clients/{client}/journal/{PAGE}")
            assert answer.status == 404

"""Coach and client: by the word of both, ended by either, with all that was given meanwhile."""

import asyncio
import datetime as dt

import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.sharing.invitation import MOST_OPEN
from tests.journal.places import ENTRY_SHARE, JOURNAL
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.people.racing import Attempt, assert_one_wins, repeatedly
from tests.support.people.relations import (
    ACCEPT,
    CLIENT,
    INVITATIONS,
    SHARE,
    accept,
    invite,
    relate,
    share,
    unshare,
    user_of,
)
from tests.support.server import Server, serving
from tests.support.server.nodes import two_nodes
from tests.support.wire.answers import done, next_page
from upcoach.client import RestClient

GOALS_ONLY, HABITS_ONLY = {"kinds": ["goal"]}, {"kinds": ["habit"]}


async def two(server: Server) -> tuple[RestClient, RestClient]:
    """Two people who do not know each other."""
    one, other = await asyncio.gather(server.person(), server.person())
    return one, other


def soon() -> dict[str, str]:
    return {"until": (dt.datetime.now(dt.UTC) + dt.timedelta(days=365)).isoformat()}


async def test_who_knows_an_id_cannot_force_anything_on_its_owner(settings: Settings) -> None:
    async with serving(settings) as server:
        stranger, victim = await two(server)
        before = await snapshot(victim)
        known, unknown = await user_of(victim), new_id("usr")

        answers = [
            (await stranger.call(method, path.format(user), body), user)
            for user in (known, unknown)
            for method, path, body in (
                ("PUT", SHARE, GOALS_ONLY),
                ("DELETE", SHARE, None),
                ("DELETE", CLIENT, None),
            )
        ]

        told = [(one.status, one.body["code"], one.body["detail"]) for one, _ in answers]
        assert {status for status, *_ in told} == {404}
        assert told[:3] == told[3:]
        assert await snapshot(victim) == before
        assert await events_since(victim, before[1]) == []


@pytest.mark.parametrize("role", ["coach", "client"])
async def test_a_relation_begins_when_the_other_accepts(settings: Settings, role: str) -> None:
    async with serving(settings) as server:
        inviter, invited = await two(server)
        client, coach = (inviter, invited) if role == "client" else (invited, inviter)
        code = await invite(inviter, role)
        before = await snapshot(invited)

        looked = await invited.call("POST", f"{INVITATIONS}/look", {"code": code})
        unmoved = await snapshot(invited)
        accepted = await accept(invited, code)
        again = await accept(invited, code)

        assert (looked.body["as"], looked.body["name"]) == (role, "Test Person")
        assert unmoved == before
        assert accepted.status == 201
        assert (again.status, again.body["code"]) == (404, "invitation_unknown")
        [mine] = (await client.call("GET", "/v1/shares")).body["items"]
        [theirs] = (await coach.call("GET", "/v1/clients")).body["items"]
        assert accepted.body == (mine if role == "coach" else theirs)
        assert (mine["id"], mine["kinds"]) == (await user_of(coach), [])
        assert (theirs["id"], theirs["kinds"]) == (await user_of(client), [])
        assert (await inviter.call("GET", INVITATIONS)).body["items"] == []
        # Nothing is shown yet, not even how often something changes.
        feed = f"u:{theirs['id']}"
        assert (await coach.call("GET", f"/v1/events?feed={feed}&since=0")).status == 404
        assert (await coach.call("GET", f"/v1/snapshot?feed={feed}")).status == 404


async def test_a_code_is_kept_by_nobody_and_holds_for_one_other_person(settings: Settings) -> None:
    async with serving(settings) as server:
        inviter, invited = await two(server)
        code = await invite(inviter, "coach")

        own = await accept(inviter, code)
        kept = [one async for one in server.node.database["once"].find({})]
        feed = await events_since(inviter, await beginning(inviter))
        guessed = [await accept(invited, wrong) for wrong in ("x", code[:-1], code + "A")]
        bad = await invited.call("POST", ACCEPT, {"code": 7})
        await done(accept(invited, code))
        exists = await accept(invited, await invite(inviter, "coach"))

        assert (own.status, own.body["code"]) == (409, "invitation_own")
        assert code not in str(kept) + str(feed)
        assert {(one.status, one.body["code"]) for one in guessed} == {(404, "invitation_unknown")}
        assert bad.status == 422
        assert (exists.status, exists.body["code"]) == (409, "relation_exists")


async def beginning(person: RestClient) -> str:
    """The cursor before a person's first event."""
    return f"{(await snapshot(person))[1].partition('.')[0]}.0"


async def test_what_was_withdrawn_or_is_over_is_accepted_by_nobody(settings: Settings) -> None:
    async with serving(settings) as server:
        inviter, invited = await two(server)
        codes = [await invite(inviter, "client") for _ in range(MOST_OPEN)]
        listed = (await inviter.call("GET", INVITATIONS)).body["items"]
        too_many = await inviter.call("POST", INVITATIONS, {"as": "client"})
        path = f"{INVITATIONS}/{listed[0]['id']}"
        strangers = await invited.call("DELETE", path)
        await done(inviter.call("DELETE", path))
        again = await inviter.call("DELETE", path)
        over = dt.datetime.now(dt.UTC)
        invitations = server.node.database["invitations"]
        ends = {f"open.{listed[1]['id']}.expires_at": over}
        await invitations.update_many({"owner": await user_of(inviter)}, {"$set": ends})

        refused = [await accept(invited, code) for code in codes[:2]]
        refused += [await invited.call("POST", f"{INVITATIONS}/look", {"code": codes[1]})]
        left = (await inviter.call("GET", INVITATIONS)).body["items"]
        made = [await inviter.call("POST", INVITATIONS, {"as": "client"}) for _ in range(3)]

        assert [one["as"] for one in listed] == ["client"] * MOST_OPEN
        assert (too_many.status, too_many.body["code"]) == (409, "invitations_too_many")
        assert strangers.status == again.status == 404
        assert {(one.status, one.body["code"]) for one in refused} == {(404, "invitation_unknown")}
        assert [one["id"] for one in left] == [one["id"] for one in listed[2:]]
        assert [one.status for one in made] == [201, 201, 409]


@pytest.mark.parametrize("by", ["client", "coach"])
async def test_either_ends_it_with_all_that_was_given(settings: Settings, by: str) -> None:
    async with serving(settings) as server:
        client, coach = await two(server)
        coach_id, client_id = await share(client, coach), await user_of(client)
        entry = (await done(client.call("POST", JOURNAL, {"text": "secret"}))).body["id"]
        given = ENTRY_SHARE.format(id=entry, coach=coach_id)
        await done(client.call("PUT", given, soon()))
        reading = f"/v1/clients/{client_id}/journal/{entry}"
        assert (await coach.call("GET", reading)).status == 200
        before = [await snapshot(one) for one in (client, coach)]

        leaving, place = (client, SHARE) if by == "client" else (coach, CLIENT)
        other = coach_id if by == "client" else client_id
        await done(leaving.call("DELETE", place.format(other)))
        twice = await leaving.call("DELETE", place.format(other))
        events = [
            await events_since(one, cursor)
            for one, (_, cursor) in zip((client, coach), before, strict=True)
        ]
        back = await client.call("PUT", SHARE.format(coach_id), GOALS_ONLY)
        again = await client.call("PUT", given, soon())
        # A new relation of the same two shows what is shared in it, and nothing of the old one.
        await share(client, coach)
        revived = await coach.call("GET", reading)
        listed = await coach.call("GET", f"/v1/clients/{client_id}/journal")

        assert [event["type"] for event in events[0]] == ["share.deleted", "journal.share.deleted"]
        assert [event["type"] for event in events[1]] == ["client.deleted", "client.entry.deleted"]
        # Whoever did it is told, but not on which device.
        told = events[1] if by == "client" else events[0]
        assert [event["by"] for event in told] == [{"user": await user_of(leaving)}] * 2
        assert twice.status == 404
        assert (back.status, back.body["code"]) == (404, "coach_unknown")
        assert (again.status, again.body["code"]) == (404, "coach_unknown")
        assert revived.status == 404
        assert listed.body["items"] == []


async def test_leave_of_an_older_relation_is_not_revived_by_a_newer_one(settings: Settings) -> None:
    """As older builds left it behind: the share is gone, leave to read an entry is not."""
    async with serving(settings) as server:
        client, coach = await two(server)
        coach_id, client_id = await share(client, coach), await user_of(client)
        entry = (await done(client.call("POST", JOURNAL, {"text": "secret"}))).body["id"]
        await done(client.call("PUT", ENTRY_SHARE.format(id=entry, coach=coach_id), soon()))
        database = server.node.database
        kept = {
            kind: [one async for one in database[kind].find({})]
            for kind in ("journal_shares", "client_entries")
        }
        await unshare(client, coach)
        for relation in ("of another build", None):
            for kind, some in kept.items():
                for one in some:
                    left = {name: one[name] for name in one if name != "relation"}
                    left |= {} if relation is None else {"relation": one["relation"]}
                    await database[kind].replace_one({"_id": one["_id"]}, left, upsert=True)
            await relate(client, coach)

            read = await coach.call("GET", f"/v1/clients/{client_id}/journal/{entry}")
            listed = await coach.call("GET", f"/v1/clients/{client_id}/journal")
            await unshare(client, coach)

            assert (read.status, listed.body["items"]) == (404, [])


async def test_more_leave_than_a_page_holds_ends_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upcoach.services.sharing.entry_shares.PAGE", 2)
    async with serving(settings) as server:
        client, coach = await two(server)
        coach_id = await share(client, coach)
        for number in range(5):
            entry = (await done(client.call("POST", JOURNAL, {"text": f"{number}"}))).body["id"]
            await done(client.call("PUT", ENTRY_SHARE.format(id=entry, coach=coach_id), soon()))

        await unshare(client, coach)

        for kind in ("journal_shares", "client_entries"):
            assert await server.node.database[kind].count_documents({}) == 0


async def test_a_share_that_the_coach_never_agreed_to_shows_and_opens_nothing_more(
    settings: Settings,
) -> None:
    """As an older build made it: both documents, and nobody's word but the client's."""
    async with serving(settings) as server:
        client, coach = await two(server)
        coach_id, client_id = await share(client, coach), await user_of(client)
        given = (await done(client.call("POST", JOURNAL, {"text": "x"}))).body["id"]
        await done(client.call("PUT", ENTRY_SHARE.format(id=given, coach=coach_id), soon()))
        unsaid = {"$unset": {"accepted_at": "", "relation": ""}}
        for kind in ("shares", "clients", "journal_shares", "client_entries"):
            await server.node.database[kind].update_many({}, unsaid)
        held = await read_and_listed(coach, client_id, given)
        long_ago = {"$set": {"updated_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}}
        for kind in ("journal_shares", "client_entries"):
            await server.node.database[kind].update_many({}, long_ago)
        left_behind = await read_and_listed(coach, client_id, given)
        before = await snapshot(coach)

        shown = await coach.call("GET", f"/v1/snapshot?feed=u:{client_id}")
        wider = await client.call("PUT", SHARE.format(coach_id), {"kinds": ["goal", "habit"]})
        entry = (await done(client.call("POST", JOURNAL, {"text": "x"}))).body["id"]
        more = await client.call("PUT", ENTRY_SHARE.format(id=entry, coach=coach_id), soon())
        connected = await server.node.services.sharing.shares.connects(client_id, coach_id)
        unmoved = await snapshot(coach)
        confirmed = await accept(coach, await invite(client, "client"))
        later = await client.call("PUT", SHARE.format(coach_id), {"kinds": ["goal", "habit"]})

        # What was left behind by a relation before that one does not count.
        assert (held, left_behind) == ((200, 1), (404, 0))
        assert (shown.status, shown.body["kind"]) == (200, "goal")
        assert (wider.status, wider.body["code"]) == (409, "share_unconfirmed")
        assert (more.status, more.body["code"]) == (404, "coach_unknown")
        assert not connected
        assert unmoved == before
        assert (confirmed.status, confirmed.body["kinds"]) == (201, ["goal"])
        assert later.status == 200
        assert await server.node.services.sharing.shares.connects(client_id, coach_id)


async def read_and_listed(coach: RestClient, client_id: str, entry: str) -> tuple[int, int]:
    """The status of reading an entry, and how many are listed."""
    path = f"/v1/clients/{client_id}/journal"
    read, listed = await coach.call("GET", f"{path}/{entry}"), await coach.call("GET", path)
    return read.status, len(listed.body["items"])


@repeatedly
async def test_an_invitation_is_accepted_once(engines: TestEngines, rounds: int) -> None:
    async with two_nodes(engines) as nodes:
        inviter = await nodes[0].person()
        people = [await node.person() for node in nodes for _ in range(2)]

        async def prepare() -> Attempt:
            code = await invite(inviter, "coach")
            for person in people:
                await person.call("DELETE", SHARE.format(await user_of(inviter)))

            async def attempt(number: int) -> int:
                return (await accept(people[number % 4], code)).status

            return attempt

        await assert_one_wins(prepare, rounds=rounds, lost={404, 409})


@repeatedly
async def test_what_is_given_while_a_relation_ends_does_not_outlive_it(
    engines: TestEngines, rounds: int
) -> None:
    async with two_nodes(engines) as (one, other):
        client, coach = await one.person(), await other.person()
        client_id = await user_of(client)
        entries = [
            (await done(client.call("POST", JOURNAL, {"text": f"{n}"}))).body["id"]
            for n in range(10)
        ]
        twin = other.client(client.token)
        for _ in range(rounds):
            coach_id = await share(client, coach)
            given = [ENTRY_SHARE.format(id=entry, coach=coach_id) for entry in entries]
            answers = await asyncio.gather(
                *(twin.call("PUT", path, soon()) for path in given),
                *(
                    client.call("PUT", SHARE.format(coach_id), shown)
                    for shown in (HABITS_ONLY, GOALS_ONLY)
                ),
                coach.call("DELETE", CLIENT.format(client_id)),
            )
            await share(client, coach)
            left = [
                await coach.call("GET", f"/v1/clients/{client_id}/journal/{one}") for one in entries
            ]
            listed = await coach.call("GET", f"/v1/clients/{client_id}/journal")
            kept = (await snapshot(client))[0]["journal.share"]

            assert {one.status for one in answers} <= {200, 201, 204, 404}
            assert answers[-1].status == 204
            assert {one.status for one in left} == {404}
            assert listed.body["items"] == []
            assert kept == {}
            assert next_page(listed) == ""

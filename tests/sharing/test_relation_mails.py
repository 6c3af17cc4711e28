"""Both sides of a relation are told by mail that it begins, and whoever reads that can end it."""

from pathlib import Path

import pytest

from models.base.clock import utc_now
from models.base.ids import new_mutation_id
from tests.account.planting import CONFIRM, DISOWN, Thief, click, tokens
from tests.support.engines import TestEngines
from tests.support.people.mail import forget_told, newest, settings_of, subjects, text_of, token_in
from tests.support.people.passwords import forgot, reset
from tests.support.people.relations import INVITATIONS, SHARE, accept, invite, relate, share
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.services.account.additions.account_claim import TOLD
from upcoach.services.account.additions.additions import UNPROVEN

ANN, BEN = "ann@example.org", "ben@example.org"
HAS_COACH, HAS_CLIENT = "You have a coach", "You have a client"


async def two(server: Server) -> tuple[Thief, Thief]:
    """Two people with addresses."""
    for email, name in ((ANN, "Ann"), (BEN, "Ben: Look at evil.test")):
        assert (await server.client().register(email, PASSWORD, name)).status == 202
    return await Thief.of(server, ANN), await Thief.of(server, BEN)


async def connected(server: Server, one: Thief, other: Thief) -> bool:
    return await server.node.services.sharing.shares.connects(one.user, other.user)


async def test_both_are_told_whom_they_have(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann, ben = await two(server)
        already = {email: len(await subjects(server, email)) for email in (ANN, BEN)}

        await relate(ann.client, ben.client)

        told = {email: (await subjects(server, email))[already[email] :] for email in (ANN, BEN)}
        assert told == {ANN: [HAS_COACH], BEN: [HAS_CLIENT]}
        assert "“Ben Look at evil dot test”" in text_of(await newest(server, ANN))
        assert "“Ann”" in text_of(await newest(server, BEN))


@pytest.mark.parametrize("role", ["coach", "client"])
@pytest.mark.parametrize("invites", [True, False])
async def test_a_relation_of_a_stolen_session_ends_with_a_click(
    engines: TestEngines,
    tmp_path: Path,
    role: str,
    invites: bool,  # noqa: FBT001 - a row of a table
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        owner, thief = await two(server)
        stolen = owner.client
        inviting, accepting = (stolen, thief.client) if invites else (thief.client, stolen)
        await done(accept(accepting, await invite(inviting, role)))
        began = await connected(server, owner, thief)

        clicked = await click(server, DISOWN, token_in(await newest(server, ANN)))

        assert (began, clicked) == (True, 204)
        assert not await connected(server, owner, thief)
        assert (await stolen.call("GET", "/v1/me")).status == 401
        assert (await thief.client.call("GET", "/v1/me")).status == 200


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_a_client_stays_through_a_reset_once_confirmed(
    engines: TestEngines,
    tmp_path: Path,
    is_confirmed: bool,  # noqa: FBT001 - a row of a table
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        coach, client = await two(server)
        await relate(client.client, coach.client)
        # What the client shows afterwards is no affair of the coach's word.
        await share(client.client, coach.client)
        if is_confirmed:
            assert await click(server, CONFIRM, token_in(await newest(server, ANN))) == 204
            await share(client.client, coach.client, ("goal", "habit"))

        assert (await reset(server, await forgot(server, ANN))).status == 204

        assert await connected(server, coach, client) == is_confirmed
        listed = (await client.client.call("GET", "/v1/shares")).body["items"]
        assert len(listed) == int(is_confirmed)


async def test_clients_of_long_ago_stay_with_a_coach_who_forgets_the_password(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        coach, client = await two(server)
        await relate(client.client, coach.client)
        told = utc_now() - TOLD
        await server.node.database["clients"].update_many({}, {"$set": {"accepted_at": told}})

        assert (await reset(server, await forgot(server, ANN))).status == 204

        assert await connected(server, coach, client)


async def test_an_old_share_that_is_agreed_to_is_mailed_as_a_new_one(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        client, coach = await two(server)
        coach_id = await share(client.client, coach.client)
        confirmed = [await click(server, CONFIRM, one) for one in await tokens(server, ANN)]
        unsaid = {"$unset": {"accepted_at": "", "relation": ""}}
        for kind in ("shares", "clients"):
            await server.node.database[kind].update_many({}, unsaid)
        await subjects(server, ANN)

        await done(accept(coach.client, await invite(client.client, "client")))
        again = await done(client.client.call("PUT", SHARE.format(coach_id), {"kinds": ["goal"]}))

        assert confirmed[-1] == 204
        assert again.body["kinds"] == ["goal"]
        assert (await subjects(server, ANN))[-1] == HAS_COACH
        assert (await subjects(server, BEN))[-1] == HAS_CLIENT
        assert await click(server, DISOWN, token_in(await newest(server, ANN))) == 204
        assert not await connected(server, client, coach)


@pytest.mark.parametrize("says", [CONFIRM, DISOWN])
async def test_what_is_shown_since_ends_no_link_that_removes(
    engines: TestEngines, tmp_path: Path, says: str
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        owner, thief = await two(server)
        await done(accept(owner.client, await invite(thief.client, "coach")))
        mailed = token_in(await newest(server, ANN))
        await done(owner.client.call("PUT", SHARE.format(thief.user), {"kinds": ["goal"]}))

        clicked = await click(server, says, mailed)

        assert clicked == (400 if says == CONFIRM else 204)
        assert await connected(server, owner, thief) == (says == CONFIRM)


async def test_a_relation_that_is_asked_for_again_is_mailed_once(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann, ben = await two(server)
        code = await invite(ann.client, "client")
        name = {"Idempotency-Key": new_mutation_id()}
        body = {"code": code}
        answers = [
            await ben.client.call("POST", f"{INVITATIONS}/accept", body, headers=name)
            for _ in range(3)
        ]

        assert [answer.status for answer in answers] == [201] * 3
        assert (await subjects(server, ANN)).count(HAS_COACH) == 1
        assert (await subjects(server, BEN)).count(HAS_CLIENT) == 1


async def test_nobody_is_mailed_about_one_relation_after_the_other(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path, UPCOACH_LIMITS="on")) as server:
        ann, ben = await two(server)
        statuses = []
        for _ in range(25):
            made = await ann.client.call("POST", INVITATIONS, {"as": "coach"})
            statuses.append(made.status)
            if made.status == 201:
                await done(accept(ben.client, made.body["code"]))
                await done(ben.client.call("DELETE", SHARE.format(ann.user)))

        assert statuses == [201] * 20 + [429] * 5
        assert (await subjects(server, ANN)).count(HAS_CLIENT) == UNPROVEN


async def test_one_thing_that_changes_again_and_again_is_mailed_now_and_then(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        client, coach = await two(server)
        await relate(client.client, coach.client)
        for number in range(20):
            kinds = ["goal"] if number % 2 else ["habit"]
            await done(client.client.call("PUT", SHARE.format(coach.user), {"kinds": kinds}))

        at_once = (await subjects(server, ANN)).count("You share with a coach")
        await forget_told(server)
        later = at_once
        while later == at_once:  # the mailer may be about to put it off again
            await server.node.database["outbox"].update_many({}, {"$set": {"at": utc_now()}})
            later = (await subjects(server, ANN)).count("You share with a coach")

        assert (at_once, later) == (1, 2)


async def test_an_invitation_of_a_session_that_was_ended_is_over(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        owner, thief = await two(server)
        stolen = await Thief.of(server, ANN)
        codes = {one: await invite(one.client, "coach") for one in (owner, stolen)}
        ended = scope_of(server, stolen.client).session
        await done(owner.client.call("DELETE", f"/v1/auth/sessions/{ended}"))

        answers = [await accept(thief.client, code) for code in codes.values()]

        assert [answer.status for answer in answers] == [404, 404]

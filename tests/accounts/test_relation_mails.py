"""Both sides of a relation are told by mail that it begins, and whoever reads that can end it."""

from pathlib import Path

import pytest

from tests.accounts.planting import CONFIRM, DISOWN, Thief, click, tokens
from tests.accounts.post import newest, settings_of, subjects, token_in
from tests.accounts.test_new_passwords import forgot, reset
from tests.support.engines import TestEngines
from tests.support.relations import SHARE, accept, invite, relate, share
from tests.support.server import PASSWORD, Server, serving
from tests.test_snapshot_law import done

ANN, BEN = "ann@example.org", "ben@example.org"
HAS_COACH, HAS_CLIENT = "You have a coach", "You have a client"


async def two(server: Server) -> tuple[Thief, Thief]:
    """Two people with addresses."""
    for email, name in ((ANN, "Ann"), (BEN, "Ben: Look at evil.test")):
        assert (await server.client().register(email, PASSWORD, name)).status == 202
    return await Thief.of(server, ANN), await Thief.of(server, BEN)


async def connected(server: Server, one: Thief, other: Thief) -> bool:
    return await server.node.services.shares.connects(one.user, other.user)


async def test_both_are_told_whom_they_have(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann, ben = await two(server)
        already = {email: len(await subjects(server, email)) for email in (ANN, BEN)}

        await relate(ann.client, ben.client)

        told = {email: (await subjects(server, email))[already[email] :] for email in (ANN, BEN)}
        assert told == {ANN: [HAS_COACH], BEN: [HAS_CLIENT]}
        assert "“Ben Look at evil dot test”" in (await newest(server, ANN)).get_content()
        assert "“Ann”" in (await newest(server, BEN)).get_content()


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

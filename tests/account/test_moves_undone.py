"""Whoever reads the mails of the address that was left can undo the move, for a week."""

import asyncio
import datetime as dt
from pathlib import Path

from models.base.clock import utc_now
from tests.account.flawed_mail import BAD_TOKENS
from tests.account.planting import click
from tests.support.engines import TestEngines
from tests.support.people.addresses import ANN, BOB, MOVE, UNDO, confirm, joined, stepped_up
from tests.support.people.enrolling import SESSIONS
from tests.support.people.mail import newest, settings_of, subjects, text_of, token_in
from tests.support.people.passwords import NEW, enters, forgot, reset
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import RestClient

EVE = "eve@example.org"


async def moved(server: Server, person: RestClient, old: str, new: str) -> str:
    """Move *person*, and return the token that undoes it."""
    assert (await person.call("POST", MOVE, {"email": new})).status == 202
    assert await confirm(server, token_in(await newest(server, new))) == 204
    return token_in(await newest(server, old))


async def email_of(server: Server, password: str, email: str) -> str:
    login = await server.client().log_in(email, password, "phone")
    found = (await login.call("GET", "/v1/me")).body["email"]
    login.close()
    return str(found)


async def test_the_owner_comes_back_and_whoever_moved_them_does_not(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        thief = await stepped_up(server)
        to_ann = await moved(server, thief, ANN, BOB)
        to_bob = await moved(server, thief, BOB, EVE)
        thieves_reset = await forgot(server, EVE)

        undone = await click(server, UNDO, to_ann)
        theirs = [
            await click(server, UNDO, to_bob),
            (await reset(server, thieves_reset)).status,
            (await reset(server, await forgot(server, ANN))).status,
        ]

        assert (undone, theirs) == (204, [400, 400, 204])
        assert (await thief.call("GET", "/v1/me")).status == 401
        assert [await enters(server, PASSWORD, one) for one in (ANN, BOB, EVE)] == [False] * 3
        assert await email_of(server, NEW, ANN) == ANN


async def test_both_addresses_are_told_that_a_move_was_undone(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        to_ann = await moved(server, await stepped_up(server), ANN, BOB)

        clicked = [await click(server, UNDO, to_ann) for _ in range(2)]

        told = {email: await newest(server, email) for email in (ANN, BOB)}
        assert clicked == [204, 400]
        assert [mail["Subject"] for mail in told.values()] == [
            "Your account has its old address back",
            "This address no longer belongs to your account",
        ]
        assert "/account/forgot" in text_of(told[ANN])
        assert "http" not in text_of(told[BOB])
        assert ANN not in text_of(told[BOB])
        assert BOB not in text_of(told[ANN])
        for email, mail in told.items():
            assert (await subjects(server, email)).count(mail["Subject"]) == 1


async def test_the_address_that_was_left_is_kept_for_who_may_come_back(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        thief = await stepped_up(server)
        to_ann = await moved(server, thief, ANN, BOB)
        other = await stepped_up(server, EVE)

        registered = await server.client().register(ANN, PASSWORD, "Eve")
        await other.call("POST", MOVE, {"email": ANN})
        late = await confirm(server, token_in(await newest(server, ANN)))
        undone = await click(server, UNDO, to_ann)

        assert (registered.status, late, undone) == (202, 409, 204)
        assert (await subjects(server, ANN))[-1] != "You already have an account"
        assert (await reset(server, await forgot(server, ANN))).status == 204
        assert await email_of(server, NEW, ANN) == ANN


async def test_an_address_that_was_never_shown_to_be_somebodys_is_not_kept_for_them(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        squatter = await stepped_up(server, is_verified=False)
        await moved(server, squatter, ANN, EVE)

        assert (await server.client().register(ANN, NEW, "Ann")).status == 202

        assert (await subjects(server, ANN))[-1] == "Is this your address?"
        assert await email_of(server, NEW, ANN) == ANN


async def test_an_address_that_was_not_left_is_not_kept(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await stepped_up(server)
        assert (await ann.call("POST", MOVE, {"email": BOB})).status == 202
        token = token_in(await newest(server, BOB))
        assert (await ann.call("DELETE", f"{SESSIONS}?keep=current")).status == 204

        refused = await confirm(server, token)

        kept = {"_id": {"$regex": "^address left"}}
        assert refused == 400
        assert await server.node.database["once"].count_documents(kept) == 0


async def test_who_has_moved_may_go_back_by_themselves(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await stepped_up(server)
        for old, new in ((ANN, BOB), (BOB, ANN), (ANN, BOB)):
            await moved(server, ann, old, new)

        assert await email_of(server, PASSWORD, BOB) == BOB


async def test_an_address_is_free_when_no_move_to_it_can_be_undone(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await stepped_up(server)
        to_ann = await moved(server, ann, ANN, BOB)
        async with server.node.database.connection():
            lives = [
                one["until"] - utc_now()
                async for one in server.node.database["once"].find({"_id": {"$regex": "^move un"}})
            ]
            over = {"$set": {"until": utc_now()}}
            await server.node.database["once"].update_many({}, over)

        undone = await click(server, UNDO, to_ann)
        await joined(server, ANN)

        assert [dt.timedelta(days=6) < one <= dt.timedelta(days=7) for one in lives] == [True]
        assert undone == 400
        assert await enters(server, PASSWORD, ANN)


async def test_of_many_who_undo_it_at_once_one_does(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        to_ann = await moved(server, await stepped_up(server), ANN, BOB)

        answers = await asyncio.gather(*(click(server, UNDO, to_ann) for _ in range(20)))

        assert sorted(answers) == [204] + [400] * 19


async def test_what_is_no_link_undoes_nothing(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await moved(server, await stepped_up(server), ANN, BOB)
        bodies = {name: body for name, (body, _) in BAD_TOKENS.items()}

        answers = {
            name: (await server.client().call("POST", UNDO, body)).status
            for name, body in bodies.items()
        }

        assert answers == {name: status for name, (_, status) in BAD_TOKENS.items()}
        assert await enters(server, PASSWORD, BOB)

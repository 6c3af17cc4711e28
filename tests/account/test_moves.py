"""An account goes by another address when its owner and the address's agree."""

import asyncio
from pathlib import Path

from tests.account.contract_mail import stale
from tests.account.flawed_mail import BAD_TOKENS
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.addresses import (
    ANN,
    BOB,
    CONFIRM,
    MOVE,
    confirm,
    joined,
    stepped_up,
)
from tests.support.people.mail import newest, post_of, settings_of, subjects, text_of, token_in
from tests.support.people.passwords import enters, forgot, reset
from tests.support.server import PASSWORD, serving


async def test_an_account_moves_when_the_new_address_agrees(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await stepped_up(server)
        link = await forgot(server)
        before = await snapshot(person)

        asked = await person.call("POST", MOVE, {"email": BOB})
        message = await newest(server, BOB)
        still = await enters(server, PASSWORD, ANN)
        token = token_in(message)
        confirmed = [await confirm(server, token) for _ in range(2)]

        assert (asked.status, asked.body) == (202, {"email": BOB})
        assert "http://upcoach.test/account/email?token=" in text_of(message)
        assert (still, confirmed) == (True, [204, 400])
        await assert_law(before, person, ("session.created", "user.updated"))
        me = (await person.call("GET", "/v1/me")).body
        assert (me["email"], "verified_at" in me) == (BOB, True)
        assert [await enters(server, PASSWORD, one) for one in (ANN, BOB)] == [False, True]
        assert (await subjects(server, ANN))[-2:] == [
            "Your address is about to be changed",
            "Your address was changed",
        ]
        assert (await reset(server, link)).status == 400  # it was mailed to an address of old
        assert (await server.client().register(ANN, PASSWORD, "Eve")).status == 202
        assert not await enters(server, PASSWORD, ANN)  # the move may yet be undone


async def test_a_move_that_was_asked_for_in_a_session_that_has_ended_is_over(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await stepped_up(server)
        await person.call("POST", MOVE, {"email": BOB})
        token = token_in(await newest(server, BOB))

        ended = await person.call("POST", "/v1/auth/logout")

        assert (ended.status, await confirm(server, token)) == (204, 400)
        assert [await enters(server, PASSWORD, one) for one in (ANN, BOB)] == [True, False]


async def test_of_many_who_use_a_link_at_once_one_does(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await stepped_up(server)
        await person.call("POST", MOVE, {"email": BOB})
        token = token_in(await newest(server, BOB))

        answers = await asyncio.gather(*(confirm(server, token) for _ in range(20)))

        assert sorted(answers) == [204] + [400] * 19


async def test_nobody_moves_to_the_address_of_another(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await stepped_up(server)
        await person.call("POST", MOVE, {"email": BOB})
        token = token_in(await newest(server, BOB))
        await joined(server, BOB)
        before = await snapshot(person)

        late = await confirm(server, token)
        asked = await person.call("POST", MOVE, {"email": BOB.upper()})

        assert (late, asked.status) == (409, 202)
        assert (await subjects(server, BOB))[-1] == "This address already has an account"
        assert "token=" not in text_of(post_of(server, BOB)[-1])
        assert await snapshot(person) == before


async def test_who_may_not_move_does_not(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await stale(server, await joined(server))
        strong = await stepped_up(server, "eve@example.org")
        before = await snapshot(person)

        plain = await person.call("POST", MOVE, {"email": BOB})
        stranger = await server.client().call("POST", MOVE, {"email": BOB})
        wrong = [
            (await strong.call("POST", MOVE, body)).status
            for body in (
                {},
                {"email": ""},
                {"email": "bob"},
                {"email": "bob@example.org\r\nBcc: x@y.z"},
                {"email": "b" * 65 + "@example.org"},
                {"email": ["bob@example.org"]},
                {"email": {"$gt": ""}},
                {"email": BOB, "user": "usr_1"},
            )
        ]
        links = {
            name: (await server.client().call("POST", CONFIRM, body)).status
            for name, (body, _) in BAD_TOKENS.items()
        }

        assert (plain.status, plain.body["code"]) == (401, "insufficient_user_authentication")
        assert stranger.status == 401
        assert wrong == [422] * 8
        assert links == {name: status for name, (_, status) in BAD_TOKENS.items()}
        assert await subjects(server, BOB) == []
        assert await snapshot(person) == before

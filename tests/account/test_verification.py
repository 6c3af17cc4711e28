"""Whoever reads the mails of an address can show that it is theirs."""

import asyncio
import datetime as dt
from pathlib import Path

from models.base.clock import utc_now
from tests.account.flawed_mail import BAD_TOKENS
from tests.support.engines import TestEngines
from tests.support.people.addresses import ANN, VERIFY, is_verified, joined
from tests.support.people.mail import newest, post_of, settings_of, subjects, text_of, token_in
from tests.support.server import serving


async def test_the_link_in_the_first_mail_verifies_the_address_once(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        message = await newest(server, ANN)
        before = await is_verified(person)

        token = {"token": token_in(message)}
        answers = [await server.client().call("POST", VERIFY, token) for _ in range(2)]
        await person.call("POST", f"{VERIFY}/resend")

        assert "http://upcoach.test/account/verify?token=" in text_of(message)
        assert [answer.status for answer in answers] == [204, 400]
        assert answers[1].body["code"] == "link_over"
        assert (before, await is_verified(person)) == (False, True)
        assert await subjects(server, ANN) == ["Is this your address?"]  # none is needed any more


async def test_of_many_who_use_a_link_at_once_one_does(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        token = {"token": token_in(await newest(server, ANN))}

        answers = await asyncio.gather(
            *(server.client().call("POST", VERIFY, token) for _ in range(20))
        )

        assert sorted(answer.status for answer in answers) == [204] + [400] * 19


async def test_a_link_can_be_asked_for_again_and_is_over_after_a_day(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        first = token_in(await newest(server, ANN))

        asked = await person.call("POST", f"{VERIFY}/resend")
        second = token_in(await newest(server, ANN))
        lives = [
            one["until"] - utc_now()
            async for one in server.node.database["once"].find({"_id": {"$regex": "^verif"}})
        ]
        confirmed = await server.client().call("POST", VERIFY, {"token": second})

        assert (asked.status, asked.body) == (202, {"email": ANN})
        assert first != second
        assert all(dt.timedelta(hours=23) < life <= dt.timedelta(hours=24) for life in lives)
        assert (len(lives), confirmed.status) == (2, 204)


async def test_what_is_no_link_verifies_nothing(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        await newest(server, ANN)

        answers = {
            name: (await server.client().call("POST", VERIFY, body)).status
            for name, (body, _) in BAD_TOKENS.items()
        }
        strangers = await server.client().call("POST", f"{VERIFY}/resend")

        assert answers == {name: status for name, (_, status) in BAD_TOKENS.items()}
        assert strangers.status == 401
        assert not await is_verified(person)


async def test_whoever_registers_twice_is_told_by_mail_alone(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        me = (await person.call("GET", "/v1/me")).body
        await newest(server, ANN)

        again = await server.client().register(ANN.upper(), "another horse", "Mallory")
        fresh = await server.client().register("bob@example.org", "another horse", "Mallory")
        stolen = await server.client().call(
            "POST",
            "/v1/auth/login",
            {"email": ANN, "password": "another horse", "device": "phone"},
        )

        assert (again.status, again.body) == (202, {"email": ANN.upper()})
        assert (fresh.status, fresh.body) == (202, {"email": "bob@example.org"})
        assert again.headers.keys() == fresh.headers.keys()
        assert stolen.status == 401
        assert (await person.call("GET", "/v1/me")).body == me
        assert await subjects(server, ANN) == [
            "Is this your address?",
            "You already have an account",
        ]
        assert "Mallory" not in str(post_of(server, ANN)[-1])

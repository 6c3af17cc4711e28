"""Who is locked out with a new password is out: nothing that they have begun before ends after."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.engines import TestEngines
from tests.support.people.addresses import ANN, BOB, MOVE, confirm, stepped_up
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest, settings_of, token_in
from tests.support.people.passwords import CHANGE, NEW, forgot, reset
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.client import RestClient

Locks = Callable[[Server, RestClient, str], Awaitable[None]]


async def by_mail(server: Server, _: RestClient, email: str) -> None:
    """Choose a new password through one's mails."""
    assert (await reset(server, await forgot(server, email))).status == 204


async def by_change(_: Server, client: RestClient, _email: str) -> None:
    """Choose a new password where one is logged in."""
    await done(client.call("POST", CHANGE, {"current": PASSWORD, "password": NEW}))


@pytest.mark.parametrize("locked", [by_mail, by_change])
async def test_a_login_that_waits_for_a_second_factor_does_not_outlive_the_password(
    engines: TestEngines, tmp_path: Path, locked: Locks
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await AccountHolder.enrolled(server)
        waiting = await ann.challenge()
        other = await ann.challenge()

        counted = await ann.answer(other, totp=ann.code())
        await locked(server, ann.client, ann.email)
        await ann.forget_step()
        answer = await ann.answer(waiting, totp=ann.code())
        asked = await server.client().call(
            "POST", "/v1/auth/challenge/options", {"challenge": waiting}
        )

        assert counted.status == 201
        assert (answer.status, answer.body["code"]) == (403, "challenge_over")
        assert (asked.status, asked.body["code"]) == (403, "challenge_over")


@pytest.mark.parametrize("locked", [by_mail, by_change])
async def test_an_address_that_was_asked_for_is_not_moved_to_by_who_is_locked_out(
    engines: TestEngines, tmp_path: Path, locked: Locks
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        thief = await stepped_up(server)
        owner = await server.client().log_in(ANN, PASSWORD, "phone")
        await done(thief.call("POST", MOVE, {"email": BOB}))
        link = token_in(await newest(server, BOB))

        await locked(server, owner, ANN)
        moved = await confirm(server, link)

        owner = await server.client().log_in(ANN, NEW, "phone")
        assert moved == 400
        assert (await owner.call("GET", "/v1/me")).body["email"] == ANN
        owner.close()

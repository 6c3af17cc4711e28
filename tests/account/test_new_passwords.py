"""Passwords are changed and reset, and nobody finds out whose account there is."""

import asyncio
import datetime as dt
from pathlib import Path

import argon2
import pytest

from models.account import password_policy
from models.base.clock import utc_now
from models.base.errors import Invalid
from tests.account.flawed_mail import BAD_TOKENS, CHANGES
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.addresses import ANN, is_verified, joined
from tests.support.people.mail import (
    all_sent,
    newest,
    post_of,
    settings_of,
    subjects,
    text_of,
    token_in,
)
from tests.support.people.passwords import CHANGE, FORGOT, NEW, RESET, enters, forgot, reset
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import RestClient
from upcoach.services.account import passwords
from upcoach.services.account.passwords import Passwords


async def test_a_password_is_changed_by_whoever_knows_it(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        other = await server.client().log_in(ANN, PASSWORD, "watch")
        before = await snapshot(person)
        link = await forgot(server)

        changed = await person.call("POST", CHANGE, {"current": PASSWORD, "password": NEW})

        assert changed.status == 204
        assert (await other.call("GET", "/v1/me")).status == 401
        assert not await other.refresh()
        await assert_law(before, person, ("user.updated", "session.ended"))
        assert (await enters(server, PASSWORD), await enters(server, NEW)) == (False, True)
        assert (await reset(server, link)).status == 400
        assert (await subjects(server, ANN))[-1] == "Your password was changed"
        other.close()


async def test_a_password_that_cannot_be_is_refused_and_changes_nothing(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        other = await server.client().log_in(ANN, PASSWORD, "watch")
        before = await snapshot(person)

        answers = {
            name: await person.call("POST", CHANGE, body) for name, (body, _, _) in CHANGES.items()
        }
        stranger = await server.client().call("POST", CHANGE, CHANGES["too short"][0])

        assert {name: (one.status, one.body["code"]) for name, one in answers.items()} == {
            name: (status, code) for name, (_, status, code) in CHANGES.items()
        }
        assert stranger.status == 401
        assert (await other.call("GET", "/v1/me")).status == 200
        assert await snapshot(person) == before
        other.close()


async def test_of_two_changes_from_one_password_one_counts(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        wishes = [f"{NEW} {number}" for number in range(5)]

        answers = await asyncio.gather(
            *(
                person.call("POST", CHANGE, {"current": PASSWORD, "password": wish})
                for wish in wishes
            )
        )

        winners = [
            wish for wish, answer in zip(wishes, answers, strict=True) if answer.status == 204
        ]
        assert sorted(answer.status for answer in answers) == [204, 403, 403, 403, 403]
        assert [wish for wish in wishes if await enters(server, wish)] == winners


async def test_a_link_lets_one_choose_a_new_password_once(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        other = await server.client().log_in(ANN, PASSWORD, "watch")
        token = await forgot(server)
        link = text_of(post_of(server, ANN)[-1])

        looked = [await server.node.services.account.password_resets.look(token) for _ in range(2)]
        weak = await reset(server, token, "password1")
        answers = [await reset(server, token), await reset(server, token, f"{NEW} 2")]

        assert f"http://upcoach.test/account/reset?token={token}" in link
        assert {one.email for one in looked} == {ANN}
        assert (weak.status, weak.body["errors"][0]["code"]) == (422, "password_common")
        assert [one.status for one in answers] == [204, 400]
        for client in (person, other):
            assert (await client.call("GET", "/v1/me")).status == 401
        assert not await other.refresh()
        assert (await enters(server, PASSWORD), await enters(server, NEW)) == (False, True)
        assert (await subjects(server, ANN))[-1] == "Your password was reset"
        known = server.client((await server.client().log_in(ANN, NEW, "phone")).token)
        assert await is_verified(known)  # whoever used it reads the mails of the address
        other.close()


async def test_of_many_who_use_a_link_at_once_one_does(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        for _ in range(3):
            token = await forgot(server)

            answers = await asyncio.gather(
                *(reset(server, token, f"{NEW} {number}") for number in range(20))
            )

            won = [number for number, one in enumerate(answers) if one.status == 204]
            assert len(won) == 1
            assert {one.status for one in answers} <= {204, 400, 503}
            assert await enters(server, f"{NEW} {won[0]}")


async def test_a_newer_link_puts_the_one_before_out(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        first, second = await forgot(server), await forgot(server)
        lives = [
            one["until"] - utc_now()
            async for one in server.node.database["once"].find({"_id": {"$regex": "^reset:"}})
        ]

        statuses = [(await reset(server, token)).status for token in (first, second, first)]

        assert statuses == [400, 204, 400]
        assert lives
        assert all(dt.timedelta(minutes=14) < life <= dt.timedelta(minutes=15) for life in lives)


async def test_what_is_no_link_resets_nothing(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        verification = token_in(await newest(server, ANN))

        answers = {
            name: (await server.client().call("POST", RESET, {"password": NEW} | body)).status
            for name, (body, _) in BAD_TOKENS.items()
        }
        of_another_kind = await reset(server, verification)

        assert answers == {name: status for name, (_, status) in BAD_TOKENS.items()}
        assert of_another_kind.status == 400
        assert (await person.call("GET", "/v1/me")).status == 200
        assert await enters(server, PASSWORD)


async def test_nobody_finds_out_who_has_an_account(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        await all_sent(server)
        asked = []

        for email in (ANN, "nobody@example.org"):
            answer = await server.client().call("POST", FORGOT, {"email": email})
            asked.append((answer.status, sorted(answer.headers), list(answer.body)))

        assert asked[0] == asked[1]
        assert await subjects(server, "nobody@example.org") == []
        assert (await subjects(server, ANN))[-1] == "Choose a new password"


async def test_a_mail_goes_to_the_account_and_not_to_who_asked(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        spelt = "ann@\uff45xample.org"  # the same to us, and another domain to a mail server

        await server.client().call("POST", FORGOT, {"email": spelt})
        await server.client().register(spelt, "another horse", "Eve")

        assert (await subjects(server, ANN))[-2:] == [
            "Choose a new password",
            "You already have an account",
        ]
        assert post_of(server, spelt) == []


async def hash_of(server: Server, person: RestClient) -> str:
    user = (await person.call("GET", "/v1/me")).body["id"]
    stored = await server.node.database["users"].find_one({"owner": user})
    assert stored is not None
    return str(stored["password_hash"])


async def test_a_hash_of_old_is_made_anew_when_its_password_is_known(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        modern = await hash_of(server, person)
        cheap = argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
        for old in (passwords.HASHER.hash(PASSWORD), cheap.hash(PASSWORD)):
            await server.node.database["users"].update_many({}, {"$set": {"password_hash": old}})

            wrong = await enters(server, NEW)
            unchanged = await hash_of(server, person)
            right = await enters(server, PASSWORD)

            assert (wrong, unchanged, right) == (False, old, True)
            assert (await hash_of(server, person)).partition("$")[0] == modern.partition("$")[0]
            assert await enters(server, PASSWORD)


async def test_a_hash_is_worth_nothing_without_its_pepper() -> None:
    ours, theirs = Passwords(bytes(32)), Passwords(bytes(31) + b"1")
    made = await ours.hash(PASSWORD)

    assert await ours.verify(made, PASSWORD)
    assert not await theirs.verify(made, PASSWORD)
    assert not await ours.verify(made.partition("$")[2], PASSWORD)
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        passwords.HASHER.verify("$" + made.partition("$")[2], PASSWORD)
    assert (ours.is_stale(made), theirs.is_stale(made)) == (False, True)
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("password", "is_weak"),
    [
        ("12345678", True),
        ("PassWord", True),
        ("Lovelace1815", True),
        ("ada.lovelace", True),
        ("example.org!", True),
        ("upcoachupcoach", True),
        ("ADALOVELACE99", True),
        ("lovelace and Babbage", False),
        ("\u00e4\u00f6\u00fc\u00df\u00e4\u00f6\u00fc\u00df", False),
        ("4815162342 oceanic", False),
        ("correct horse battery", False),
        ("\u1f427 \U0001f427\U0001f427 is a bird", False),
    ],
)
def test_words_of_the_person_are_no_password(password: str, is_weak: bool) -> None:  # noqa: FBT001
    context = ("ada.lovelace@example.org", "Ada Lovelace")

    try:
        password_policy.check(password, *context)
        refused = False
    except Invalid:
        refused = True

    assert refused is is_weak

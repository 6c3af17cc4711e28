"""What an attacker may choose (an account, a client's name, a page) gives them no more tries."""

import secrets
from typing import Final

import pytest

from handlers.contexts import CONTEXTS
from models.access.rate_limits import SURFACES
from tests.account.limited import person_at, serving_limited
from tests.support.engines import TestEngines
from tests.support.people.enrolling import STEP_UP, AccountHolder
from tests.support.people.passwords import CHANGE, NEW
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, serving
from tests.support.wire.relying import ISSUER, Browser, DpopSigner
from upcoach.client import RestClient
from upcoach.services.account.factors.attempt_limit import OF_ALL

STRANGER = "stranger@elsewhere.example"


async def test_a_stranger_gets_three_mails_an_hour_from_however_many_accounts(
    limited: dict[str, str],
) -> None:
    async with serving_limited(limited) as server:
        answers = []
        for number in range(5):
            address = f"198.51.100.{number}"
            person, _ = await person_at(server, address)
            step_up = server.node.services.account.sessions.step_up
            person.token, _, _ = await step_up(scope_of(server, person), ("otp",), 2)
            spelt = STRANGER.upper() if number % 2 else STRANGER
            headers = {"X-Forwarded-For": address}
            answers.append(
                await person.call("POST", "/v1/auth/email", {"email": spelt}, headers=headers)
            )

    assert [one.status for one in answers] == [202] * 3 + [429] * 2


async def test_codes_of_devices_are_guessed_on_no_page(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        browser = Browser(server.url)
        where = {"X-Forwarded-For": "203.0.113.9"}
        guesses = [
            await browser.get("/account/login", {"user_code": f"BBBBBBB{one}"}, **where)
            for one in "BCDFGHJKLMNP"
        ]
        elsewhere = {"X-Forwarded-For": "203.0.113.10"}
        other = await browser.get("/account/login", {"user_code": "BBBBBBBB"}, **elsewhere)
        plain = await browser.get("/account/login", {}, **where)
        browser.close()

    assert [one.status for one in guesses] == [200] * 10 + [429] * 2
    assert (other.status, plain.status) == (200, 200)


def test_whoever_names_many_clients_is_counted_by_where_they_come_from() -> None:
    assert ("ip",) in [rule.by for rule in SURFACES["token"].rules]


async def test_a_stolen_session_is_no_place_to_guess_the_password(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        ann = await AccountHolder.new(server)
        guesses = [
            await ann.client.call("POST", CHANGE, {"current": f"guess {n} guess", "password": NEW})
            for n in range(7)
        ]
        right = await ann.client.call("POST", CHANGE, {"current": PASSWORD, "password": NEW})
        step = await ann.step_up(password=PASSWORD)

    assert [one.status for one in guesses] == [403] * 5 + [429] * 2
    assert right.body["code"] == step.body["code"] == "tries_too_many"


async def another_session(person: AccountHolder) -> RestClient:
    """Where somebody is logged in, too."""
    login = await person.server.client().log_in(person.email, PASSWORD, "laptop")
    login.close()
    return person.server.client(login.token)


async def test_who_guesses_in_a_stolen_session_keeps_nobody_else_out(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        ann = await AccountHolder.new(server)
        owner = await another_session(ann)
        guesses = [await ann.step_up(password=f"guess {number}") for number in range(6)]
        step = await owner.call("POST", STEP_UP, {"password": PASSWORD})
        changed = await owner.call("POST", CHANGE, {"current": PASSWORD, "password": NEW})

    assert [one.status for one in guesses] == [403] * 5 + [429]
    assert (step.status, changed.status) == (200, 204)


@pytest.mark.parametrize("factor", ["totp", "recovery_code"])
async def test_guessed_factors_keep_nobody_else_out(engines: TestEngines, factor: str) -> None:
    async with serving(engines.settings()) as server:
        ann = await AccountHolder.new(server)
        owner = await another_session(ann)
        await ann.enrol()
        await ann.forget_step()
        wrong = {"totp": "000000", "recovery_code": "A" * 24}[factor]
        right = {"totp": ann.code(), "recovery_code": ann.codes[0]}[factor]
        name = await ann.challenge()
        guesses = [await ann.answer(name, **{factor: wrong}) for _ in range(6)]
        more = [await ann.step_up(**{factor: wrong}) for _ in range(6)]
        step = await owner.call("POST", STEP_UP, {factor: right})

    assert [one.status for one in guesses] == [one.status for one in more] == [403] * 5 + [429]
    assert step.status == 200


async def test_many_sessions_have_no_more_guesses_than_an_account(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        ann = await AccountHolder.new(server)
        stolen = [await another_session(ann) for _ in range(10)]
        guesses = [
            (await session.call("POST", STEP_UP, {"password": f"guess {number}"})).status
            for number in range(3)
            for session in stolen
        ]
        again = await another_session(ann)
        new = await again.call("POST", STEP_UP, {"password": PASSWORD})

    assert guesses == [403] * OF_ALL + [429] * (30 - OF_ALL)
    assert new.body["code"] == "tries_too_many"


@pytest.mark.parametrize("path", ["/v1/goals", "/v1/auth/sessions"])
async def test_proofs_of_who_has_no_token_are_not_kept(engines: TestEngines, path: str) -> None:
    async with serving(engines.settings(UPCOACH_PUBLIC_URL=ISSUER)) as server:
        browser, holder = Browser(server.url), DpopSigner()
        kept = server.node.database["once"].count_documents
        before = await kept({})
        answers = []
        for _ in range(3):
            token = secrets.token_urlsafe()
            shown = {"Authorization": f"DPoP {token}", "DPoP": holder.proof("GET", path, token)}
            answers.append(await browser.get(path, {}, **shown))
        browser.close()

        assert {one.status for one in answers} == {401}
        assert await kept({}) == before


FLAWED: Final[list[tuple[str, dict[str, object]]]] = [
    ("/v1/auth/login", {}),
    ("/v1/auth/login", {"password": PASSWORD}),
    ("/v1/auth/login", {"password": PASSWORD, "device": "x", "app": "none"}),
    ("/v1/auth/password/forgot", {"more": 1}),
    ("/v1/auth/register", {"password": "short", "name": "Ann"}),
]


async def test_what_is_no_attempt_makes_nobody_wait(limited: dict[str, str]) -> None:
    async with serving_limited(limited) as server:
        _, email = await person_at(server, "203.0.113.1")
        found, login = [], {"email": email, "password": PASSWORD, "device": "x"}
        for number in range(6):
            where = {"X-Forwarded-For": f"198.51.100.{number}"}
            for path, flawed in FLAWED:
                body = {"email": email} | flawed
                answer = await server.client().call("POST", path, body, headers=where)
                found.append(answer.status)
            foreign = where | {"Sec-Fetch-Site": "cross-site"}
            answer = await server.client().call("POST", "/v1/auth/login", login, headers=foreign)
            found.append(answer.status)
        own = {"X-Forwarded-For": "198.51.100.77"}
        let_in = await server.client().call("POST", "/v1/auth/login", login, headers=own)
        forgot = await server.client().call(
            "POST", "/v1/auth/password/forgot", {"email": email}, headers=own
        )

    assert set(found) <= {400, 403, 422}
    assert (let_in.status, forgot.status) == (201, 202)


def test_what_a_stranger_is_counted_by_is_looked_at_before() -> None:
    named = {
        f"{operation.method} {operation.path}": operation.check is not None
        for context in CONTEXTS
        for operation in context.operations
        if operation.takes is not None
        and operation.public
        and SURFACES[operation.limit].parties & {"account", "address"}
    }

    assert named == dict.fromkeys(named, True)
    assert {"POST /v1/auth/login", "POST /v1/auth/register"} <= named.keys()

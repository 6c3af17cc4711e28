"""Codes of an app: asked for on every way in, each taken once, few guesses."""

import datetime as dt
from typing import Any, Final

import pyotp
import pytest

from config.settings import Settings
from tests.support.people.enrolling import CONFIRM, ENROL, FACTORS_PATH, LOGIN, AccountHolder
from tests.support.people.racing import assert_one_factor_wins, repeatedly
from tests.support.server import PASSWORD, serving
from tests.support.wire.answers import done
from upcoach.client import Response
from upcoach.services.account.factors.totp import step_of

# RFC 6238, appendix B: its codes of eight digits end with those of six.
VECTORS: Final = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
}
RFC_SECRET: Final = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(("second", "digits"), VECTORS.items())
def test_codes_are_those_of_the_standard(second: int, digits: str) -> None:
    at = dt.datetime.fromtimestamp(second, dt.UTC)

    assert step_of(RFC_SECRET, digits[-6:], at, 0) == second // 30


def test_a_code_is_taken_one_step_early_or_late_and_never_after_a_later_one() -> None:
    app, now = pyotp.TOTP(RFC_SECRET), 10_000
    at = dt.datetime.fromtimestamp(now * 30 + 29, dt.UTC)
    codes = {way: app.generate_otp(now + way) for way in (-2, -1, 0, 1, 2)}

    taken = {way: step_of(RFC_SECRET, code, at, 0) for way, code in codes.items()}
    after = {way: step_of(RFC_SECRET, code, at, now) for way, code in codes.items()}

    assert taken == {-2: None, -1: now - 1, 0: now, 1: now + 1, 2: None}
    assert after == {-2: None, -1: None, 0: None, 1: now + 1, 2: None}


async def test_a_login_asks_for_a_code_once_an_app_is_confirmed(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        before = await ann.log_in()
        offered = await done(ann.client.call("POST", ENROL))
        offered_only = await ann.log_in()
        confirmed = await ann.enrol()
        asked = await ann.log_in()
        replayed = await ann.answer(asked.body["challenge"], totp=ann.shown)
        let_in = await ann.answer(asked.body["challenge"], totp=ann.code(1))
        again = await ann.answer(asked.body["challenge"], totp=ann.code(1))
        session = let_in.body["session"]
        me = await server.client(let_in.body["token"]).call("GET", "/v1/me")
        factors = await ann.client.call("GET", FACTORS_PATH)

        assert [before.status, offered_only.status, asked.status] == [201, 201, 200]
        assert offered.body["uri"].startswith("otpauth://totp/UpCoach:")
        assert len(confirmed.body["recovery_codes"]) == 10
        assert asked.body["methods"] == ["totp", "recovery_code"]
        assert set(asked.body) == {"challenge", "methods", "expires_at"}
        assert (replayed.status, replayed.body["code"]) == (403, "factor_wrong")
        assert let_in.status == 201
        assert (session["acr"], session["amr"]) == (2, ["pwd", "otp", "mfa"])
        assert me.body["id"] == ann.user
        assert (again.status, again.body["code"]) == (403, "challenge_over")
        assert factors.body["methods"] == ["totp", "recovery_code"]
        assert factors.body["recovery_codes"] == 10
        assert "secret" not in str(factors.body)


async def test_a_code_that_is_not_right_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await AccountHolder.enrolled(server), await AccountHolder.enrolled(server)
        carol = await AccountHolder.new(server)
        name, theirs = await ann.challenge(), await bob.challenge()
        assert (await bob.step_up(totp=bob.code())).status == 200
        await bob.forget_step()
        offered = (await done(bob.client.call("POST", ENROL))).body

        async def confirming(person: AccountHolder, code: str) -> Response:
            given = {"enrolment": offered["enrolment"], "code": code}
            return await person.client.call("POST", CONFIRM, given)

        right = pyotp.TOTP(offered["secret"]).now()
        bad: dict[str, Any] = {
            "another's code": ann.answer(name, totp=bob.code()),
            "two steps early": ann.answer(name, totp=ann.code(3)),
            "two steps late": ann.answer(name, totp=ann.code(-3)),
            "another's challenge": ann.answer(theirs, totp=ann.code()),
            "another's enrolment": confirming(carol, right),
        }
        refused = {why: (await asked) for why, asked in bad.items()}
        enrolled = await confirming(bob, right)

        for why, answer in refused.items():
            assert (answer.status, answer.body["code"]) == (403, "factor_wrong"), why
        assert enrolled.status == 200
        assert enrolled.body["recovery_codes"] == []


async def test_what_is_no_answer_is_refused_and_costs_no_try(settings: Settings) -> None:
    malformed: tuple[Any, ...] = (
        *("", "12345", "1234567", "12345a", " 123456", "123456\n", "١٢٣٤٥٦"),
        *(123456, None, True, ["123456"], {"$gt": ""}),
    )
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        name = await ann.challenge()
        answers = [await ann.answer(name, totp=code) for code in malformed]
        answers += [
            await ann.answer(name),
            await ann.answer(name, totp=ann.code(), recovery_code=ann.codes[0]),
            await ann.answer(name, totp=ann.code(), password=PASSWORD),
            await ann.answer(name, totp=ann.code(), user=ann.user),
            await ann.answer(name, totp=ann.code(), terms={"acr": 2}),
            await ann.answer("", totp=ann.code()),
        ]
        unknown = [
            await ann.answer("x" * 43, totp=ann.code()),
            await ann.answer(ann.user, totp=ann.code()),
        ]
        let_in = await ann.answer(name, totp=ann.code())

        assert {(one.status, one.body["code"]) for one in answers} == {(422, "body_invalid")}
        assert {(one.status, one.body["code"]) for one in unknown} == {(403, "challenge_over")}
        assert let_in.status == 201


async def test_five_guesses_are_one_too_few(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        guesses = [await ann.answer(await ann.challenge(), totp="000000") for _ in range(5)]
        name = await ann.challenge()
        sixth = await ann.answer(name, totp=ann.code())
        recovered = await ann.answer(name, recovery_code=ann.codes[0])
    async with serving(settings) as server:  # a restart forgives nothing
        ann.server = server
        name = await ann.challenge()
        restarted = await ann.answer(name, totp=ann.code())
        device = await ann.log_in()

        assert {one.status for one in guesses} == {403}
        assert (sixth.status, sixth.body["code"]) == (429, "tries_too_many")
        assert recovered.status == 201
        assert restarted.status == 429
        assert device.status == 200


async def test_logging_in_often_is_no_guessing(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        statuses = []
        for _ in range(8):
            answer = await ann.answer(await ann.challenge(), totp=ann.code())
            statuses.append(answer.status)
            await ann.forget_step()

        assert statuses == [201] * 8


async def test_disabled_it_is_asked_for_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        path = "/v1/auth/totp/disable"
        early = await ann.client.call("POST", path)
        assert (await ann.step_up(totp=ann.code())).status == 200
        disabled = await ann.client.call("POST", path)
        again = await ann.client.call("POST", path)
        factors = await ann.client.call("GET", FACTORS_PATH)
        login = await ann.log_in()

        assert (early.status, early.body["acr_values"]) == (401, "2")
        assert [disabled.status, again.status, login.status] == [204, 409, 201]
        assert factors.body == {"methods": [], "passkeys": 0, "recovery_codes": 0}


@repeatedly
async def test_of_twenty_with_one_code_one_gets_in(settings: Settings, rounds: int) -> None:
    async with serving(settings) as one, serving(settings) as other:
        ann = await AccountHolder.enrolled(one)

        async def prepare() -> dict[str, Any]:
            await ann.forget_step()
            return {"totp": ann.code()}

        await assert_one_factor_wins((one, other), ann, prepare, rounds)


async def test_a_login_that_waits_holds_what_the_first_factor_has_shown(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        given = {"device": "kiosk", "device_name": "Kiosk", "app": "web"}
        name = (await ann.log_in(**given)).body["challenge"]
        wrong = {"email": ann.email, "password": "wrong password", "device": "kiosk"}
        refused = await server.client().call("POST", LOGIN, wrong)
        let_in = (await ann.answer(name, totp=ann.code())).body["session"]

        assert (refused.status, refused.body["code"]) == (401, "credentials_wrong")
        assert {key: let_in[key] for key in given} == given

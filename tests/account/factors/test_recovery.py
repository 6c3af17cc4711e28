"""Recovery codes: shown once, used once, and worth nothing when there is nothing to recover."""

from typing import Any

from config.settings import Settings
from models.access.scope import Scope
from models.account import Factors
from tests.support.people.enrolling import FACTORS_PATH, AccountHolder
from tests.support.people.racing import assert_one_factor_wins, repeatedly
from tests.support.server import serving
from tests.support.wire.answers import done

RENEW = "/v1/auth/recovery-codes"


async def test_a_code_lets_somebody_in_once(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        first, second = ann.codes[:2]
        let_in = await ann.answer(await ann.challenge(), recovery_code=first)
        again = await ann.answer(await ann.challenge(), recovery_code=first)
        typed = second.lower().replace("-", " ").replace("o", "0").replace("i", "1")
        sloppy = await ann.answer(await ann.challenge(), recovery_code=typed)
        left = await done(ann.client.call("GET", FACTORS_PATH))
        stored = await server.node.database[Factors.collection].find_one({"owner": ann.user})

        assert let_in.status == 201
        assert let_in.body["session"]["amr"] == ["pwd", "otp", "mfa"]
        assert (again.status, again.body["code"]) == (403, "factor_wrong")
        assert sloppy.status == 201
        assert left.body["recovery_codes"] == 8
        assert all(code not in str(stored) for code in ann.codes)
        assert {len(code.replace("-", "")) * 5 for code in ann.codes} == {120}


async def test_new_codes_end_the_old_ones(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await AccountHolder.enrolled(server), await AccountHolder.new(server)
        none = await bob.client.call("POST", RENEW)
        early = await ann.client.call("POST", RENEW)
        await ann.step_up(totp=ann.code())
        renewed = (await done(ann.client.call("POST", RENEW))).body["recovery_codes"]
        name = await ann.challenge()
        old = await ann.answer(name, recovery_code=ann.codes[0])
        new = await ann.answer(name, recovery_code=renewed[0])

        assert (none.status, none.body["code"]) == (409, "factor_missing")
        assert (early.status, early.body["code"]) == (401, "insufficient_user_authentication")
        assert len(set(renewed)) == 10
        assert set(renewed).isdisjoint(ann.codes)
        assert [old.status, new.status] == [403, 201]


async def test_codes_go_with_the_last_factor(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        await ann.step_up(totp=ann.code())
        former = ann.codes
        await done(ann.client.call("POST", "/v1/auth/totp/disable"))
        nothing_to_recover = await ann.step_up(recovery_code=former[0])
        await ann.enrol()
        await ann.forget_step()
        name = await ann.challenge()
        old = await ann.answer(name, recovery_code=former[0])
        new = await ann.answer(name, recovery_code=ann.codes[0])

        assert nothing_to_recover.status == 403
        assert set(ann.codes).isdisjoint(former)
        assert [old.status, new.status] == [403, 201]


async def test_what_is_no_recovery_code_of_theirs_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await AccountHolder.enrolled(server), await AccountHolder.enrolled(server)
        wrong: tuple[Any, ...] = (
            bob.codes[0],
            "A" * 24,
            ann.codes[0][:-1] + ("A" if ann.codes[0][-1] != "A" else "B"),
            "-" * 30,
            "\N{FULLWIDTH LATIN CAPITAL LETTER A}" * 24,
        )
        malformed: tuple[Any, ...] = ("", "A" * 23, "A" * 65, 5, [ann.codes[0]], {"$ne": ""})
        name = await ann.challenge()
        refused = [await ann.answer(name, recovery_code=code) for code in wrong]
        unread = [await ann.answer(name, recovery_code=code) for code in malformed]
        sixth = await ann.answer(name, recovery_code=ann.codes[0])
        other_way = await ann.answer(name, totp=ann.code())

        assert {(one.status, one.body["code"]) for one in refused} == {(403, "factor_wrong")}
        assert {(one.status, one.body["code"]) for one in unread} == {(422, "body_invalid")}
        assert (sixth.status, sixth.body["code"]) == (429, "tries_too_many")
        assert other_way.status == 201


@repeatedly
async def test_of_twenty_with_one_code_one_gets_in(settings: Settings, rounds: int) -> None:
    async with serving(settings) as one, serving(settings) as other:
        ann = await AccountHolder.enrolled(one)

        async def prepare() -> dict[str, Any]:
            scope = Scope(user=ann.user)
            return {
                "recovery_code": (await one.node.services.account.factors.recovery.renew(scope))[0]
            }

        await assert_one_factor_wins((one, other), ann, prepare, rounds)

"""Step-up: the best factor that somebody has, shown again, before what cannot be taken back."""

import datetime as dt
from typing import Any

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.operations import Operation, Router
from handlers.http.policy import require_permission, require_step_up
from models.access.caller import Caller
from models.access.scope import Scope
from models.account import Session
from models.base.clock import utc_now
from models.base.errors import Unauthenticated
from models.contexts import FIRST_PARTY
from tests.account.factors.flawed import GUARDED
from tests.support.people.enrolling import ENROL, STEP_UP, AccountHolder
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.services.contexts import Services
from upcoach.store.base.codec import key_of

LONG_AGO = dt.timedelta(minutes=16)


async def age(server: Server, person: AccountHolder) -> None:
    """As if the person had logged in a while ago."""
    session = (await server.node.services.account.sessions.page(Scope(user=person.user)))[0]
    stored = {"_id": key_of(person.user, session["id"])}
    change = {"$set": {"authenticated_at": utc_now() - LONG_AGO}}
    await server.node.database[Session.collection].update_one(stored, change)


async def aged(server: Server) -> AccountHolder:
    """Somebody who logged in a while ago, with the token of a refresh since."""
    person = await AccountHolder.new(server)
    answer = await person.log_in(device="phone")
    old = person.client
    person.client = server.client(answer.body["token"])
    await done(old.call("POST", "/v1/auth/logout"))
    await age(server, person)
    given = {"refresh_token": answer.body["refresh_token"]}
    person.client.token = (await done(person.client.call("POST", "/v1/auth/refresh", given))).body[
        "token"
    ]
    return person


def test_changing_factors_is_guarded() -> None:
    router: Router = ROUTER
    guarded = {
        (one.method, one.path)
        for route in router.routes
        for one in route.operations.values()
        if one.stepped_up
    }

    assert guarded >= GUARDED


async def test_an_old_login_shows_the_password_again(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await aged(server)
        old = await ann.client.call("POST", ENROL)
        wrong = await ann.step_up(password="not the password")
        no_code = await ann.step_up(totp="123456")
        shown = await ann.step_up(password=PASSWORD)
        fresh = await ann.client.call("POST", ENROL)

        assert (old.status, old.body["code"]) == (401, "insufficient_user_authentication")
        assert (old.body["acr_values"], old.body["max_age"]) == ("1", 900)
        assert (wrong.status, wrong.body["code"]) == (403, "password_wrong")
        assert (no_code.status, no_code.body["code"]) == (403, "factor_wrong")
        assert shown.status == 200
        assert shown.body["session"]["acr"] == 1
        assert fresh.status == 201


async def test_whoever_has_a_second_factor_shows_that_and_no_password(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        fresh_password = await ann.client.call("POST", ENROL)
        password = await ann.step_up(password=PASSWORD)
        shown = await ann.step_up(totp=ann.code())
        replayed = await ann.step_up(totp=ann.code(-1))
        allowed = await ann.client.call("POST", ENROL)
        recovered = await ann.step_up(recovery_code=ann.codes[0])

        assert (fresh_password.status, fresh_password.body["acr_values"]) == (401, "2")
        assert (password.status, password.body["code"]) == (403, "second_factor_required")
        assert [shown.status, replayed.status] == [200, 403]
        assert shown.body["session"]["acr"] == 2
        assert shown.body["session"]["amr"] == ["pwd", "otp", "mfa"]
        assert [allowed.status, recovered.status] == [201, 200]


async def test_a_step_up_is_over_after_a_while_and_of_one_session_only(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        other = await ann.answer(await ann.challenge(), recovery_code=ann.codes[0])
        refresh = {"refresh_token": other.body["refresh_token"]}
        phone = ann.client.token
        await ann.step_up(totp=ann.code())
        before = await server.client(phone).call("POST", ENROL)
        await age(server, ann)
        for session in await server.node.services.account.sessions.page(Scope(user=ann.user)):
            stored = {"_id": key_of(ann.user, session["id"])}
            change = {"$set": {"authenticated_at": utc_now() - LONG_AGO}}
            await server.node.database[Session.collection].update_one(stored, change)
        token = (await server.client().call("POST", "/v1/auth/refresh", refresh)).body["token"]
        after = await server.client(token).call("POST", ENROL)

        assert before.status == 401  # the token from before the step-up says less
        assert after.status == 401


async def test_passwords_are_not_guessed_through_an_open_session(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        guesses = [await ann.step_up(password=f"guess {number}") for number in range(5)]
        sixth = await ann.step_up(password=PASSWORD)

        assert {one.status for one in guesses} == {403}
        assert (sixth.status, sixth.body["code"]) == (429, "tries_too_many")


async def test_what_is_no_factor_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        anonymous = await server.client().call("POST", STEP_UP, {"totp": ann.code()})
        bodies: tuple[Any, ...] = (
            *({}, {"totp": ""}, {"password": 5}, {"password": "x" * 129}, {"sms": "123456"}),
            *({"totp": "123456", "password": PASSWORD}, {"acr": 2}, [], "totp"),
            *({"passkey": {}}, {"passkey": {"id": "x", "response": {}}}, {"challenge": "x"}),
        )
        answers = [await ann.client.call("POST", STEP_UP, body) for body in bodies]

        assert anonymous.status == 401
        assert {(one.status, one.body["code"]) for one in answers} == {(422, "body_invalid")}


async def test_an_operator_needs_two_factors_at_all_times(settings: Settings) -> None:
    async def nothing(_services: Services, _call: object) -> object:
        return None

    def caller(acr: int, ago: dt.timedelta) -> Caller:
        return Caller(
            scope=Scope(user=ann.user, session="ses_1"),
            expires_at=utc_now() + LONG_AGO,
            client="upcoach",
            permissions=FIRST_PARTY,
            audiences=frozenset({"admin"}),
            acr=acr,
            authenticated_at=utc_now() - ago,
        )

    row = Operation(method="GET", path="/v1/admin/x", run=nothing, needs="admin:users")  # type: ignore[arg-type] # it is not run
    guarded = Operation(
        method="POST",
        path="/v1/admin/x",
        run=nothing,  # type: ignore[arg-type] # it is not run
        needs="admin:users",
        stepped_up=True,
    )
    now = dt.timedelta(0)
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        account = server.node.services.account

        require_permission(row, caller(2, LONG_AGO))
        await require_step_up(guarded, caller(2, now), utc_now(), account)
        with pytest.raises(Unauthenticated):
            require_permission(row, caller(1, now))
        for one in (caller(1, now), caller(2, LONG_AGO)):
            with pytest.raises(Unauthenticated):
                await require_step_up(guarded, one, utc_now(), account)


async def test_a_password_is_one_factor_also_where_there_were_two(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        strong = await done(ann.step_up(totp=ann.code()))
        await done(ann.client.call("POST", "/v1/auth/totp/disable"))
        await age(server, ann)
        weak = await done(ann.step_up(password=PASSWORD))
        caller = server.node.services.account.sessions.authenticate(ann.client.token)

        assert (strong.body["session"]["acr"], weak.body["session"]["acr"]) == (2, 1)
        with pytest.raises(Unauthenticated):
            await server.node.services.account.step_ups.require(caller, utc_now(), operator=True)

"""Passkeys: made, shown and deleted by an authenticator in software, and every way to cheat."""

import asyncio
from typing import Any

import cbor2
import msgspec

from config.settings import Settings
from models.account import Factors
from models.base.merge_patch import Json
from tests.account.factors.flawed import LIES, UNREAD, WRONG
from tests.support.engines import TestEngines
from tests.support.people.authenticator import (
    Authenticator,
    Tampering,
    plain,
    text,
)
from tests.support.people.enrolling import FACTORS_PATH, AccountHolder
from tests.support.people.passkeys import (
    APP,
    LOGIN,
    ORIGIN,
    PASSKEYS,
    add,
    log_in,
    options,
    passkey_holder,
)
from tests.support.server import serving
from upcoach.client import Response


async def test_a_passkey_is_made_and_is_two_factors_by_itself(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, phone = await AccountHolder.new(server), Authenticator(ORIGIN)
        wanted = await options(ann.client, PASSKEYS)
        made = await add(ann, phone)
        let_in = await log_in(server, phone)
        session = let_in.body["session"]
        me = await server.client(let_in.body["token"]).call("GET", "/v1/me")
        factors = await ann.client.call("GET", FACTORS_PATH)
        stored = await server.node.database[Factors.collection].find_one({"owner": ann.user})
        assert stored is not None

        assert wanted["authenticatorSelection"]["userVerification"] == "required"
        assert wanted["authenticatorSelection"]["residentKey"] == "required"
        assert wanted["rp"] == {"id": "upcoach.test", "name": "UpCoach"}
        assert wanted["attestation"] == "none"
        assert len(wanted["challenge"]) == 43
        assert len(wanted["user"]["id"]) == 86
        assert made.status == 201
        assert made.body["passkey"]["backed_up"] is True
        assert {"public_key", "credential"}.isdisjoint(made.body["passkey"])
        assert len(made.body["recovery_codes"]) == 10
        assert me.body["id"] == ann.user
        assert (session["acr"], session["amr"]) == (2, ["pop", "user", "mfa"])
        assert factors.body["methods"] == ["passkey", "recovery_code"]
        assert ann.user not in str(stored["handle"])


async def test_a_passkey_answers_the_challenge_of_a_password_and_a_step_up(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        phone = Authenticator(ORIGIN)
        ann = await passkey_holder(server, phone)
        asked = await ann.log_in()
        name = {"challenge": asked.body["challenge"]}
        wanted = await options(server.client(), "/v1/auth/challenge", name)
        let_in = await ann.answer(name["challenge"], passkey=phone.show(wanted))
        guarded = await ann.client.call("POST", f"{PASSKEYS}/options")
        stepped = await ann.step_up(
            passkey=phone.show(await options(ann.client, "/v1/auth/step-up"))
        )
        second = await add(ann, phone)

        assert asked.body["methods"] == ["passkey", "recovery_code"]
        assert len(wanted["allowCredentials"]) == 1
        assert let_in.status == 201
        assert let_in.body["session"]["amr"] == ["pwd", "pop", "user", "mfa"]
        assert (guarded.status, stepped.status) == (401, 200)
        assert stepped.body["session"]["acr"] == 2
        assert second.status == 201
        assert second.body["recovery_codes"] == []


async def test_passkeys_are_listed_named_and_deleted(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = Authenticator(ORIGIN)
        ann, eve = await passkey_holder(server, phone), await AccountHolder.new(server)
        one = f"{PASSKEYS}/{(await ann.client.call('GET', PASSKEYS)).body['items'][0]['id']}"
        renamed = await ann.client.call("PATCH", one, {"name": " My  phone "})
        bad: tuple[Any, ...] = ({}, {"name": ""}, {"name": "\u200b"}, {"name": 5})
        refused = [await ann.client.call("PATCH", one, body) for body in bad]
        theirs = [
            await eve.client.call("PATCH", one, {"name": "Mine"}),
            await eve.client.call("DELETE", one),
        ]
        early = await ann.client.call("DELETE", one)
        await ann.step_up(passkey=phone.show(await options(ann.client, "/v1/auth/step-up")))
        deleted = await ann.client.call("DELETE", one)
        gone = await log_in(server, phone)
        plain = await ann.log_in()
        factors = await ann.client.call("GET", FACTORS_PATH)

        assert renamed.body["name"] == "My phone"
        assert {answer.status for answer in refused} == {422}
        assert [answer.status for answer in theirs] == [404, 404]
        assert [early.status, deleted.status, gone.status, plain.status] == [401, 204, 403, 201]
        assert factors.body == {"methods": [], "passkeys": 0, "recovery_codes": 0}


async def test_an_app_of_a_known_key_and_a_listed_page_may_ask(engines: TestEngines) -> None:
    page = "https://app.upcoach.test"
    settings = engines.settings(UPCOACH_PASSKEY_ORIGINS=f"{APP}, {page}")
    async with serving(settings) as server:
        made = [
            await add(await AccountHolder.new(server), Authenticator(who)) for who in (APP, page)
        ]
        other = await add(await AccountHolder.new(server), Authenticator(f"{APP[:-1]}B"))

        assert [one.status for one in (*made, other)] == [201, 201, 403]


async def test_no_lie_lets_anybody_in(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = Authenticator(ORIGIN)
        await passkey_holder(server, phone)
        lied = {why: await log_in(server, phone, bent) for why, bent in LIES.items()}
        unread = {why: await log_in(server, phone, bent) for why, bent in UNREAD.items()}
        right = await log_in(server, phone)

        for why, answer in lied.items():
            assert (answer.status, answer.body["code"]) == (403, "factor_wrong"), why
        for why, answer in unread.items():
            assert (answer.status, answer.body["code"]) == (422, "body_invalid"), why
        assert right.status == 201


def _made(client: Json) -> Json:
    """The same lie about a new key."""
    return client | ({"type": "webauthn.get"} if "type" in client else {})


async def test_no_lie_makes_a_passkey(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        answers: dict[str, Response] = {}
        for why, bent in LIES.items():
            is_of_login = {"signature", "userHandle", "authenticatorData"} & set(bent.response)
            if not is_of_login and not bent.other_key:
                lie = msgspec.structs.replace(bent, client=_made(bent.client))
                answers[why] = await add(ann, Authenticator(ORIGIN), lie)
        for why, spoil in WRONG.items():
            made = Authenticator(ORIGIN).make(await options(ann.client, PASSKEYS))
            said = cbor2.loads(plain(made["response"]["attestationObject"]))
            spoil(said)
            made["response"]["attestationObject"] = text(cbor2.dumps(said))
            given = {"name": "x", "credential": made}
            answers[why] = await ann.client.call("POST", PASSKEYS, given)
        left = await ann.client.call("GET", PASSKEYS)

        assert len(answers) >= 30
        for why, answer in answers.items():
            assert (answer.status, answer.body["code"]) == (403, "factor_wrong"), why
        assert left.body == {"items": []}


async def test_a_challenge_is_for_one_answer_of_one_session_for_one_end(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        phone = Authenticator(ORIGIN)
        ann, bob = await passkey_holder(server, phone), await AccountHolder.new(server)
        asked = await options(server.client(), LOGIN)
        body = {"credential": phone.show(asked), "device": "tv"}
        twice = [await server.client().call("POST", LOGIN, body) for _ in range(2)]

        crossed = await options(bob.client, PASSKEYS)
        other = server.client((await log_in(server, phone)).body["token"])
        given = {"name": "x", "credential": phone.make(crossed)}
        phone.kept.pop()
        by_another = await other.call("POST", PASSKEYS, given)

        step = await options(ann.client, "/v1/auth/step-up")
        at_login = {"credential": phone.show(step), "device": "tv"}
        for_login = await server.client().call("POST", LOGIN, at_login)
        free = await options(server.client(), LOGIN)
        for_step_up = await ann.step_up(passkey=phone.show(free))

        first, second = await ann.challenge(), await ann.challenge()
        wanted = await options(server.client(), "/v1/auth/challenge", {"challenge": first})
        of_another = await ann.answer(second, passkey=phone.show(wanted))
        none = await server.client().call(
            "POST", "/v1/auth/challenge/options", {"challenge": "x" * 43}
        )

        assert [answer.status for answer in twice] == [201, 403]
        refused = (by_another, for_login, for_step_up, of_another, none)
        assert [answer.status for answer in refused] == [403] * 5


async def test_a_copied_key_is_known_by_its_count(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = Authenticator(ORIGIN, counts=True)
        await passkey_holder(server, phone)
        counts = (None, None, 1, 2, 0, None, 2**32 - 1, 7)
        answers = [await log_in(server, phone, Tampering(count=count)) for count in counts]
        copies = Authenticator(ORIGIN)
        await passkey_holder(server, copies)
        at_once = await asyncio.gather(
            *(log_in(server, copies, Tampering(count=9)) for _ in range(10))
        )

        assert [one.status for one in answers] == [201, 201, 403, 403, 403, 201, 201, 403]
        assert sorted(one.status for one in at_once) == [201, *[403] * 9]


async def test_a_passkey_is_one_user_s(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = Authenticator(ORIGIN)
        await passkey_holder(server, phone)
        name = text(phone.kept[0].credential)
        bob = await AccountHolder.new(server)
        made = phone.make(await options(bob.client, PASSKEYS))
        said = cbor2.loads(plain(made["response"]["attestationObject"]))
        said["authData"] = said["authData"].replace(
            phone.kept[1].credential, phone.kept[0].credential
        )
        made["response"]["attestationObject"] = text(cbor2.dumps(said))
        given = {"name": "x", "credential": made | {"id": name, "rawId": name}}
        taken = await bob.client.call("POST", PASSKEYS, given)

        assert (taken.status, taken.body["code"]) == (409, "passkey_taken")
        assert (await bob.client.call("GET", FACTORS_PATH)).body["methods"] == []


async def test_of_twenty_with_one_answer_one_gets_in_twenty_times(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as other:
        phone = Authenticator(ORIGIN)
        await passkey_holder(one, phone)
        clients = (one.client(), other.client())
        for number in range(20):
            shown = phone.show(await options(clients[0], LOGIN))
            body = {"credential": shown, "device": "tv"}
            answers = await asyncio.gather(
                *(clients[at % 2].call("POST", LOGIN, body) for at in range(20))
            )
            statuses = sorted(answer.status for answer in answers)

            assert (number, statuses) == (number, [201, *[403] * 19])

"""Whoever comes from a provider enters their own account, and nobody else's."""

import asyncio
from pathlib import Path

from models.account import PasswordResetMail
from tests.account.contract_mail import stale, stepped_up
from tests.account.federation.linking import ANN, IDENTITIES, identities, linked, verified
from tests.account.federation.providers import come, federated, let_in, nonce_of, sign_in, user_of
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.addresses import joined
from tests.support.people.mail import confirm, newest, settings_of, subjects, token_in
from tests.support.people.passwords import enters, reset
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import Response, RestClient

OUTSIDE = "ann@elsewhere.test"


async def strong(server: Server, email: str = ANN) -> RestClient:
    """A new login of theirs, with a second factor just now."""
    return await stepped_up(server, await server.client().log_in(email, PASSWORD, "laptop"))


async def test_whoever_is_new_gets_an_account_and_comes_back_to_it(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        person = await let_in(server, provider)
        me = (await person.call("GET", "/v1/me")).body

        again = await let_in(server, provider, email="other@gmail.test")
        unverified = await let_in(server, provider, email="new@gmail.test", email_verified=False)
        without = await let_in(server, provider, email=None)
        other = await let_in(server, provider, sub="other", email="bob@gmail.test")

        assert (me["name"], me["email"], "verified_at" in me) == ("Ann Example", ANN, True)
        assert {await user_of(one) for one in (again, unverified, without)} == {me["id"]}
        assert await user_of(other) != me["id"]
        assert await identities(person) == [("google", ANN)]
        assert not await enters(server, "", ANN)
        shown = (await person.call("GET", IDENTITIES)).body["items"][0]
        assert not {"subject", "subject_index"} & shown.keys()


async def test_an_address_that_a_provider_may_have_given_to_others_is_to_be_verified(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        outside = await let_in(server, provider, email=OUTSIDE)
        hosted = await let_in(server, provider, sub="2", email="bob@firm.test", hd="firm.test")
        elsewhere = await let_in(server, provider, sub="3", email="eve@firm.test", hd="other.test")

        shown = [
            "verified_at" in (await person.call("GET", "/v1/me")).body
            for person in (outside, hosted, elsewhere)
        ]
        assert shown == [False, True, False]
        assert await subjects(server, OUTSIDE) == ["Is this your address?"]
        assert await subjects(server, "bob@firm.test") == []


async def test_no_account_is_made_for_an_address_that_nobody_verified(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        wrong = [
            await come(server, provider, **claims)
            for claims in (
                {"email_verified": False},
                {"email_verified": "true"},
                {"email_verified": None},
                {"email": None},
                {"email": "no address"},
                {"email": ""},
                {"email": f"{'a' * 250}@gmail.test"},
                {"email": "a@b@gmail.test"},
            )
        ]

        assert {(one.status, one.body["code"]) for one in wrong} == {(403, "email_unverified")}
        assert await server.node.database["users"].count_documents({}) == 0


async def test_of_many_who_are_the_same_there_comes_one_account(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        answers = await asyncio.gather(*(come(server, provider) for _ in range(20)))

        users = {one.body["session"]["owner"] for one in answers if one.status == 201}
        assert {one.status for one in answers} <= {201, 409}
        assert len(users) == 1
        assert await server.node.database["users"].count_documents({}) == 1
        assert await server.node.database["identities"].count_documents({}) == 1


async def test_an_account_is_linked_by_whoever_can_log_in_to_it(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        person = await verified(server)
        eve = await joined(server, "eve@example.org")

        refused = await come(server, provider)
        token = {"link": refused.body["link"]}
        weak = await (await stale(server, person)).call("POST", IDENTITIES, token)
        ann = await strong(server)
        before = await snapshot(person)
        done = await ann.call("POST", IDENTITIES, token)
        twice = await ann.call("POST", IDENTITIES, token)

        assert (refused.status, refused.body["code"]) == (409, "sign_in_first")
        assert (weak.status, weak.body["code"]) == (401, "insufficient_user_authentication")
        assert (done.status, done.body["provider"]) == (201, "google")
        assert (twice.status, twice.body["code"]) == (400, "link_over")
        await assert_law(before, person, ("identity.created",))
        assert await user_of(await let_in(server, provider)) == await user_of(person)
        assert await enters(server, PASSWORD, ANN)
        assert (await subjects(server, ANN))[-1] == "You can log in with Google"
        assert await identities(eve) == []
        ann.close()


async def test_a_link_is_for_the_account_of_the_address(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await verified(server)
        await joined(server, "eve@example.org")
        eve = await strong(server, "eve@example.org")
        refused = await come(server, provider)

        stolen = await eve.call("POST", IDENTITIES, {"link": refused.body["link"]})
        ann = await strong(server)
        late = await ann.call("POST", IDENTITIES, {"link": refused.body["link"]})

        assert (stolen.status, late.status) == (400, 400)
        assert await identities(eve) == []
        ann.close()
        eve.close()


async def test_an_address_alone_never_enters_an_account(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await verified(server, OUTSIDE)
        await joined(server, "fresh@elsewhere.test")

        known = await come(server, provider, email=OUTSIDE)
        fresh = await come(server, provider, email="fresh@elsewhere.test")
        spelt = await come(server, provider, email=OUTSIDE.upper())

        for answer in (known, fresh, spelt):
            assert (answer.status, answer.body["code"]) == (409, "sign_in_first")
            assert "link" not in answer.body
        assert await server.node.database["identities"].count_documents({}) == 0


async def test_who_waited_in_the_account_of_somebody_else_is_shut_out(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        eve = await joined(server, ANN)  # it is not her address
        waiting = await strong(server)
        nonce = await nonce_of(server)
        token = provider.token(nonce=nonce, sub="eve", email="eve@gmail.test")
        assert (await linked(waiting, token, nonce)).status == 201

        ann = await let_in(server, provider)

        assert (await ann.call("GET", "/v1/me")).body["email"] == ANN
        assert "verified_at" in (await ann.call("GET", "/v1/me")).body
        assert not await enters(server, PASSWORD, ANN)
        for client in (eve, waiting):
            assert (await client.call("GET", "/v1/me")).status == 401
        assert not await waiting.refresh()
        assert await identities(ann) == [("google", ANN)]
        assert await user_of(await let_in(server, provider, sub="eve", email="eve@gmail.test")) != (
            await user_of(ann)
        )
        waiting.close()


async def test_whoever_resets_the_password_of_an_address_shuts_out_who_waited_there(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        eve = await let_in(server, provider, email=OUTSIDE)  # at a provider that lets her keep it
        await server.node.assembly.mail.send(PasswordResetMail(OUTSIDE))
        token = token_in(await newest(server, OUTSIDE))

        answer = await reset(server, token)

        assert answer.status == 204
        assert (await eve.call("GET", "/v1/me")).status == 401
        assert (await come(server, provider, email=OUTSIDE)).body["code"] == "sign_in_first"


async def test_an_identity_enters_one_account(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        owner = await stepped_up(server, app_of(server, await come(server, provider)))
        await joined(server, "eve@example.org")
        eve = await strong(server, "eve@example.org")
        tokens = []
        for _ in range(2):
            nonce = await nonce_of(server)
            tokens.append((provider.token(nonce=nonce), nonce))

        stolen = await linked(eve, *tokens[0])
        again = await linked(owner, *tokens[1])

        assert (stolen.status, stolen.body["code"]) == (409, "identity_taken")
        assert (again.status, len(await identities(owner))) == (200, 1)
        eve.close()


async def test_the_last_way_in_stays(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        answer = await come(server, provider)
        person = await stepped_up(server, app_of(server, answer))
        [only] = (await person.call("GET", IDENTITIES)).body["items"]
        nonce = await nonce_of(server)

        last = await person.call("DELETE", f"{IDENTITIES}/{only['id']}")
        second = await linked(
            person, provider.token(nonce=nonce, sub="2", email="b@gmail.test"), nonce
        )
        too_early = await person.call("DELETE", f"{IDENTITIES}/{only['id']}")
        await confirm(server, ANN)
        gone = await person.call("DELETE", f"{IDENTITIES}/{only['id']}")
        twice = await person.call("DELETE", f"{IDENTITIES}/{only['id']}")
        left = await person.call("DELETE", f"{IDENTITIES}/{second.body['id']}")

        assert (last.status, last.body["code"]) == (409, "last_way_in")
        assert (too_early.status, too_early.body["code"]) == (409, "last_way_in")
        assert (second.status, gone.status, twice.status) == (201, 204, 404)
        assert (left.status, left.body["code"]) == (409, "last_way_in")
        assert (await subjects(server, ANN))[-1] == "Google was removed from your account"
        assert await user_of(await let_in(server, provider, sub="2")) == await user_of(person)


async def test_of_two_ways_in_that_are_taken_away_at_once_one_stays(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        person = await stepped_up(server, app_of(server, await come(server, provider)))
        nonce = await nonce_of(server)
        await linked(person, provider.token(nonce=nonce, sub="2"), nonce)
        found = (await person.call("GET", IDENTITIES)).body["items"]

        answers = await asyncio.gather(
            *(person.call("DELETE", f"{IDENTITIES}/{one['id']}") for one in found * 5)
        )

        assert sorted(one.status for one in answers).count(204) == 1
        assert {one.status for one in answers} <= {204, 404, 409}
        assert len(await identities(person)) == 1


async def test_who_has_a_password_may_take_the_last_provider_away(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await joined(server, "eve@example.org")
        eve = await strong(server, "eve@example.org")
        nonce = await nonce_of(server)
        before = await snapshot(eve)
        made = await linked(eve, provider.token(nonce=nonce), nonce)
        stranger = await stale(server, await server.person())
        theirs = await stepped_up(server, await server.person())
        path = f"{IDENTITIES}/{made.body['id']}"

        weak = await stranger.call("DELETE", path)
        others = await theirs.call("DELETE", path)
        gone = await eve.call("DELETE", path)

        assert (weak.status, others.status, gone.status) == (401, 404, 204)
        await assert_law(before, eve, ("identity.created", "identity.deleted"))
        assert (await come(server, provider)).status == 201  # a new account
        eve.close()


async def test_what_links_nothing_is_refused(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await joined(server, "eve@example.org")
        eve = await strong(server, "eve@example.org")
        nonce = await nonce_of(server)
        token = provider.token(nonce=nonce)
        wrong = {
            "nothing": ({}, 422),
            "half": ({"provider": "google", "id_token": token}, 422),
            "no provider": ({"id_token": token, "nonce": nonce}, 422),
            "an operator": ({"link": {"$ne": ""}}, 422),
            "a field too many": ({"link": "x" * 43, "user": "usr_1"}, 422),
            "an unknown link": ({"link": "x" * 43}, 400),
            "an unknown provider": ({"provider": "nobody", "id_token": token, "nonce": "x"}, 404),
            "an unknown nonce": ({"provider": "google", "id_token": token, "nonce": "x"}, 401),
            "no token": ({"provider": "google", "id_token": "a.b.c", "nonce": nonce}, 401),
            "a nonce again": ({"provider": "google", "id_token": token, "nonce": nonce}, 401),
        }

        found = {
            what: (await eve.call("POST", IDENTITIES, body)).status
            for what, (body, _) in wrong.items()
        }

        assert found == {what: status for what, (_, status) in wrong.items()}
        assert await identities(eve) == []
        eve.close()


async def test_without_providers_there_is_no_way_by_them(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        answer = await sign_in(server, "google", "a.b.c", await nonce_of(server))

        assert answer.status == 404


def app_of(server: Server, answer: Response) -> RestClient:
    """The app that got *answer*."""
    client = server.client(answer.body["token"])
    client.refresh_token = answer.body["refresh_token"]
    return client

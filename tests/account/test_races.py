"""What lets somebody in, or changes who gets in, works once; those of OAuth: tests/oauth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models.access.scope import Scope
from tests.account.contract_mail import stepped_up
from tests.account.federation.linking import ANN as AT_GMAIL
from tests.account.federation.linking import IDENTITIES, verified
from tests.account.federation.providers import come, nonce_of, sign_in
from tests.account.federation.visiting import BACK, START, Fields
from tests.account.pair import Nodes, two
from tests.support.engines import TestEngines
from tests.support.people.addresses import CONFIRM, MOVE, VERIFY, joined
from tests.support.people.addresses import stepped_up as mover
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest, token_in
from tests.support.people.passkeys import LOGIN, ORIGIN, PASSKEYS, options, passkey_holder
from tests.support.people.passwords import NEW, RESET, forgot
from tests.support.people.racing import (
    AT_ONCE,
    Attempt,
    all_get_as_far_as_the_factor,
    assert_one_wins,
    forget_tries,
    repeatedly,
)
from tests.support.server import PASSWORD
from tests.support.server.provider import AuthorizationRequest, OpenIdProvider
from tests.support.wire.event_streams import reading
from tests.support.wire.relying import ISSUER, Browser
from tests.support.wire.tickets import ticket_of
from upcoach.client import RestClient


def posting(clients: tuple[RestClient, ...], path: str, body: Any) -> Attempt:
    """Send *body*, to each node in turn."""

    async def attempt(at: int) -> int:
        return (await clients[at % 2].call("POST", path, body)).status

    return attempt


def strangers(nodes: Nodes) -> tuple[RestClient, ...]:
    return tuple(server.client() for server in nodes)


@repeatedly
async def test_a_ticket_opens_one_stream(engines: TestEngines, tmp_path: Path, rounds: int) -> None:
    async with two(engines, tmp_path) as nodes:
        person = await nodes[0].person()

        async def prepare() -> Attempt:
            path = f"/v1/events?ticket={await ticket_of(person)}"

            async def attempt(at: int) -> int:
                async with reading(nodes[at % 2], path) as stream:
                    return stream.status

            return attempt

        await assert_one_wins(prepare, rounds=rounds, lost={401})


@repeatedly
async def test_a_link_to_a_new_password_works_once(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as nodes:
        await joined(nodes[0])
        anybody = strangers(nodes)

        async def prepare() -> Attempt:
            return posting(anybody, RESET, {"token": await forgot(nodes[0]), "password": NEW})

        await assert_one_wins(prepare, rounds=rounds, lost={400})


@repeatedly
async def test_a_link_that_verifies_works_once(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as nodes:
        anybody, numbers = strangers(nodes), iter(range(rounds))

        async def prepare() -> Attempt:
            email = f"p{next(numbers)}@example.org"
            await joined(nodes[0], email)
            return posting(anybody, VERIFY, {"token": token_in(await newest(nodes[0], email))})

        await assert_one_wins(prepare, rounds=rounds, lost={400})


@repeatedly
async def test_a_link_that_moves_an_account_works_once(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as nodes:
        person, anybody, numbers = await mover(nodes[0]), strangers(nodes), iter(range(rounds))

        async def prepare() -> Attempt:
            to = f"p{next(numbers)}@example.org"
            assert (await person.call("POST", MOVE, {"email": to})).status == 202
            return posting(anybody, CONFIRM, {"token": token_in(await newest(nodes[0], to))})

        await assert_one_wins(prepare, rounds=rounds, lost={400})


@repeatedly
async def test_a_challenge_is_answered_once(
    engines: TestEngines, tmp_path: Path, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_get_as_far_as_the_factor(monkeypatch)
    async with two(engines, tmp_path) as nodes:
        ann, anybody = await AccountHolder.enrolled(nodes[0]), strangers(nodes)
        recovery = nodes[0].node.services.account.factors.recovery

        async def prepare() -> Attempt:
            await forget_tries(nodes[0])
            codes = await recovery.renew(Scope(user=ann.user))
            name = await ann.challenge()

            async def attempt(at: int) -> int:
                given = {"challenge": name, "recovery_code": codes[at % len(codes)]}
                return (await anybody[at % 2].call("POST", "/v1/auth/challenge", given)).status

            return attempt

        await assert_one_wins(prepare, rounds=rounds, lost={403})


@repeatedly
async def test_what_a_passkey_has_signed_lets_one_in(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as nodes:
        phone, anybody = Authenticator(ORIGIN), strangers(nodes)  # it does not count
        await passkey_holder(nodes[0], phone)

        async def prepare() -> Attempt:
            shown = phone.show(await options(anybody[0], LOGIN))
            return posting(anybody, LOGIN, {"credential": shown, "device": "tablet"})

        await assert_one_wins(prepare, rounds=rounds, lost={403})


@repeatedly
async def test_of_many_passkeys_for_one_challenge_one_is_kept(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as nodes:

        async def prepare() -> Attempt:
            ann = await AccountHolder.new(nodes[0])
            wanted = await options(ann.client, PASSKEYS)
            made = [Authenticator(ORIGIN).make(wanted) for _ in range(AT_ONCE)]
            apps = ann.client, nodes[1].client(ann.client.token)

            async def attempt(at: int) -> int:
                given = {"name": "Phone", "credential": made[at]}
                return (await apps[at % 2].call("POST", PASSKEYS, given)).status

            return attempt

        # With the first a second factor is there, which others are asked for from then on.
        await assert_one_wins(prepare, rounds=rounds, lost={401, 403})


@repeatedly
async def test_of_many_refreshes_of_one_token_there_comes_one_successor(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with two(engines, tmp_path) as nodes:
        token = (await nodes[0].person()).refresh_token
        anybody = strangers(nodes)
        for _ in range(rounds):
            body = {"refresh_token": token}
            answers = await asyncio.gather(
                *(anybody[at % 2].call("POST", "/v1/auth/refresh", body) for at in range(AT_ONCE))
            )

            assert {one.status for one in answers} == {200}
            [token] = {one.body["refresh_token"] for one in answers}


class Forgetful(dict[str, AuthorizationRequest]):
    """The codes of a provider that redeems each as often as it is asked to."""

    def pop(self, key: str, *default: Any) -> Any:
        return self.get(key, *default)


@asynccontextmanager
async def beside_a_provider(
    engines: TestEngines, path: Path, **more: str
) -> AsyncIterator[tuple[Nodes, OpenIdProvider]]:
    async with OpenIdProvider().listening() as provider:
        rows = msgspec.json.encode([provider.row()]).decode()
        async with two(engines, path, UPCOACH_PROVIDERS=rows, **more) as nodes:
            yield nodes, provider


@repeatedly
async def test_a_browser_that_was_at_a_provider_comes_back_once(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    more = {"UPCOACH_PUBLIC_URL": ISSUER}
    async with beside_a_provider(engines, tmp_path, **more) as (nodes, provider):
        provider.codes = Forgetful()
        windows = [Browser(server.url) for server in nodes]

        async def prepare() -> Attempt:
            windows[0].cookies = {}
            away = await windows[0].get(START)
            fields: Fields = provider.consent(away.headers["location"])[1]
            visit = dict(windows[0].cookies)

            async def attempt(at: int) -> int:
                windows[at % 2].cookies = dict(visit)
                return (await windows[at % 2].get(BACK, fields)).status

            return attempt

        await assert_one_wins(prepare, rounds=rounds, lost={403})
        for window in windows:
            window.close()


@repeatedly
async def test_a_nonce_is_for_one_id_token(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with beside_a_provider(engines, tmp_path) as (nodes, provider):

        async def prepare() -> Attempt:
            nonce = await nonce_of(nodes[0])
            token = provider.token(nonce=nonce)

            async def attempt(at: int) -> int:
                return (await sign_in(nodes[at % 2], "google", token, nonce)).status

            return attempt

        await assert_one_wins(prepare, rounds=rounds, lost={401})


@repeatedly
async def test_what_a_refusal_offers_to_link_is_linked_once(
    engines: TestEngines, tmp_path: Path, rounds: int
) -> None:
    async with beside_a_provider(engines, tmp_path) as (nodes, provider):
        await verified(nodes[0])
        login = await nodes[0].client().log_in(AT_GMAIL, PASSWORD, "laptop")
        ann = await stepped_up(nodes[0], login)
        apps, numbers = (ann, nodes[1].client(ann.token)), iter(range(rounds))

        async def prepare() -> Attempt:
            refused = await come(nodes[0], provider, sub=f"subject {next(numbers)}")
            return posting(apps, IDENTITIES, {"link": refused.body["link"]})

        await assert_one_wins(prepare, rounds=rounds, lost={400})
        ann.close()

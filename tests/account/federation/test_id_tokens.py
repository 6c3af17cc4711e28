"""ID tokens are believed when they hold, and no others are."""

import datetime as dt
from pathlib import Path
from typing import Final

import pytest

from tests.account.federation.forged import (
    FORGED,
    Forge,
    headed,
    in_seconds,
    says,
)
from tests.account.federation.providers import federated, nonce_of, sign_in
from tests.support.engines import TestEngines
from tests.support.server.provider import ANDROID, IOS, WEB, OpenIdProvider, rsa
from upcoach.node.process.outbound import Outbound
from upcoach.services.account.federation.discovery import Discovery
from upcoach.services.account.federation.providers import providers_of
from upcoach.services.base.fetching import FetchFailed
from upcoach.services.base.jwt_signatures import BadSignature

GOOD: Final[dict[str, Forge]] = {
    "for the web": says(aud=WEB),
    "for iOS": says(aud=IOS),
    "for a list of one": says(aud=[IOS]),
    "for two of ours, authorized by one": says(aud=[WEB, IOS], azp=WEB),
    "authorized by itself": says(azp=WEB),
    "hardly over": lambda provider, nonce: provider.token(nonce=nonce, exp=in_seconds(-20)),
    "hardly begun": lambda provider, nonce: provider.token(nonce=nonce, iat=in_seconds(20)),
    "without a type": headed({"typ": None}),
    "by an issuer with a name": says(),
}


@pytest.mark.parametrize("apple", [False, True], ids=["google", "apple"])
async def test_forged_id_tokens_are_refused(
    engines: TestEngines, tmp_path: Path, *, apple: bool
) -> None:
    name = "apple" if apple else "google"
    async with federated(engines, tmp_path, apple=apple) as (server, provider):
        found = {}
        for what, forge in FORGED.items():
            nonce = await nonce_of(server)
            answer = await sign_in(server, name, forge(provider, nonce), nonce)
            found[what] = (answer.status, answer.body["code"])

        assert found == dict.fromkeys(FORGED, (401, "id_token_invalid"))
        assert await server.node.database["users"].count_documents({}) == 0


@pytest.mark.parametrize("apple", [False, True], ids=["google", "apple"])
async def test_id_tokens_that_hold_let_somebody_in(
    engines: TestEngines, tmp_path: Path, *, apple: bool
) -> None:
    name = "apple" if apple else "google"
    async with federated(engines, tmp_path, apple=apple) as (server, provider):
        users = set()
        for what, make in GOOD.items():
            nonce = await nonce_of(server)
            answer = await sign_in(server, name, make(provider, nonce), nonce)
            assert answer.status == 201, (what, answer)
            users.add(answer.body["session"]["owner"])

        assert len(users) == 1


async def test_an_issuer_may_have_two_names_and_is_one(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        users = set()
        for issuer in (provider.url, "accounts.test"):
            nonce = await nonce_of(server)
            token = provider.token(nonce=nonce, iss=issuer, aud=ANDROID)
            answer = await sign_in(server, "google", token, nonce)
            users.add(answer.body["session"]["owner"])

        assert len(users) == 1


async def test_a_nonce_is_good_for_one_token(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        nonce, other = await nonce_of(server), await nonce_of(server)
        token = provider.token(nonce=nonce)

        answers = [
            (await sign_in(server, "google", token, sent)).status
            for sent in (other, nonce, nonce, "x" * 43, other)
        ]
        unknown = await sign_in(server, "nobody", token, nonce)

        assert answers == [401, 201, 401, 401, 401]
        assert unknown.status == 404


async def test_only_who_writes_truth_as_text_may(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        for said in ("true", "false", 1, None, False):
            nonce = await nonce_of(server)
            token = provider.token(nonce=nonce, email_verified=said)
            answer = await sign_in(server, "google", token, nonce)
            assert answer.status in (401, 403), (said, answer)
        assert await server.node.database["users"].count_documents({}) == 0
    async with federated(engines, tmp_path, apple=True) as (server, provider):
        for said, status in (("false", 403), ("TRUE", 403), ("true", 201)):
            nonce = await nonce_of(server)
            token = provider.token(nonce=nonce, email_verified=said)
            assert (await sign_in(server, "apple", token, nonce)).status == status


@pytest.mark.parametrize("mode", ["500", "huge", "redirects", "no json", "hangs"])
async def test_a_provider_that_does_not_answer_is_waited_for_no_longer_than_seconds(
    engines: TestEngines, tmp_path: Path, mode: str
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        server.node.assembly.outbound.patience_s = 0.2
        provider.mode = mode
        nonce = await nonce_of(server)

        answer = await sign_in(server, "google", provider.token(nonce=nonce), nonce)
        provider.mode = ""
        nonce = await nonce_of(server)
        again = await sign_in(server, "google", provider.token(nonce=nonce), nonce)

        assert (answer.status, answer.body["code"]) == (503, "provider_unavailable")
        assert again.status == 201


async def test_a_provider_that_is_somebody_else_is_not_believed(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        provider.issuer = "https://evil.example"
        nonce = await nonce_of(server)

        answer = await sign_in(server, "google", provider.token(nonce=nonce), nonce)

        assert answer.status == 503


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.at


async def test_keys_are_asked_for_once_a_minute_at_most_and_change() -> None:
    clock, outbound = Hand(), Outbound(loopback=True)
    async with OpenIdProvider().listening() as provider:
        row = providers_of([provider.row()])["google"]
        known = Discovery(row, outbound, clock)
        first = await known.key("k1", "RS256")
        asked = [len(provider.requests)]
        for _ in range(10):
            with pytest.raises(BadSignature):
                await known.key("k2", "RS256")
        asked.append(len(provider.requests))

        clock.at += dt.timedelta(seconds=60)
        with pytest.raises(BadSignature):
            await known.key("k2", "RS256")
        asked.append(len(provider.requests))
        provider.mode = "500"
        clock.at += dt.timedelta(hours=2)
        kept = await known.key("k1", "RS256")
        provider.mode = ""
        provider.key = rsa("other")
        clock.at += dt.timedelta(hours=2)
        changed = await known.key("k1", "RS256")

        assert asked == [2, 2, 4]
        assert kept.thumbprint() == first.thumbprint() != changed.thumbprint()
        outbound.close()


async def test_nothing_is_fetched_from_where_it_must_not_be() -> None:
    outbound = Outbound(loopback=False)
    for url in (
        "http://127.0.0.1:1/",
        "http://accounts.example/",
        "https://127.0.0.1:27017/",
        "https://user:password@accounts.example/",
        "https://accounts.example:22/",
        "https://",
        "https://[::1",
        "file:///etc/passwd",
        "ftp://accounts.example/",
        "gopher://accounts.example/",
        "//accounts.example/",
        "",
    ):
        with pytest.raises(FetchFailed):
            await outbound(url)
    near = Outbound(loopback=True)
    with pytest.raises(FetchFailed):
        await near("http://192.0.2.1/")
    with pytest.raises(FetchFailed):
        await near("http://127.0.0.1:1/")
    near.close()

"""Callers who show no token that holds, or wrong credentials."""

import base64
import json
import time
from typing import Any

from config.settings import Settings
from tests.account.rows import CREDENTIALS, LOGIN, REGISTER, REGISTRATION
from tests.laws.asking import place_of
from tests.laws.contexts import PUBLIC, furnished
from tests.support.laws.refusals import (
    RefusedRequest,
    ask_for,
    assert_problem,
    assert_refused,
    wiped,
)
from tests.support.laws.snapshots import snapshot
from tests.support.laws.surface import SURFACE
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

CRITS: list[Any] = [5, [{}]]  # no lists of names (RFC 7515, 4.1.11)


def _headed(header: bytes) -> str:
    """*header* as the first part of a token."""
    return base64.urlsafe_b64encode(header).rstrip(b"=").decode()


async def test_who_has_no_token_is_sent_away_from_every_route(settings: Settings) -> None:
    async with serving(settings) as server:
        person, visitor = await furnished(server), server.client()
        head, claims, signature = person.token.split(".")
        unsigned = _headed(b'{"alg":"none","typ":"at+jwt"}')
        known = json.loads(base64.urlsafe_b64decode(head + "=="))
        odd = [b'["alg"]', b'"alg"', b"[" * 100_000]
        odd += [json.dumps(known | {"crit": crit}).encode() for crit in CRITS]
        other = (await server.person()).token.split(".")
        ended = await logged_out(server, person)
        bearers = (
            f"{head}.{claims}.{signature[:-2]}",
            f"{head}.{claims}.{signature[::-1]}",
            f"{head}.{claims}.",
            f"{head}.{claims}",
            f"{head}.{other[1]}.{signature}",
            f"{head}.{claims}.{other[2]}",
            f"{unsigned}.{claims}.",
            f"{unsigned}.{claims}.{signature}",
            *(f"{_headed(header)[:12_000]}.{claims}.{signature}" for header in odd),
            f"{head}..{signature}",
            f".{claims}.{signature}",
            f"{head}.{claims}.{signature}.{signature}",
            f"{head}.ü.ü",
            "x" * 3000,
            "..",
            ended,
        )
        headers = [
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer "},
            {"Authorization": person.token},
            {"Authorization": f"Basic {person.token}"},
        ]
        closed = [operation for operation in SURFACE if not operation.public]
        witness = await snapshot(person)

        for operation in closed:
            for sent in headers:
                ask = RefusedRequest(
                    401, "token_missing", operation.method, place_of(operation), headers=sent
                )
                assert_sent_away(await ask_for(visitor, ask), ask)
            for token in bearers:
                sent = {"Authorization": f"Bearer {token}"}
                ask = RefusedRequest(
                    401, "token_invalid", operation.method, place_of(operation), headers=sent
                )
                assert_sent_away(await ask_for(visitor, ask), ask)

        assert await snapshot(person) == witness
        assert {operation.path for operation in SURFACE if operation.public} == PUBLIC


async def logged_out(server: Server, person: RestClient) -> str:
    """A token that held once."""
    email = (await person.call("GET", "/v1/me")).body["email"]
    watch = await server.client().log_in(email, PASSWORD, "watch")
    await done(watch.call("POST", "/v1/auth/logout"))
    watch.close()
    return watch.token


def assert_sent_away(answer: Response, ask: RefusedRequest) -> None:
    """*answer* says how to come back."""
    assert_problem(answer, ask)
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith("Bearer ")
    error = 'error="invalid_token"' in challenge
    assert error is (answer.body["code"] in ("token_invalid", "session_ended")), answer
    assert "/.well-known/oauth-protected-resource/v1" in challenge


async def test_wrong_credentials_do_not_tell_what_is_wrong(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        email = (await person.call("GET", "/v1/me")).body["email"]
        known = {"email": email, "password": "wrong password", "device": "phone"}
        unknown = known | {"email": "nobody@example.org"}

        answers = await assert_refused(
            person,
            [
                RefusedRequest(401, "credentials_wrong", "POST", LOGIN, known),
                RefusedRequest(401, "credentials_wrong", "POST", LOGIN, unknown),
                RefusedRequest(401, "credentials_wrong", "POST", LOGIN, known | {"password": ""}),
                RefusedRequest(401, "credentials_wrong", "POST", LOGIN, known | {"email": ""}),
            ],
        )

        assert len({wiped(answer) for answer in answers}) == 1


async def test_a_refused_request_took_as_long_as_it_took(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        labels = {"method": "POST", "route": LOGIN}
        name = "upcoach_http_request_duration_seconds_sum"
        registry = server.node.metrics.registry
        before = registry.get_sample_value(name, labels) or 0.0

        began = time.perf_counter()
        answer = await person.call("POST", LOGIN, CREDENTIALS, headers={"X-Request-Id": "mine"})
        took = time.perf_counter() - began
        counted = (registry.get_sample_value(name, labels) or 0.0) - before

        assert (answer.status, answer.headers["x-request-id"]) == (401, "mine")
        assert 0 < counted <= took


async def test_an_address_has_one_account_however_it_is_spelt(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        me = (await person.call("GET", "/v1/me")).body
        spellings = [me["email"].upper(), me["email"].replace("example", "\uff45xample")]
        for spelt in spellings:
            wanted = REGISTRATION | {"email": spelt, "password": "another horse"}
            assert (await server.client().call("POST", REGISTER, wanted)).status == 202

        users = []
        for spelt in spellings:
            client = await server.client().log_in(spelt, PASSWORD, "phone")
            users.append((await client.call("GET", "/v1/me")).body["id"])
            client.close()

        assert users == [me["id"]] * 2

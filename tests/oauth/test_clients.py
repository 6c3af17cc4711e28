"""Operators list, change and remove registered clients, beside a server that goes on."""

import argparse
import asyncio
from typing import Any

import pytest

from config.settings import Settings
from models.base.merge_patch import Json
from tests.support.engines import TestEngines
from tests.support.people.operators import audited
from tests.support.server import PASSWORD
from tests.support.wire.event_streams import PATIENCE_S
from tests.support.wire.relying import REDIRECT, OAuthParty, allowed_device, party, settings_of
from upcoach.cli import client_commands
from upcoach.node.process.listener import StartError
from upcoach.services.oauth.base.client_registry import RemovedClient

ELSEWHERE = "https://new.example.org/cb"


def _asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    client_commands.add_arguments(parser)
    return parser.parse_args(words)


def _places(settings: Settings) -> tuple[Settings, str, str]:
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    return settings, settings.mongo_url, settings.redis_url


async def _opened(one: OAuthParty, tokens: Json) -> int:
    client = one.server.client(tokens["access_token"])
    return (await client.call("GET", "/v1/goals")).status


async def _shut(one: OAuthParty, tokens: Json) -> None:
    """Return when the server has heard that the session of *tokens* is over."""
    async with asyncio.timeout(PATIENCE_S):
        while await _opened(one, tokens) != 401:
            await asyncio.sleep(0.01)


async def test_what_is_registered_is_listed(engines: TestEngines) -> None:
    settings = settings_of(engines)
    async with party(settings) as one:
        rows = await client_commands.list_clients(*_places(settings)[:2])

        assert {row.id for row in rows} == {one.public.id, one.confidential.id}
        assert all(one.secret not in client_commands.described(row) for row in rows)
        told = "\n".join(map(client_commands.described, rows))
        for words in (one.public.id, "Confidential & Co", REDIRECT, "goals:read", "confidential"):
            assert words in told


async def test_a_removed_client_has_nothing_any_more(engines: TestEngines) -> None:
    settings = settings_of(engines)
    async with party(settings) as one:
        person = await one.server.client().log_in(one.email, PASSWORD, "phone")
        code = await one.code()
        device = await allowed_device(one)
        tokens, others = await one.tokens(), await one.tokens(one.confidential)

        ended = await client_commands.remove_client(*_places(settings), one.public.id)

        grants = (await person.call("GET", "/v1/auth/grants")).body["items"]
        sessions = (await person.call("GET", "/v1/auth/sessions")).body["items"]
        assert ended == RemovedClient(people=1, sessions=1)
        assert [grant["id"] for grant in grants] == [one.confidential.id]
        assert one.public.id not in {session["client"] for session in sessions}
        await _shut(one, tokens)
        assert await _opened(one, others) == 200
        assert (await one.refresh(tokens["refresh_token"])).body["error"] == "invalid_client"
        assert (await one.token(device)).body["error"] == "invalid_client"
        assert (await one.token(one.redemption(code))).body["error"] == "invalid_client"
        assert (await one.browser.get("/oauth/authorize", one.request())).status == 400
        [entry] = await audited(one.server, action="client.removed")
        assert (entry["target"], entry["actor_kind"]) == (one.public.id, "system")
        with pytest.raises(StartError, match="no client"):
            await client_commands.remove_client(*_places(settings), one.public.id)
        person.close()


CHANGES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "its name": (("--name", "Better"), {"name": "Better"}),
    "its redirects": (
        ("--redirect", f"{ELSEWHERE} {REDIRECT}"),
        {"redirects": (ELSEWHERE, REDIRECT)},
    ),
    "where one is after a log-out": (("--logout", ELSEWHERE), {"logout_redirects": (ELSEWHERE,)}),
    "its audiences": (("--audience", "api live"), {"audiences": ("api", "live")}),
}


async def test_what_is_said_is_changed_and_nothing_else(engines: TestEngines) -> None:
    settings = settings_of(engines)
    async with party(settings) as one:
        tokens = await one.tokens()
        clients = one.server.node.services.oauth.clients
        for name, (words, fields) in CHANGES.items():
            before = await clients.find(one.public.id)
            ended = await client_commands.change_client(
                *_places(settings), one.public.id, _asked(*words)
            )
            after = await clients.find(one.public.id)
            assert before is not None
            assert after is not None
            different = {
                field: getattr(after, field)
                for field in after.__struct_fields__
                if getattr(after, field) != getattr(before, field)
            }
            assert (different, ended) == (fields, 0), name
        assert await _opened(one, tokens) == 200
        assert len(await audited(one.server, action="client.changed")) == len(CHANGES)
        for words in (("--redirect", "http://app.example.org/"), ("--scope", "everything"), ()):
            with pytest.raises(StartError):
                await client_commands.change_client(
                    *_places(settings), one.public.id, _asked(*words)
                )
        with pytest.raises(StartError, match="no client"):
            await client_commands.change_client(
                *_places(settings), "cli_1", _asked("--name", "Better")
            )


async def test_what_a_client_may_no_longer_ask_for_its_sessions_lose(engines: TestEngines) -> None:
    settings = settings_of(engines)
    async with party(settings) as one:
        wide = await one.tokens()
        more = await client_commands.change_client(
            *_places(settings), one.public.id, _asked("--scope", " ".join(one.public.permissions))
        )
        fewer = await client_commands.change_client(
            *_places(settings), one.public.id, _asked("--scope", "openid offline_access goals:read")
        )

        assert (more, fewer) == (0, 1)
        await _shut(one, wide)
        narrow = await one.tokens(scope="openid offline_access goals:read")
        assert await _opened(one, narrow) == 200

"""New keys while people are at work: nobody notices."""

import argparse
import asyncio
import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.wire.relying import ISSUER, REDIRECT, party, settings_of
from upcoach.cli.admin_commands import rotate_keys
from upcoach.cli.client_commands import add_arguments, add_client
from upcoach.node.process.listener import StartError

OLD, NEW = bytes(32), bytes(range(32))
A_DAY_MS = 24 * 60 * 60 * 1000
MADE_YESTERDAY = [{"$set": {"starts_at": {"$subtract": ["$starts_at", A_DAY_MS]}}}]
WATCH = ("--name", "Watch", "--scope", "openid goals:read")


def _settings(engines: TestEngines, **masters: bytes) -> Settings:
    return dataclasses.replace(settings_of(engines), master_keys=masters)


async def test_the_next_key_is_shown_before_it_signs(engines: TestEngines) -> None:
    settings = settings_of(engines)
    assert settings.mongo_url is not None
    async with party(settings) as one:
        before = (await one.browser.get("/oauth/jwks")).body
        tokens = await one.tokens()

        await rotate_keys(settings, settings.mongo_url, "Ed25519", at_once=False)
        await one.server.node.services.account.keys.load()
        shown = (await one.browser.get("/oauth/jwks")).body
        same = await one.tokens()
        await one.server.node.database["signing_keys"].update_many({}, MADE_YESTERDAY)
        await one.server.node.services.account.keys.load()
        after = await one.tokens()
        keys = KeySet.import_key_set((await one.browser.get("/oauth/jwks")).body)

        def alg(token: str) -> str:
            return str(jwt.decode(token, keys, algorithms=["ES256", "Ed25519"]).header["alg"])

        assert (len(before["keys"]), len(shown["keys"])) == (1, 2)
        assert [alg(one["id_token"]) for one in (tokens, same, after)] == [
            "ES256",
            "ES256",
            "Ed25519",
        ]
        for issued in (tokens, same, after):
            client = one.server.client(issued["access_token"])
            assert (await client.call("GET", "/v1/goals")).status == 200
        assert (await one.refresh(tokens["refresh_token"])).status == 200


async def test_all_keys_are_wrapped_anew_under_load(engines: TestEngines) -> None:
    settings = _settings(engines, old=OLD)
    assert settings.mongo_url is not None
    async with party(settings) as one:
        people = [await one.server.person() for _ in range(5)]
        for person in people:
            await person.call("POST", "/v1/goals", {"title": "Run"})
    both = dataclasses.replace(settings, master_keys={"new": NEW, "old": OLD})
    async with party(both) as one:
        node = one.server.node
        clients = [one.server.client(person.token) for person in people]
        asking = True

        async def ask() -> int:
            count = 0
            while asking:
                node.keyring._held.clear()  # each read unwraps
                answers = await asyncio.gather(
                    *(client.call("GET", "/v1/goals") for client in clients)
                )
                assert [len(answer.body["items"]) for answer in answers] == [1] * len(clients)
                count += 1
            return count

        reading = asyncio.create_task(ask())
        rotated = await rotate_keys(both, settings.mongo_url, None, at_once=False)
        again = await rotate_keys(both, settings.mongo_url, None, at_once=False)
        asking = False

        assert await reading >= 1
        assert (rotated.data_keys, rotated.signing_keys) == (6, 1)
        assert (again.data_keys, again.signing_keys) == (0, 0)
        masters = await node.database["keys"].distinct("master")
        assert masters + await node.database["signing_keys"].distinct("master") == ["new", "new"]
    async with party(dataclasses.replace(settings, master_keys={"new": NEW})) as one:
        for person in people:
            client = one.server.client(person.token)
            assert len((await client.call("GET", "/v1/goals")).body["items"]) == 1


def _command(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "upcoach", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


async def test_an_operator_registers_clients(engines: TestEngines, tmp_path: Path) -> None:
    environ = engines.environ(UPCOACH_PUBLIC_URL=ISSUER)
    settings = Settings.from_environ(environ)
    jwks = tmp_path / "jwks.json"
    public = ECKey.generate_key("P-256").as_dict(private=False)
    jwks.write_bytes(msgspec.json.encode({"keys": [public]}))
    private = tmp_path / "private.json"
    key = ECKey.generate_key("P-256").as_dict(private=True)
    private.write_bytes(msgspec.json.encode({"keys": [key]}))
    runs = {
        "a private key": (*WATCH, "--kind", "confidential", "--jwks", str(private)),
        "no keys": (*WATCH, "--kind", "confidential", "--jwks", str(tmp_path / "none")),
        "an open redirect": (*WATCH, "--redirect", "http://app.example.org/cb"),
        "a wildcard": (*WATCH, "--redirect", "https://*.example.org/cb"),
        "a fragment": (*WATCH, "--redirect", f"{REDIRECT}#x"),
        "a user": (*WATCH, "--redirect", "https://ann@app.example.org/cb"),
        "a host like localhost": (*WATCH, "--redirect", "http://localhost.example.org/cb"),
        "a scheme in one word": (*WATCH, "--redirect", "watch:/cb"),
        "a loopback with a secret": (
            *(*WATCH, "--kind", "confidential", "--redirect", "http://127.0.0.1/cb"),
        ),
        "an unknown audience": (*WATCH, "--audience", "moon"),
        "a scope of ours": ("--name", "Watch", "--scope", "account:write"),
        "no name": ("--scope", "openid"),
    }
    assert settings.mongo_url is not None
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    for name, run in runs.items():
        with pytest.raises(StartError):
            await add_client(settings, settings.mongo_url, parser.parse_args(run))
        assert name
    keyed = parser.parse_args((*WATCH, "--kind", "confidential", "--jwks", str(jwks)))
    client, none = await add_client(settings, settings.mongo_url, keyed)
    told = _command(environ, "client-add", *WATCH, "--kind", "confidential", "--redirect", REDIRECT)
    rotated = _command(environ, "rotate-keys", "--at-once")
    refused = _command(environ, "client-add", "--name", "Watch", "--scope", "everything")

    assert (client.auth, none) == ("private_key_jwt", "")
    assert re.search(r"client_id +cli_\S+\nclient_secret +\S{43} ", told.stdout), told
    assert "is used at once" in rotated.stdout, rotated
    assert (refused.returncode, refused.stderr) == (2, "upcoach: There is no scope everything.\n")

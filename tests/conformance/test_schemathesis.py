"""Schemathesis asks for whatever the OpenAPI document allows, and for what it does not."""

import asyncio
import dataclasses
import os
import sys
from pathlib import Path
from typing import Final

import pytest

from config.settings import Settings
from tests.support.people.operators import operator
from tests.support.server import Server, serving

# Each check but one: a schema cannot say that an id must exist, or a zone be in the database.
UNFIT: Final = "positive_data_acceptance"
APART: Final = r"/v1/(live|admin/live|auth/logout)$"  # sockets, and the end of the token
# Of one's own, too, whose id the list of them tells: whoever asks this has asked for the last time.
ENDS: Final = ("endSessions", "endSession")
CONFIGURATION: Final = Path(__file__).with_name("schemathesis.toml")
IDENTITIES: Final = ("nobody", "a person", "an operator")
SEED: Final = os.environ.get("SEED", "1")


async def token(server: Server, who: str) -> str:
    """The token of *who*; empty for nobody."""
    if who == "nobody":
        return ""
    return (
        await server.person() if who == "a person" else await operator(server, "superadmin")
    ).token


async def welcome(server: Server, shown: str) -> int:
    """What whoever has *shown* this token is answered."""
    return (await server.client(shown).call("GET", "/v1/me")).status


async def found_by(server: Server, who: str, folder: Path, *options: str) -> str:
    """What Schemathesis finds wrong as *who*; empty if nothing is."""
    shown = await token(server, who)
    began = await welcome(server, shown)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("--config-file", CONFIGURATION),
        *("run", f"{server.url}/openapi.json", "--checks", "all", "--exclude-checks", UNFIT),
        *(
            "--exclude-path-regex",
            APART,
            "--seed",
            SEED,
            "--no-color",
            "--warnings",
            "off",
        ),
        *(word for operation in ENDS for word in ("--exclude-operation-id", operation)),
        *(("-H", f"Authorization: Bearer {shown}") if shown else ()),
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert began == await welcome(server, shown), "most was asked by somebody who was logged out"
    lines = [line[:300] for line in output.decode().splitlines()]  # of bodies, the beginning
    return "" if process.returncode == 0 else "\n".join(lines)[-8_000:]


@pytest.mark.conformance
async def test_whatever_is_asked_the_answer_is_described(
    settings: Settings, tmp_path: Path
) -> None:
    async with serving(settings) as server:
        found = await found_by(server, "a person", tmp_path, "-n", "2", "--phases", "fuzzing")
        assert not found, found


@pytest.mark.conformance
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("who", IDENTITIES)
async def test_a_hundred_questions_of_each_kind_are_answered_as_described(
    settings: Settings, tmp_path: Path, who: str
) -> None:
    patient = dataclasses.replace(settings, token_minutes=60)
    async with serving(patient) as server:
        phases = ("--phases", "coverage,fuzzing")
        found = await found_by(server, who, tmp_path, "-n", "100", *phases)
        assert not found, found

"""Settings that only their users can judge are refused before anything is started for them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", ["serve", "demo", "migrate"])
def test_providers_are_refused_before_an_engine_starts(tmp_path: Path, command: str) -> None:
    words = refused(command, UPCOACH_DATA=str(tmp_path), UPCOACH_PROVIDERS="[{}]")

    assert (
        words == "upcoach: UPCOACH_PROVIDERS is wrong: The field name is missing. (And 3 more.)\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mongodb://host/?replicaSet", "MongoDB URI options are key=value pairs"),
        ("mongodb+srv://db.invalid", "The DNS query name does not exist"),
    ],
)
def test_a_url_that_the_driver_refuses_is_no_traceback(
    tmp_path: Path, url: str, reason: str
) -> None:
    environ = {"UPCOACH_DATA": str(tmp_path), "UPCOACH_REDIS_URL": "redis://127.0.0.1:1"}
    words = refused("serve", UPCOACH_MONGO_URL=url, **environ)

    assert words.startswith(f"upcoach: UPCOACH_MONGO_URL cannot be used: {reason}")
    assert words.count("\n") == 1


@pytest.mark.parametrize(("asked", "times"), [("16", 0), ("17", 1), ("25", 1)])
def test_a_start_says_that_its_drain_is_cut(tmp_path: Path, asked: str, times: int) -> None:
    words = refused(
        "serve",
        UPCOACH_DATA=str(tmp_path),
        UPCOACH_MONGO_URL="mongodb://host/?replicaSet",
        UPCOACH_REDIS_URL="redis://127.0.0.1:1",
        UPCOACH_DRAIN_S=asked,
        UPCOACH_LOG_LEVEL="warning",
        UPCOACH_LOG_FORMAT="json",
    )

    lines = [json.loads(line) for line in words.splitlines() if line.startswith("{")]
    cut = [(line["asked_s"], line["to_s"]) for line in lines if line["event"] == "drain_cut"]
    assert cut == [(int(asked), 16)] * times


def refused(command: str, **environ: str) -> str:
    """What *command* says when it refuses."""
    outcome = subprocess.run(
        [sys.executable, "-m", "upcoach", command],
        env=os.environ | {"UPCOACH_LOG_LEVEL": "error", "UPCOACH_PORT": "0"} | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.returncode == 2
    return outcome.stderr

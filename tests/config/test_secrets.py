"""Secrets of a development installation."""

import stat
from pathlib import Path

import pytest

from config import forms
from config.secrets import with_development_secrets
from config.setting_rows import SettingsError
from config.settings import Settings
from tests.config.keys import KEY, PRODUCTION


def test_development_secrets_are_made_once(tmp_path: Path) -> None:
    settings = Settings.from_environ({"UPCOACH_DATA": str(tmp_path / "var")})

    first = with_development_secrets(settings)
    file = tmp_path / "var" / "secrets.json"

    assert list(first.master_keys) == ["dev"]
    assert len(first.index_key) == forms.KEY_BYTES
    assert with_development_secrets(settings) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_given_secrets_win_over_generated_ones(tmp_path: Path) -> None:
    settings = Settings.from_environ({"UPCOACH_DATA": str(tmp_path), "UPCOACH_INDEX_KEY": KEY})

    completed = with_development_secrets(settings)

    assert completed.index_key == bytes(range(32))
    assert list(completed.master_keys) == ["dev"]


def test_production_generates_nothing(tmp_path: Path) -> None:
    settings = Settings.from_environ(PRODUCTION | {"UPCOACH_DATA": str(tmp_path)})

    assert with_development_secrets(settings) is settings
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"master_keys": "dev:x", "index_key": 1}'])
def test_a_damaged_secrets_file_stops_the_start(tmp_path: Path, text: str) -> None:
    settings = Settings.from_environ({"UPCOACH_DATA": str(tmp_path)})
    (tmp_path / "secrets.json").write_text(text)

    with pytest.raises(SettingsError, match="does not hold the secrets of this data folder"):
        with_development_secrets(settings)

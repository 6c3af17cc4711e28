"""The generated secrets of a development installation, kept beside its data.

They are made once and must stay: without them everything that the data folder holds sealed is
unreadable.  Production never comes here, because `Settings` refuses to be without its secrets.
"""

import dataclasses
import json
import os
import secrets
from pathlib import Path

from config import forms
from config.data_folder import refusing_unusable
from config.setting_rows import SettingsError
from config.settings import Settings

FILE = "secrets.json"


def with_development_secrets(settings: Settings) -> Settings:
    """*settings* with generated secrets where none were given."""
    if settings.master_keys and settings.index_key:
        return settings
    path = settings.data / FILE
    with refusing_unusable(settings.data):
        if not path.exists():
            _keep(path, {"master_keys": f"dev:{_new_key()}", "index_key": _new_key()})
        master_keys, index_key = _kept(path)
    return dataclasses.replace(
        settings,
        master_keys=settings.master_keys or master_keys,
        index_key=settings.index_key or index_key,
    )


def _new_key() -> str:
    return secrets.token_urlsafe(32)


def _keep(path: Path, texts: dict[str, str]) -> None:
    """Write the file whole or not at all, and never over one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(texts, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, fails when another process was first; its secrets then count.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _kept(path: Path) -> tuple[dict[str, bytes], bytes]:
    text = path.read_bytes()
    try:
        texts = json.loads(text)
        return forms.keys(texts["master_keys"]), forms.key(texts["index_key"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"{path} does not hold the secrets of this data folder; bring it back from a backup, "
            f"or remove the whole folder {path.parent} to begin with an empty one."
        ) from error

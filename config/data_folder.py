"""The data folder: a refusal of one sentence where it cannot be used."""

import contextlib
import errno
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from config.setting_rows import SettingsError
from config.settings import Settings

TOO_MANY_OPEN: Final = (errno.EMFILE, errno.ENFILE)


@contextlib.contextmanager
def refusing_unusable(data: Path) -> Iterator[None]:
    """Turn an `OSError` about a file of the folder *data* into a `SettingsError`."""
    try:
        yield
    except OSError as error:
        if error.errno in TOO_MANY_OPEN:  # whichever file was next
            raise
        what = f" ({error.filename})" if error.filename else ""
        raise SettingsError(
            f"UPCOACH_DATA must be a folder that this user can write to, not {data}: "
            f"{error.strerror or error}{what}."
        ) from error


def ensure_writable(settings: Settings) -> None:
    """Make the data folder, and refuse one in which a server could not keep what it writes."""
    with refusing_unusable(settings.data):
        settings.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data) as probe:
            probe.write(b"\n")
        if settings.smtp_url is None:
            settings.mail_folder.mkdir(exist_ok=True)
        if settings.environment == "development":
            settings.push_folder.mkdir(exist_ok=True)
        if settings.audit_checkpoints.exists():
            settings.audit_checkpoints.open("ab").close()

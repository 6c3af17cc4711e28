"""What stops a start, of settings that have the right form each by itself."""

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from config import exposure, forms
from config.setting_rows import ENV_PREFIX, SettingRow, SettingsError

if TYPE_CHECKING:
    from config.settings import Settings


def refuse_unknown(environ: Mapping[str, str], rows: Mapping[str, SettingRow]) -> None:
    """Refuse a name in the environment that is no setting of ours."""
    names = [row.name.removeprefix(ENV_PREFIX) for row in rows.values()]
    given = [name.removeprefix(ENV_PREFIX) for name in environ if name.startswith(ENV_PREFIX)]
    for name in sorted(set(given).difference(names)):
        nearest = difflib.get_close_matches(name, names, n=1)
        hint = (
            f"did you mean {ENV_PREFIX}{nearest[0]}?" if nearest else "docs/settings.md lists all."
        )
        raise SettingsError(f"{ENV_PREFIX}{name} is no setting; {hint}")


def refuse_incomplete(settings: "Settings", rows: Mapping[str, SettingRow]) -> None:
    """Refuse settings that do not go together, and in production what lacks or is not safe."""
    if settings.port and settings.port in settings.metrics_ports:
        raise SettingsError("UPCOACH_PORT and UPCOACH_METRICS_PORT must differ.")
    if settings.metrics_ports[-1] > forms.LAST_PORT:
        raise SettingsError("UPCOACH_METRICS_PORT is too high for so many processes.")
    _refuse_other_domain(settings)
    if settings.environment == "development":
        return
    missing = {
        row.name: f"{row.name} is needed in production; {row.production}"
        for field, row in rows.items()
        if row.production and not getattr(settings, field)
    }
    wrong = [fault for fault in exposure.faults(settings) if not fault.startswith(tuple(missing))]
    if missing or wrong:
        raise SettingsError("\n".join([*missing.values(), *wrong]))


def _refuse_other_domain(settings: "Settings") -> None:
    """Refuse a passkey domain that browsers do not accept for our pages."""
    domain, host = settings.passkey_domain, urlsplit(settings.issuer).hostname or ""
    if domain and not forms.is_relying_party(domain, host):
        raise SettingsError(
            f"UPCOACH_PASSKEY_DOMAIN must be {host}, the host of the pages (UPCOACH_PUBLIC_URL), "
            f"or a domain that it ends with, not {domain!r}: browsers make no passkey otherwise."
        )


def refuse_unsaid(settings: "Settings") -> None:
    """Require UPCOACH_ENV to be set where others can reach it: development lets everybody in."""
    if settings.reached_at is not None:
        raise SettingsError(
            f"{settings.reached_at}, where others can reach it, and UPCOACH_ENV is not set: set "
            "UPCOACH_ENV=production to serve them, or UPCOACH_ENV=development if they are you."
        )

"""What the account page shows."""

import datetime as dt
import functools
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from handlers.pages.rendering import PageView
from models.account import Factors, Identity, Passkey, TrustedDevice
from models.account.factors import NEVER, TOTP
from models.account.session import APP_NAMES
from models.base.merge_patch import Json
from models.base.time import moment_in_words
from models.contexts import SCOPES
from models.oauth import Grant

_RANDOM: Final = re.compile("[0-9a-f]{8}|:")  # of an id that a program has made


class LoginMethodRow(NamedTuple):
    """How somebody logs in.

    Attributes
    ----------
    since
        When that began of which the *words* end with "since" or "added".
    counts_from
        When it begins to count, if it does not yet.

    """

    label: str
    words: str
    since: dt.datetime | None = None
    counts_from: dt.datetime | None = None


def account(
    user: Json,
    sessions: Sequence[Json],
    grants: Sequence[Grant],
    factors: Factors,
    passkeys: Sequence[Passkey],
    trusted: Sequence[TrustedDevice],
    identities: Sequence[Identity],
    titles: dict[str, str],
    hidden: dict[str, str],
    now: dt.datetime,
) -> PageView:
    """All that belongs to logging in, of one person."""
    apps = {grant.id: grant.client for grant in grants}
    ways = [
        *(_identity(row, titles, now) for row in identities),
        *_ways(factors, passkeys, now),
    ]
    return PageView(
        title=f"Hello, {user['name']}",
        template="account",
        wide=True,
        values={
            "user": user,
            "in_words": functools.partial(moment_in_words, tz=user["tz"]),
            "identities": [(row.id, titles.get(row.provider, row.provider)) for row in identities],
            "sessions": [_session(row, apps) for row in sessions],
            "grants": [_grant(row) for row in grants],
            "ways": ways,
            "methods": factors.methods(now),
            "is_waiting": any(way.counts_from for way in ways),
            "trusted": trusted,
            "never": NEVER,
            "hidden": hidden,
        },
    )


def _ways(
    factors: Factors, passkeys: Sequence[Passkey], now: dt.datetime
) -> Iterator[LoginMethodRow]:
    """The second factors, and what stands for one that is not there."""

    def counts_from(name: str) -> dt.datetime | None:
        return None if factors.counts(name, now) else factors.waiting[name]

    app = counts_from(TOTP)
    words = "added" if app else "on since"
    yield LoginMethodRow(
        "Authenticator app", words if factors.totp_since else "off", factors.totp_since, app
    )
    for passkey in passkeys:
        waits = counts_from(passkey.id)
        words = f"{passkey.name}, {'added' if waits else 'since'}"
        yield LoginMethodRow("Passkey", words, passkey.created_at, waits)
    if not passkeys:
        yield LoginMethodRow("Passkeys", "none")
    left = len(factors.recovery)
    waits = counts_from(factors.recovery_with) if left else None
    yield LoginMethodRow("Recovery codes", f"{left} left" if left else "none", None, waits)


def _identity(identity: Identity, titles: dict[str, str], now: dt.datetime) -> LoginMethodRow:
    title = titles.get(identity.provider, identity.provider)
    words = f"{title} ({identity.email})" if identity.email else title
    waits = None if identity.counts(now) else identity.counts_from
    return LoginMethodRow("Linked account", words, None, waits)


def _session(session: Json, apps: dict[str, str]) -> Json:
    kind = APP_NAMES[session["app"]]
    name = session.get("device_name") or apps.get(session["client"]) or _spoken(session["device"])
    return {
        "id": session["id"],
        "name": name or kind[0].upper() + kind[1:],
        "current": session["current"],
        "used": session["last_used_at"],
        "since": session["created_at"],
    }


def _spoken(device: str) -> str:
    """The name of a *device*, where it is one that people would say."""
    return "" if _RANDOM.search(device) else device


def _grant(grant: Grant) -> Json:
    scopes = map(SCOPES.get, grant.permissions)
    meanings = [scope.meaning for scope in scopes if scope is not None]
    return {"id": grant.id, "name": grant.client, "meanings": meanings, "since": grant.created_at}

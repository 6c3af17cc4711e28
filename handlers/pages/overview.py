"""What the account page shows."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from handlers.pages.rendering import View
from models.client import scope_named
from models.documents import Factors, Grant, Identity, TrustedDevice
from models.merge_patch import Json

_KINDS: Final = {
    "mobile": "A phone",
    "web": "A browser",
    "remembered": "A browser",
    "coach": "The coaches' app",
    "admin": "The admin panel",
    "partner": "An app",
    "visit": "An app",
}


def account(
    user: Json,
    sessions: Sequence[Json],
    grants: Sequence[Grant],
    factors: Factors,
    trusted: Sequence[TrustedDevice],
    identities: Sequence[Identity],
    titles: dict[str, str],
    hidden: dict[str, str],
    now: dt.datetime,
) -> View:
    """All that belongs to logging in, of one person."""
    apps = {grant.id: grant.client for grant in grants}
    return View(
        title=f"Hello, {user['name']}",
        template="account",
        wide=True,
        values={
            "user": user,
            "sessions": [_session(one, apps) for one in sessions],
            "grants": [_grant(one) for one in grants],
            "factors": factors,
            "methods": factors.methods(now),
            "waiting": _waiting(factors, now),
            "trusted": trusted,
            "elsewhere": [_elsewhere(one, titles) for one in identities],
            "hidden": hidden,
        },
    )


def _waiting(factors: Factors, now: dt.datetime) -> str:
    """What to say of factors that do not count yet; nothing if all do."""
    if all(since <= now for since in factors.waiting.values()):
        return ""
    return (
        "You have added a second factor that does not count yet. Confirm it by the link in the "
        "mail about it."
    )


def _session(session: Json, apps: dict[str, str]) -> Json:
    name = session.get("device_name") or apps.get(session["client"]) or _KINDS[session["app"]]
    return {
        "id": session["id"],
        "name": name,
        "current": session["current"],
        "used": session["last_used_at"],
        "since": session["created_at"],
    }


def _elsewhere(identity: Identity, titles: dict[str, str]) -> str:
    title = titles.get(identity.provider, identity.provider)
    return f"{title} ({identity.email})" if identity.email else title


def _grant(grant: Grant) -> Json:
    asked = map(scope_named, grant.permissions)
    meanings = [one.meaning for one in asked if one is not None]
    return {"id": grant.id, "name": grant.client, "meanings": meanings, "since": grant.created_at}

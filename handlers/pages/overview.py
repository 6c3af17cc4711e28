"""What the account page shows."""

from collections.abc import Sequence
from typing import Final

from handlers.pages.rendering import View
from models.client import scope_named
from models.documents import Factors, Grant, TrustedDevice
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
    hidden: dict[str, str],
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
            "trusted": trusted,
            "hidden": hidden,
        },
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


def _grant(grant: Grant) -> Json:
    asked = map(scope_named, grant.permissions)
    meanings = [one.meaning for one in asked if one is not None]
    return {"id": grant.id, "name": grant.client, "meanings": meanings, "since": grant.created_at}

"""The areas of the surface, as a reader of its description meets them."""

from typing import Final

from models.base.merge_patch import Json

# By the first word of a path below /v1.
AREAS: Final[dict[str, str]] = {
    "auth": "Account",
    "me": "Account",
    "devices": "Account",
    "goals": "Goals",
    "habits": "Habits",
    "tasks": "Tasks",
    "moods": "Moods",
    "journal": "Journal",
    "journals": "Journal",
    "coach": "Coach intelligence",
    "shares": "Coaches and clients",
    "clients": "Coaches and clients",
    "invitations": "Coaches and clients",
    "imports": "Imports",
    "events": "Live and sync",
    "snapshot": "Live and sync",
    "mutations": "Live and sync",
    "live": "Live and sync",
    "admin": "Admin",
}

MEANINGS: Final[dict[str, str]] = {
    "Account": "Who somebody is, on which devices, and how they show it.",
    "Goals": "What a person wants to have reached.",
    "Habits": "What a person does again and again, and what became of it each day.",
    "Tasks": "What a person has to do once.",
    "Moods": "How a person felt.",
    "Journal": "What a person writes for themselves.",
    "Coach intelligence": "What the learners have found out, with their reasons.",
    "Coaches and clients": "Who lets whom see what.",
    "Imports": "Bringing in what was logged elsewhere.",
    "Live and sync": "All of a person's changes: as they happen, after an absence, many at once.",
    "Admin": "For operators.",
    "Authorization server": "What apps of others call to be let in (OAuth 2.0, OpenID Connect).",
    "Server": "Whether it lives, and what it can do.",
}


def area_of(path: str) -> str:
    """The area that *path* belongs to.

    Examples
    --------
    >>> area_of("/v1/habits/{id}/entries")
    'Habits'
    >>> area_of("/livez")
    'Server'

    """
    words = path.split("/")
    if words[1] in ("oauth", ".well-known"):
        return "Authorization server"
    return AREAS.get(words[2], words[2]) if words[1] == "v1" else "Server"


def tags(areas: set[str]) -> list[Json]:
    """The tags of a document that speaks of *areas*."""
    known = [area for area in MEANINGS if area in areas]
    return [
        {"name": area, "description": MEANINGS.get(area, area)}
        for area in (*known, *sorted(areas - MEANINGS.keys()))
    ]

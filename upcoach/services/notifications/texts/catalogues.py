"""Reads the catalogues, and puts values into their messages as people of a language write them."""

import datetime as dt
import functools
import gettext
import io
from collections.abc import Mapping
from importlib import resources
from typing import Final, NamedTuple

import babel
from babel import dates, numbers
from babel.messages import mofile, pofile

# By type, the texts that it has: by itself, and in particular cases.
TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "habit_reminder": ("",),
    "streak_at_risk": ("",),
    "goal_reminder": ("", "today", "tomorrow", "days"),
    "goal_milestone": ("",),
    "at_risk_goal": ("", "overdue", "undated"),
    "task_reminder": ("", "in_minutes", "in_hours", "in_days", "today", "tomorrow", "days"),
    "task_due": ("", "today"),
    "achievement_unlocked": ("streak", "completion", "consistency"),
    "mood_check_in": ("",),
    "journal_prompt": ("",),
    "daily_summary": ("",),
    "new_login": ("", "phone", "browser", "app"),
    "share_changed": (
        "coach_joined",
        "coach_left",
        "client_joined",
        "client_left",
        "client_shares",
    ),
    "coach_verification": ("verified", "declined", "revoked"),
    "session_booked": ("", "pending"),
    "session_changed": ("confirmed", "declined", "cancelled", "moved", "completed"),
    "session_reminder": ("",),
    "digest": ("",),
    "mail": ("",),  # of the button, and at the foot of each mail
}
LANGUAGES: Final = ("en", "de")  # the first for whoever reads none of them
COUNT: Final = "count"  # the value that chooses the plural
TITLE_LETTERS: Final = 255

Value = str | int | dt.date | dt.time
Values = Mapping[str, Value]


class NotificationText(NamedTuple):
    """What a notification says."""

    title: str
    body: str


def text_of(text: str, case: str, values: Values, locale: str | None) -> NotificationText:
    """The title and body of a *text*, in a particular *case* or in none, for a *locale* (BCP 47).

    Examples
    --------
    >>> text_of("task_due", "", {"task": "Taxes", "time": dt.time(18)}, "de-AT")
    NotificationText(title='Taxes', body='Fällig um 18:00 Uhr.')
    >>> text_of("digest", "", {"count": 1}, None).body
    '1 notification is waiting for you.'

    """
    if case not in TEXTS[text]:
        raise LookupError(f"There is no text {text} for {case!r}.")
    language, place = _chosen(locale)
    name = f"{text}.{case}" if case else text
    shown = {key: _shown(value, place) for key, value in values.items()}
    title, body = (
        _message(language, f"{name}.{part}", values).format_map(shown) for part in ("title", "body")
    )
    return NotificationText(_shortened(title), body)


def language_of(locale: str | None) -> str:
    """The language of the texts for a *locale*."""
    return _chosen(locale)[0]


@functools.cache
def catalogue(language: str) -> gettext.GNUTranslations:
    """The catalogue of one of the `LANGUAGES`."""
    with resources.files(__package__).joinpath(f"{language}.po").open("rb") as file:
        messages = pofile.read_po(file, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _message(language: str, name: str, values: Values) -> str:
    messages, count = catalogue(language), values.get(COUNT)
    plural = messages.ngettext(name, name, count) if isinstance(count, int) else name
    return messages.gettext(name) if plural == name else plural  # it has none


@functools.lru_cache(maxsize=256)
def _chosen(locale: str | None) -> tuple[str, babel.Locale]:
    """The language of the catalogue for *locale*, and the place whose forms numbers have."""
    for wanted in (locale, (locale or "").partition("-")[0], LANGUAGES[0]):
        try:
            place = babel.Locale.parse(wanted or "", sep="-")
        except (babel.UnknownLocaleError, ValueError):
            continue
        if place.language in LANGUAGES:
            return place.language, place
    return LANGUAGES[0], babel.Locale(LANGUAGES[0])


def _shown(value: Value, place: babel.Locale) -> str:
    match value:
        case str():
            return value
        case dt.time():
            return dates.format_time(value, "short", locale=place)
        case dt.date():
            return dates.format_date(value, "long", locale=place)
    return numbers.format_decimal(value, locale=place)


def _shortened(title: str) -> str:
    return title if len(title) <= TITLE_LETTERS else f"{title[: TITLE_LETTERS - 1]}…"

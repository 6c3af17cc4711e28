"""Parses the cells of Loop Habit Tracker's files; one that it never writes is `Invalid`."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from models.base.errors import Invalid
from models.base.time import EPOCH
from models.base.validation import checked
from models.habits import Amount, Daily, EntryDraft, HabitDraft, Measure, Rate, Schedule, YesNo

# Loop keeps a checkmark as a number, and has written it as such or by its name.
_ANSWERS: Final[Mapping[str, EntryDraft | None]] = {
    "YES_MANUAL": EntryDraft(state="done"),
    "2": EntryDraft(state="done"),
    "NO": EntryDraft(state="missed"),
    "0": EntryDraft(state="missed"),
    "SKIP": EntryDraft(state="skip"),
    "3": EntryDraft(state="skip"),
    "YES_AUTO": None,
    "1": None,
    "UNKNOWN": None,
    "-1": None,
}
# It names the same numbers in a measured habit, where they are thousandths.
_AMOUNTS: Final[Mapping[str, EntryDraft | None]] = {
    "NO": EntryDraft(value=0.0),
    "YES_MANUAL": EntryDraft(value=0.002),
    "SKIP": EntryDraft(state="skip"),
    "3": EntryDraft(state="skip"),
    "YES_AUTO": None,
    "UNKNOWN": None,
    "-1": None,
}
_UNSAFE: Final = re.compile("[^ a-zA-Z0-9._-]+")
_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNT: Final = re.compile("[0-9]{1,9}")
_THOUSANDTHS: Final = re.compile("[0-9]{1,12}")
_NUMBER: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,20})?(E-?[0-9]{1,2})?")  # as Java prints it


def folder_of(position: int, name: str) -> str:
    """The folder in which Loop keeps a habit's files.

    Examples
    --------
    >>> folder_of(1, "Meditate (10 min)")
    '001 Meditate 10 min'

    """
    return f"{position:03} {_UNSAFE.sub('', name)[:100].strip()}".strip()


def position_of(row: Mapping[str, str]) -> int:
    """The number that tells habits of the same name apart."""
    return _count(row["Position"], "position")


def draft_of(row: Mapping[str, str], tz: str) -> HabitDraft:
    """The habit that a row of `Habits.csv` describes."""
    fields = {
        "name": row["Name"],
        "question": row.get("Question") or None,
        "description": row.get("Description") or None,
        "measure": msgspec.to_builtins(_measure(row)),
        "schedule": msgspec.to_builtins(_schedule(row)),
        "tz": tz,
        "color": row.get("Color") or None,
        "archived": _flag(row.get("Archived?", "false")),
    }
    return checked(fields, HabitDraft)


def day_of(text: str) -> dt.date:
    try:
        # `fromisoformat` alone takes more than one form.
        day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day < EPOCH:
        raise Invalid("date_invalid", f"{_shown(text)} is not a date (YYYY-MM-DD) since {EPOCH}")
    return day


def entry_of(measure: Measure, value: str, note: str) -> EntryDraft | None:
    """Parse an entry; None where nothing was logged.

    Examples
    --------
    >>> entry_of(Amount(target=2, unit="km"), "1500", "")
    EntryDraft(state='done', value=1.5, note=None, at=None)
    >>> entry_of(YesNo(), "YES_AUTO", "")

    """
    draft = _amount(value) if isinstance(measure, Amount) else _answer(value)
    if draft is None or not note:
        return draft
    return checked(msgspec.structs.asdict(draft) | {"note": note}, EntryDraft)


def _answer(value: str) -> EntryDraft | None:
    if value not in _ANSWERS:
        raise Invalid("value_unknown", f"{_shown(value)} is not an answer that the app writes")
    return _ANSWERS[value]


def _amount(value: str) -> EntryDraft | None:
    if value in _AMOUNTS:
        return _AMOUNTS[value]
    if not _THOUSANDTHS.fullmatch(value):
        raise Invalid("value_unknown", f"{_shown(value)} is not an amount that the app writes")
    return EntryDraft(value=int(value) / 1000)


def _measure(row: Mapping[str, str]) -> Measure:
    kind = row.get("Type", "YES_NO")
    if kind == "YES_NO":
        return YesNo()
    if kind != "NUMERICAL":
        raise Invalid("type_unknown", f"{_shown(kind)} is neither YES_NO nor NUMERICAL")
    return Amount(_target(row), row.get("Unit", ""), _is_ceiling(row))


def _target(row: Mapping[str, str]) -> float:
    text = row.get("Target Value", "")
    if not _NUMBER.fullmatch(text):
        raise Invalid("target_invalid", f"{_shown(text)} is not a target such as 2.5")
    return float(text)


def _is_ceiling(row: Mapping[str, str]) -> bool:
    text = row.get("Target Type", "")
    if text not in ("AT_LEAST", "AT_MOST"):
        raise Invalid("target_invalid", f"{_shown(text)} is neither AT_LEAST nor AT_MOST")
    return text == "AT_MOST"


def _schedule(row: Mapping[str, str]) -> Schedule:
    times = _count(row.get("FrequencyNumerator", row.get("NumRepetitions", "")), "frequency")
    days = _count(row.get("FrequencyDenominator", row.get("Interval", "")), "frequency")
    return Daily() if times == days else Rate(times, days)


def _count(text: str, what: str) -> int:
    number = int(text) if _COUNT.fullmatch(text) else 0
    if not number:
        raise Invalid(f"{what}_invalid", f"{_shown(text)} is not a {what}")
    return number


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise Invalid("archived_invalid", f"{_shown(text)} is neither true nor false")
    return text == "true"


def _shown(text: str) -> str:
    return repr(text[:32])

"""Parses the cells of Loop Habit Tracker's files; one that it never writes is `Invalid`.

Numbers that it puts together for people (positions, folders, and until 1.8 checkmarks) have the
digits of the phone's language.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from models.base.errors import Invalid
from models.base.merge_patch import Json
from models.base.text.counting import counted
from models.base.time import EPOCH
from models.base.validation import cut
from models.habits import Amount, Daily, EntryDraft, HabitDraft, Measure, Rate, Schedule, YesNo
from upcoach.services.imports.planning.fitting import fitted, shortened
from upcoach.services.imports.planning.reports import Report, code_of, reason

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
_DIGITS: Final = re.compile(r"\d{1,12}")  # of any script
UNIT: Final = 32  # characters
HIGHEST: Final = 1e9  # of a target
YEAR: Final = 366  # days, at most, in which something is done so many times
LAST_ANSWER: Final = 3  # what is more is an amount
_NUMBER: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,20})?(E-?[0-9]{1,2})?")  # as Java prints it


def folder_of(position: int, name: str) -> str:
    """The folder in which Loop keeps a habit's files, since 1.5.6.

    Examples
    --------
    >>> folder_of(1, "Meditate (10 min)")
    '001 Meditate 10 min'

    """
    return f"{position:03} {sanitized(name)}".strip()


def sanitized(name: str) -> str:
    """A habit's *name* as it stands in the name of its folder."""
    return _UNSAFE.sub("", name)[:100].strip()


def with_plain_digits(text: str) -> str:
    """*text*, a number with the digits of any script, with those that Python writes."""
    return str(int(text)) if _DIGITS.fullmatch(text) else text


def position_of(row: Mapping[str, str]) -> int:
    """The number that tells habits of the same name apart."""
    return _count(row["Position"], "position")


def draft_of(row: Mapping[str, str], measure: Measure, tz: str, report: Report) -> HabitDraft:
    """The habit that a row of `Habits.csv` describes; raises `Invalid` for one without a name."""
    if not row["Name"]:
        raise Invalid("name_missing", "it has no name")
    fields: Json = {
        "name": row["Name"],
        "question": row.get("Question") or None,
        "description": row.get("Description") or None,
        "measure": msgspec.to_builtins(measure),
        "schedule": msgspec.to_builtins(_schedule(row, report)),
        "tz": tz,
        "color": row.get("Color") or None,
        "archived": _flag(row.get("Archived?") or "false", report),
    }
    return fitted(fields, HabitDraft, report)


def day_of(text: str) -> dt.date:
    """Parse a date, which it writes in one form everywhere."""
    try:
        # `fromisoformat` alone takes more than one form.
        day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day < EPOCH:
        raise Invalid("date_invalid", f"{_shown(text)} is not a date (YYYY-MM-DD) since {EPOCH}")
    return day


def entry_of(measure: Measure, value: str, note: str, report: Report) -> EntryDraft | None:
    """Parse an entry; None where nothing was logged.

    Examples
    --------
    >>> entry_of(Amount(target=2, unit="km"), "1500", "", print)
    EntryDraft(state='done', value=1.5, note=None, at=None)
    >>> entry_of(YesNo(), "YES_AUTO", "", print)

    """
    value = with_plain_digits(value)
    draft = _amount(value) if isinstance(measure, Amount) else _answer(value)
    if draft is None or not note:
        return draft
    return fitted(msgspec.structs.asdict(draft) | {"note": note}, EntryDraft, report)


def is_amount(value: str) -> bool:
    """Whether a cell says how much, and is none of the answers."""
    plain = with_plain_digits(value)
    return bool(_THOUSANDTHS.fullmatch(plain)) and int(plain) > LAST_ANSWER


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


def measure_of(row: Mapping[str, str], report: Report, *, has_amounts: bool) -> Measure:
    """How a habit is measured: as its type says, or else as what was logged of it does.

    From 2.0 to 2.2 the app knew measured habits, and wrote neither type nor target.
    """
    kind = row.get("Type", "")
    if kind == "YES_NO" or (kind != "NUMERICAL" and not has_amounts):
        if kind not in ("", "YES_NO"):
            report("type_unknown", f"its type, {_shown(kind)}, is taken to be YES_NO")
        return YesNo()
    if kind != "NUMERICAL":
        words = "it is taken to be measured, since it has amounts: its target and unit are open"
        report("type_unknown", words)
        return Amount(0.0)
    unit = shortened(row.get("Unit", ""), UNIT, "unit", report)
    return Amount(_target(row, report), unit, _is_ceiling(row, report))


def _target(row: Mapping[str, str], report: Report) -> float:
    text = row.get("Target Value", "")
    target = float(text) if _NUMBER.fullmatch(text) else -1.0
    if 0 <= target <= HIGHEST:
        return target
    report("target_invalid", f"its target is left open: {_shown(text)} is none such as 2.5")
    return 0.0


def _is_ceiling(row: Mapping[str, str], report: Report) -> bool:
    text = row.get("Target Type", "")
    if text not in ("AT_LEAST", "AT_MOST"):
        report("target_invalid", f"its kind of target, {_shown(text)}, is taken to be AT_LEAST")
    return text == "AT_MOST"


def _schedule(row: Mapping[str, str], report: Report) -> Schedule:
    try:
        times = _count(row.get("FrequencyNumerator", row.get("NumRepetitions", "1")), "frequency")
        days = _count(row.get("FrequencyDenominator", row.get("Interval", "1")), "frequency")
    except Invalid as refusal:
        report(code_of(refusal), f"it is taken to be daily: {reason(refusal)}")
        return Daily()
    if times == days:
        return Daily()
    if times < days <= YEAR:
        return Rate(times, days)
    report(
        "frequency_invalid",
        f"it is taken to be daily, not {counted(times, 'time')} in {counted(days, 'day')}",
    )
    return Daily()


def _count(text: str, what: str) -> int:
    plain = with_plain_digits(text)
    number = int(plain) if _COUNT.fullmatch(plain) else 0
    if not number:
        raise Invalid(f"{what}_invalid", f"{_shown(text)} is not a {what}")
    return number


def _flag(text: str, report: Report) -> bool:
    if text not in ("true", "false"):
        report("archived_invalid", f"it is not archived: {_shown(text)} is neither true nor false")
    return text == "true"


def _shown(text: str) -> str:
    return repr(cut(text, 32))

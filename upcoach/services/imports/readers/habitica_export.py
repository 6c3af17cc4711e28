"""Parses Habitica's export of a user's data, a part at a time.

A part that is not as they write it is reported, and left out by itself: of a task that is one of
its fields, of a history one point.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from models.base.errors import Invalid, invalid_field
from models.base.merge_patch import Json
from models.base.validation import checked, cut
from upcoach.services.imports.planning.fitting import fitted
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.reports import (
    ImportReports,
    ReportPlace,
    code_of,
    reason,
)
from upcoach.services.imports.readers.habitica_histories import HistoryPoint

P = TypeVar("P")

TASKS: Final = 2_000
SHOWN: Final = 64  # characters of a name

Text = Annotated[str, msgspec.Meta(max_length=100_000)]


class TheirTask(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What all kinds of their tasks have.

    Attributes
    ----------
    _id
        The id in Habitica.
    text
        The name of the task.
    notes
        Notes about it.
    created_at
        When it was created.

    """

    id: str = msgspec.field(name="_id")
    text: Text
    notes: Text | None = None
    created_at: str | None = None


class TheirHabit(TheirTask, frozen=True, rename="camel", kw_only=True):
    """Something to be done, or left alone, now and then.

    Attributes
    ----------
    up
        Whether doing it is good.
    down
        Whether doing it is bad.
    frequency
        How often its counter begins again.
    history
        What was logged.

    """

    up: bool = True
    down: bool = True
    frequency: str = "daily"
    history: list[HistoryPoint] = []


class TheirDaily(TheirTask, frozen=True, rename="camel", kw_only=True):
    """Something that is due on certain days.

    Attributes
    ----------
    frequency
        The unit of its schedule.
    every_x
        Every how many units it is due.
    repeat
        The weekdays on which it is due.
    start_date
        The first day.
    days_of_month
        The days of the month on which it is due.
    weeks_of_month
        The weeks of the month in which it is due.
    history
        What was logged.

    """

    frequency: str = "weekly"
    every_x: int = 1
    repeat: dict[str, bool] = {}
    start_date: str | None = None
    days_of_month: list[int] = []
    weeks_of_month: list[int] = []
    history: list[HistoryPoint] = []


class HabiticaChecklistItem(msgspec.Struct, frozen=True):
    """A line of a checklist.

    Attributes
    ----------
    text
        The words of the line.
    completed
        Whether it is done.

    """

    text: Text = ""
    completed: bool = False


class TheirTodo(TheirTask, frozen=True, rename="camel", kw_only=True):
    """Something to be done once.

    Attributes
    ----------
    completed
        Whether it is done.
    date
        When it is due.
    date_completed
        When it was done.
    checklist
        Its checklist.
    tags
        The ids of its tags.

    """

    completed: bool = False
    date: str | None = None
    date_completed: str | None = None
    checklist: list[HabiticaChecklistItem] = []
    tags: list[str] = []


class HabiticaTasks(msgspec.Struct, frozen=True):
    """Their tasks by kind.

    Attributes
    ----------
    habits
        The habits.
    dailys
        The dailies.
    todos
        The to-dos.
    rewards
        The rewards, of which nothing is imported.

    """

    habits: list[TheirHabit] = []
    dailys: list[TheirDaily] = []
    todos: list[TheirTodo] = []
    rewards: list[Any] = []


class HabiticaPreferences(msgspec.Struct, frozen=True, rename="camel"):
    """At which hour their day begins.

    Attributes
    ----------
    day_start
        The hour at which the day begins.

    """

    day_start: Annotated[int, msgspec.Meta(ge=0, le=23)] = 0


class HabiticaHistory(msgspec.Struct, frozen=True):
    """What the runs that begin their days have written down of the user: when each took place.

    Attributes
    ----------
    exp
        When each day was begun, by experience points.
    todos
        When each day was begun, by to-dos.

    """

    exp: list[HistoryPoint] = []
    todos: list[HistoryPoint] = []


class HabiticaTag(msgspec.Struct, frozen=True):
    """A tag by its id.

    Attributes
    ----------
    id
        The id of the tag.
    name
        The name of the tag.

    """

    id: str
    name: Text = ""


class HabiticaExport(msgspec.Struct, frozen=True):
    """What of an export is read; all else in it is the game's.

    Attributes
    ----------
    tasks
        The tasks.
    tags
        The tags.
    preferences
        The preferences.
    history
        The history of the user.

    """

    tasks: HabiticaTasks
    tags: list[HabiticaTag] = []
    preferences: HabiticaPreferences = HabiticaPreferences()
    history: HabiticaHistory = HabiticaHistory()


class Found(NamedTuple):
    """A task, and where it stands in the export."""

    task: TheirHabit | TheirDaily | TheirTodo
    place: ReportPlace


class Parsed(NamedTuple):
    """What could be read of an export."""

    tasks: list[Found]
    rewards: int
    tags: dict[str, str]
    day_start: int
    runs: list[HistoryPoint]


_KINDS: Final[dict[str, type[TheirHabit | TheirDaily | TheirTodo]]] = {
    "habits": TheirHabit,
    "dailys": TheirDaily,
    "todos": TheirTodo,
}
# Of which kind the parts of a list are, and what stands in the place of one that is of another.
_PARTS: Final[dict[str, tuple[type[Any], Any]]] = {
    "history": (HistoryPoint, HistoryPoint(date="")),
    "checklist": (HabiticaChecklistItem, None),
    "tags": (str, None),
}


def parsed(content: Any, reports: ImportReports) -> Parsed:
    """Parse the JSON *content* of an export; raises `Invalid` for what is none."""
    tasks = _part(content, "", "tasks", dict)
    if tasks is None:
        raise invalid_field(
            "/tasks", "field_missing", "The export has no tasks: it is none of Habitica."
        )
    lists = {kind: _part(tasks, "/tasks", kind, list) or [] for kind in (*_KINDS, "rewards")}
    if sum(len(lists[kind]) for kind in _KINDS) > TASKS:
        raise refused("", "export_too_large", f"The export holds more than {TASKS:,} tasks.")
    history = _part(content, "", "history", dict) or {}
    runs = [_part(history, "/history", name, list) or [] for name in ("exp", "todos")]
    unheard = ImportReports()  # a run that cannot be read is nothing that would be brought
    place = ReportPlace("/tags", "tags")
    tags = _each(_part(content, "", "tags", list) or [], place, HabiticaTag, reports)
    return Parsed(
        [found for kind in _KINDS for found in _tasks(lists[kind], kind, reports)],
        len(lists["rewards"]),
        {tag.id: tag.name for tag in tags},
        _preferences(content, reports).day_start,
        [point for points in runs for point in _each(points, place, HistoryPoint, unheard)],
    )


def _preferences(content: Json, reports: ImportReports) -> HabiticaPreferences:
    preferences = _part(content, "", "preferences", dict) or {}
    known = {name: preferences[name] for name in ("dayStart",) if name in preferences}
    place = ReportPlace("/preferences/dayStart", "preferences")
    return fitted(known, HabiticaPreferences, reports.at(place))


def _tasks(tasks: list[Any], kind: str, reports: ImportReports) -> Iterator[Found]:
    for number, task in enumerate(tasks):
        place = ReportPlace(f"/tasks/{kind}/{number}", _name(task, f"{kind} {number}"))
        try:
            fields = checked(task, dict[str, Any])
            parts = {
                name: list(_each(fields[name], place.part(name), part, reports, other))
                for name, (part, other) in _PARTS.items()
                if isinstance(fields.get(name), list)
            }
            needed = ("_id", "text")
            draft = fitted(fields | parts, _KINDS[kind], reports.at(place), needed=needed)
        except Invalid as refusal:
            pointer = f"{place.pointer}{refusal.flaws[0].pointer if refusal.flaws else ''}"
            detail = f"{place.name}: left out, since {reason(refusal)}"
            reports.add(pointer, code_of(refusal), detail)
        else:
            yield Found(draft, place)


def _each(
    values: list[Any],
    place: ReportPlace,
    kind: type[P],
    reports: ImportReports,
    otherwise: P | None = None,
) -> Iterator[P]:
    """The *values* that are of a *kind*, with *otherwise* in the place of those that are not."""
    for number, value in enumerate(values):
        try:
            yield msgspec.convert(value, kind)
        except msgspec.ValidationError:
            if not reports.count_if_full():
                with reports.leaving_out(place.part(number)):
                    checked(value, kind)  # which says what is wrong with it
            if otherwise is not None:
                yield otherwise


def _part(container: Any, pointer: str, name: str, kind: type[P]) -> P | None:
    """What stands under *name*; None where there is nothing."""
    if not isinstance(container, dict):
        raise invalid_field(pointer, "field_invalid", "This is not an export of Habitica.")
    part = container.get(name)
    if part is None:
        return None
    if not isinstance(part, kind):
        words = f"This is not an export of Habitica: its {name} are of another kind."
        raise invalid_field(f"{pointer}/{name}", "field_invalid", words)
    return part


def _name(task: Any, otherwise: str) -> str:
    text = task.get("text") if isinstance(task, dict) else None
    return repr(cut(text.strip(), SHOWN)) if isinstance(text, str) and text.strip() else otherwise

"""Makes a plan of an export of Loop Habit Tracker."""

import collections
import datetime as dt
from collections.abc import Iterator

from models.base.document import fields_of
from models.base.ids import derived_id
from models.habits import Habit, HabitDraft, NewHabit
from upcoach.services.imports.files.archive import Archive
from upcoach.services.imports.planning.plan import EntryItem, HabitItem, ImportPlan
from upcoach.services.imports.readers.loop import LoopExport, LoopHabit, read_export

LOOP = "loop"


def read(archive: Archive, *, owner: str, tz: str, now: dt.datetime) -> ImportPlan:
    """Read the zip *archive* into a plan; raises `Invalid` with up to 20 flaws."""
    return plan_of(read_export(archive, tz=tz, now=now), owner)


def plan_of(export: LoopExport, owner: str) -> ImportPlan:
    """Make a plan of *export*."""
    habits = list(_habits(export, owner))
    days = [
        EntryItem(new.id, entry.day, entry.draft)
        for new, habit in habits
        for entry in habit.entries
    ]
    # By date over all habits: the learner sees the days in the order in which they were lived.
    days.sort(key=lambda item: (item.day, item.parent))
    items = (*(HabitItem(new) for new, _ in habits), *days)
    return ImportPlan(LOOP, items, (HabitItem, EntryItem), export.notes, export.reports)


def _habits(export: LoopExport, owner: str) -> Iterator[tuple[NewHabit, LoopHabit]]:
    """Each habit under its id: namesakes are told apart by their order in the file."""
    seen: collections.Counter[str] = collections.Counter()
    for habit in export.habits:
        name = habit.draft.name
        seen[name] += 1
        habit_id = derived_id(Habit.id_prefix, owner, LOOP, name, str(seen[name]))
        yield NewHabit(id=habit_id, **fields_of(habit.draft, HabitDraft)), habit

"""Bringing in what people logged elsewhere: all of a file, or nothing of it."""

import asyncio
import collections
import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec

from models.documents import Entry, EntryDraft, Habit, HabitDraft, NewHabit
from models.documents.document import fields_of
from models.documents.entry import entry_id
from models.documents.habit import check_zone
from models.identity import derived_id
from models.merge_patch import Json
from models.scope import Scope
from upcoach.services.habits import set_entry
from upcoach.services.imports.loop import LoopExport, LoopHabit, read_export
from upcoach.store.changes import Changes, Mutation, Outcome, Ref, Write
from upcoach.store.committer import Committer

LOOP = "loop"


class HabitCounts(msgspec.Struct, frozen=True):
    """How many habits an import made, and how many there were."""

    created: int
    kept: int


class EntryCounts(msgspec.Struct, frozen=True):
    """How many entries an import made, changed, and left as they were."""

    created: int
    updated: int
    kept: int


class Imported(msgspec.Struct, frozen=True):
    """What an import did; *notes* are sentences about what of the file has no place here."""

    habits: HabitCounts
    entries: EntryCounts
    notes: list[str]


class Day(msgspec.Struct, frozen=True):
    """One entry to be, with the id of its habit."""

    habit: str
    day: dt.date
    draft: EntryDraft


class Imports:
    """Imports are idempotent: a habit's id follows from its owner and its name in the file.

    What a person has changed here since wins over the file; what came with an earlier import of the
    same habit follows it.
    """

    def __init__(self, committer: Committer) -> None:
        self._committer = committer

    async def import_loop(
        self, scope: Scope, archive: bytes, tz: str, mutation: Mutation | None = None
    ) -> Outcome:
        """Take the habits and checkmarks of Loop Habit Tracker's CSV export."""
        check_zone(tz)
        export = await asyncio.to_thread(read_export, archive, tz=tz)
        habits = list(_habits(scope, export))
        # By date over all habits: the learner sees the days in the order in which they were lived.
        days = sorted(_days(habits), key=lambda one: (one.day, one.habit))

        def decide(changes: Changes) -> Outcome:
            return _decide(changes, scope, habits, days, export.notes)

        reads = tuple(_reads(scope, habits, days))
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await self._committer.submit(write)


def _habits(scope: Scope, export: LoopExport) -> Iterator[tuple[NewHabit, LoopHabit]]:
    """Each habit under its id: namesakes are told apart by their order in the file."""
    seen: collections.Counter[str] = collections.Counter()
    for habit in export.habits:
        name = habit.draft.name
        seen[name] += 1
        habit_id = derived_id("hab", scope.user, LOOP, name, str(seen[name]))
        yield NewHabit(id=habit_id, **fields_of(habit.draft, HabitDraft)), habit


def _days(habits: list[tuple[NewHabit, LoopHabit]]) -> Iterator[Day]:
    for new, habit in habits:
        for entry in habit.entries:
            yield Day(new.id, entry.day, entry.draft)


def _reads(
    scope: Scope, habits: list[tuple[NewHabit, LoopHabit]], days: list[Day]
) -> Iterator[Ref]:
    for new, _ in habits:
        yield Ref(Habit, scope.user, new.id)
    for one in days:
        yield Ref(Entry, scope.user, entry_id(one.habit, one.day))


def _decide(
    changes: Changes,
    scope: Scope,
    habits: list[tuple[NewHabit, LoopHabit]],
    days: list[Day],
    notes: Sequence[str],
) -> Outcome:
    counts: dict[str, collections.Counter[str]] = {
        "habits": collections.Counter(created=0, kept=0),
        "entries": collections.Counter(created=0, updated=0, kept=0),
    }
    for new, _ in habits:
        if changes.find(Habit, scope.user, new.id) is None:
            habit = Habit.drafted(new, owner=scope.user, at=changes.at, source=LOOP)
            changes.create(habit)
            counts["habits"]["created"] += 1
        else:
            counts["habits"]["kept"] += 1
    for one in days:
        counts["entries"][_take_day(changes, scope, one)] += 1
    changed = counts["habits"]["created"] + counts["entries"].total() - counts["entries"]["kept"]
    body: Json = {name: dict(count) for name, count in counts.items()}
    body["notes"] = list(notes)
    return Outcome(verb="updated" if changed else "unchanged", body=body)


def _take_day(changes: Changes, scope: Scope, one: Day) -> str:
    habit = changes.get(Habit, scope.user, one.habit)
    before = changes.find(Entry, scope.user, entry_id(one.habit, one.day))
    if before is not None and before.source != LOOP:
        return "kept"
    verb = set_entry(changes, habit, one.day, one.draft, before, source=LOOP).verb
    return "kept" if verb == "unchanged" else verb

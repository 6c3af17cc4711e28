"""Habits and their entries, one for each day."""

import datetime as dt

import msgspec

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.document import Document, fields_of
from models.base.merge_patch import Json
from models.base.text.masking import knowing
from models.base.time import DAY, local_date
from models.base.validation import checked
from models.base.versions.version_conditions import needs_document
from models.habits import Entry, EntryDraft, Habit, HabitDraft, Logged, NewHabit
from models.habits.entry import check_day, entry_id
from models.insights import HabitForecast, insight_id
from upcoach.services.base.merging import Edit, edited, require_version
from upcoach.services.base.resources import Resources, deletion_outcome, write_outcome
from upcoach.services.base.rules import DeleteEffect, Rules, revising
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Mutation

# The dates that a moment can have, counted from that of UTC: zones lie from 12 hours behind to 14
# ahead, and a day begins up to 24 hours after midnight.
DATES = range(-2, 2)


def _insight(owner: str, habit_id: str) -> tuple[Ref, ...]:
    return (Ref(HabitForecast, owner, insight_id(habit_id)),)


def _discard_insight(changes: WriteContext, habit: Document) -> None:
    changes.discard(HabitForecast, habit.owner, insight_id(habit.id))


class Habits(Resources[Habit, NewHabit]):
    """A person's habits, with one entry for each local date on which something was logged."""

    rules = Rules(
        kind=Habit,
        in_zone=True,
        drafted=Habit.drafted,
        revised=revising(HabitDraft, Habit.revised),
        children=Entry,
        on_delete=DeleteEffect(reads=_insight, apply=_discard_insight),
    )

    def __init__(self, documents: Documents, committer: Committer, clock: Clock) -> None:
        super().__init__(documents, committer)
        self._clock = clock

    async def entries(
        self, scope: Scope, habit_id: str, *, after: str = "", before: str = "", limit: int = 100
    ) -> list[Entry]:
        """The habit's entries in order of date, between the dates *after* and *before*."""
        await self.get(scope, habit_id)
        return await self._documents.page(
            Entry,
            scope.user,
            below=habit_id,
            after=after and f"{habit_id}/{after}",
            before=before and f"{habit_id}/{before}",
            limit=limit,
        )

    async def entry(self, scope: Scope, habit_id: str, day: dt.date) -> Entry:
        """The entry of *day*."""
        return await self._documents.get(Entry, scope.user, entry_id(habit_id, day))

    async def log(
        self, scope: Scope, habit_id: str, draft: Logged, mutation: Mutation | None = None
    ) -> WriteResult[Entry]:
        """Log the day that a moment belongs to, by the zone and the beginning of the day.

        It is the last word about that day, as `set_entry` without a base.
        """
        moment = draft.at or self._clock()
        day = local_date(moment, "UTC")
        entries = {
            date: Ref(Entry, scope.user, entry_id(habit_id, date))
            for date in (day + number * DAY for number in DATES)
        }
        written = EntryDraft(**fields_of(draft, EntryDraft))

        def decide(changes: WriteContext) -> Outcome[Entry]:
            habit = changes.get(Habit, scope.user, habit_id)
            date = local_date(moment, draft.tz or habit.tz, habit.day_start)
            check_day(date, written, changes.at)
            before = changes.find(*entries[date])
            assert before is None or isinstance(before, Entry)
            return set_entry(changes, habit, date, written, before, tz=draft.tz)

        reads = (Ref(Habit, scope.user, habit_id), *entries.values())
        return await self._submit(scope, reads, decide, mutation)

    async def set_entry(
        self,
        scope: Scope,
        habit_id: str,
        day: dt.date,
        draft: EntryDraft,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[Entry]:
        """Log *day*: the same content once more changes nothing.

        Without a *base* it is the last word; with one it is merged with what others logged since.
        """

        def decide(changes: WriteContext) -> Outcome[Entry]:
            habit = changes.get(Habit, scope.user, habit_id)
            check_day(day, draft, changes.at)
            before = changes.find(Entry, scope.user, entry_id(habit_id, day))
            if before is None and needs_document(base):
                raise not_found()
            if before is None or base is None:
                return set_entry(changes, habit, day, draft, before)
            return _change_entry(changes, habit, before, draft, base, mutation)

        reads = _entry_reads(scope, habit_id, day)
        base_version = None if base is None or mutation is None else BaseVersion(reads[1], base)
        return await self._submit(scope, reads, decide, mutation, base=base_version)

    async def delete_entry(
        self,
        scope: Scope,
        habit_id: str,
        day: dt.date,
        base: int | None = None,
        mutation: Mutation | None = None,
    ) -> WriteResult[None]:
        """Delete the entry of *day*."""

        def decide(changes: WriteContext) -> Outcome[None]:
            changes.get_any(Habit, scope.user, habit_id)
            entry = changes.get_any(Entry, scope.user, entry_id(habit_id, day))
            if base is not None:
                require_version(entry, base, mutation)
            changes.delete(entry)
            return deletion_outcome(entry)

        return await self._submit(scope, _entry_reads(scope, habit_id, day), decide, mutation)


def set_entry(
    changes: WriteContext,
    habit: Habit,
    day: dt.date,
    draft: EntryDraft,
    before: Entry | None,
    *,
    tz: str | None = None,
    source: str | None = None,
) -> Outcome[Entry]:
    """Create or replace the entry of *day* by *draft*."""
    if before is None:
        entry = Entry.drafted(draft, habit=habit, day=day, at=changes.at, tz=tz, source=source)
        return write_outcome("created", changes.set(None, entry))
    if before.to_draft() == entry_fields(draft):
        return write_outcome("unchanged", before)
    after = before.revised(draft, habit=habit, at=changes.at, source=source)
    changes.set(before, after)
    return write_outcome("updated", after)


def _change_entry(
    changes: WriteContext,
    habit: Habit,
    before: Entry,
    draft: EntryDraft,
    base: int,
    mutation: Mutation | None,
) -> Outcome[Entry]:
    def revised(entry: Entry, fields: Json) -> Entry:
        with knowing(entry):
            written = checked(fields, EntryDraft)
        return entry.revised(written, habit=habit, at=changes.at)

    edit = Edit(base=base, mutation=mutation, wanted=lambda _: entry_fields(draft), revised=revised)
    after, places = edited(changes, before, edit)
    if after is before:
        return write_outcome("unchanged", before, places)
    changes.set(before, after)
    return write_outcome("updated", after, places)


def entry_fields(draft: EntryDraft) -> Json:
    """The fields that `Document.to_draft` gives for an entry made from *draft*."""
    fields = msgspec.to_builtins(fields_of(draft, EntryDraft))
    return {name: value for name, value in fields.items() if value is not None}


def _entry_reads(scope: Scope, habit_id: str, day: dt.date) -> tuple[Ref, Ref]:
    return (
        Ref(Habit, scope.user, habit_id),
        Ref(Entry, scope.user, entry_id(habit_id, day)),
    )

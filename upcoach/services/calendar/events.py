"""Calendar events, and single occurrences of them: listed, moved, left out, or begun anew."""

import datetime as dt
from collections.abc import Callable
from typing import Final, Literal

from models.access.scope import Scope
from models.base.errors import Conflict, NotFound
from models.base.ids import derived_id
from models.base.merge_patch import Json, merged
from models.base.validation import checked
from models.calendar import (
    CalendarEvent,
    CalendarEventDraft,
    EventOccurrence,
    NewCalendarEvent,
    changed,
    continued,
    ended_before,
    has_occurrence,
    occurrences,
    without,
)
from models.calendar.event import ID_PREFIX
from upcoach.services.base.merging import require_version
from upcoach.services.base.resources import Resources, write_outcome
from upcoach.services.base.rules import Rules, revising
from upcoach.store.base.conditions import Range
from upcoach.store.collections.documents import Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

Extent = Literal["this", "following"]
MOST: Final = 5_000  # events of one person
_revised = revising(CalendarEventDraft, CalendarEvent.revised)


def overlapping(first: dt.datetime, last: dt.datetime) -> dict[str, Range]:
    """What is true of all events that may have a moment between two."""
    return {"until_at": Range(above=first), "starts_at": Range(last=last)}


def selection(first: dt.datetime, last: dt.datetime) -> Selection:
    """The same of one person's, by an index."""
    where = dict(overlapping(first, last))
    return Selection(order="until_at", span=where.pop("until_at"), where=where, limit=MOST)


class CalendarEvents(Resources[CalendarEvent, NewCalendarEvent]):
    """A person's events."""

    rules = Rules(
        kind=CalendarEvent,
        drafted=CalendarEvent.drafted,
        revised=_revised,
        in_zone=True,
    )

    async def between(
        self, scope: Scope, first: dt.datetime, last: dt.datetime
    ) -> list[CalendarEvent]:
        """The caller's events that may have a moment between two."""
        return await self.select(scope, selection(first, last))

    async def occurrences(
        self, scope: Scope, event_id: str, first: dt.datetime, last: dt.datetime, tz: str
    ) -> list[EventOccurrence]:
        """The occurrences of one event between two moments, for somebody in *tz*."""
        return occurrences(await self.get(scope, event_id), first, last, tz)

    async def change_occurrence(
        self,
        scope: Scope,
        place: tuple[str, str],
        patch: Json,
        extent: Extent,
        base: int | None,
        mutation: Mutation | None = None,
    ) -> WriteResult[CalendarEvent]:
        """Change an occurrence, the second of *place*, of the event that is the first.

        With those that *follow* it the series ends before it, and another begins in the same write.
        """
        name = place[1]

        def this(changes: WriteContext, event: CalendarEvent) -> CalendarEvent:
            return self._patched(changes, event, changed(name, patch))

        def following(changes: WriteContext, event: CalendarEvent) -> CalendarEvent:
            if name == event.starts:
                return self._patched(changes, event, patch)
            fields = continued(event, name, patch)
            made = _made(checked(fields, CalendarEventDraft), _next_id(event, name))
            after = CalendarEvent.drafted(made, owner=event.owner, at=changes.at)
            self._patched(changes, event, ended_before(event, name))
            return changes.create(after)

        change = this if extent == "this" else following
        return await self._write(scope, place, change, base, mutation)

    async def leave_out(
        self,
        scope: Scope,
        place: tuple[str, str],
        extent: Extent,
        base: int | None,
        mutation: Mutation | None = None,
    ) -> WriteResult[CalendarEvent | None]:
        """Leave out an occurrence, or end the series before it."""
        name = place[1]

        def leave(changes: WriteContext, event: CalendarEvent) -> CalendarEvent:
            if extent == "this":
                return self._patched(changes, event, without(event, name))
            if name == event.starts:
                words = "This is the first occurrence: delete the event."
                raise Conflict("occurrence_first", words)
            return self._patched(changes, event, ended_before(event, name))

        return await self._write(scope, place, leave, base, mutation)

    def _patched(self, changes: WriteContext, event: CalendarEvent, patch: Json) -> CalendarEvent:
        fields = merged(event.to_draft(), patch)
        return changes.update(event, _revised(event, fields, changes.at))

    async def _write(
        self,
        scope: Scope,
        place: tuple[str, str],
        change: Callable[[WriteContext, CalendarEvent], CalendarEvent],
        base: int | None,
        mutation: Mutation | None,
    ) -> WriteResult[CalendarEvent]:
        event_id, name = place

        def decide(changes: WriteContext) -> Outcome[CalendarEvent]:
            event = changes.get(CalendarEvent, scope.user, event_id)
            if base is not None:
                require_version(event, base, mutation)
            if not has_occurrence(event, name):
                raise NotFound("occurrence_unknown", "This event has no such occurrence.")
            return write_outcome("updated", change(changes, event))

        ref = Ref(CalendarEvent, scope.user, event_id)
        following = Ref(CalendarEvent, scope.user, _next_id_of(scope.user, event_id, name))
        write = Write(scope=scope, reads=(ref, following), decide=decide, mutation=mutation)
        return await self._committer.submit(write)


def _made(draft: CalendarEventDraft, name: str) -> NewCalendarEvent:
    fields = {field: getattr(draft, field) for field in CalendarEventDraft.__struct_fields__}
    return NewCalendarEvent(id=name, **fields)


def _next_id(event: CalendarEvent, name: str) -> str:
    return _next_id_of(event.owner, event.id, name)


def _next_id_of(owner: str, event_id: str, name: str) -> str:
    """The id of the series that goes on from an occurrence: whoever asks again makes no other."""
    return derived_id(ID_PREFIX, owner, event_id, name)

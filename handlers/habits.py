"""Habits and their entries."""

from handlers.operations import Call, Items, Operation, PageQuery, Reply, listed, written
from handlers.resources import resource
from models.documents import Entry, EntryDraft, Habit, NewHabit
from upcoach.services import Services

ENTRIES = "/v1/habits/{id}/entries"
ENTRY = ENTRIES + "/{local_date}"


async def entries(services: Services, call: Call) -> Reply:
    """The habit's entries by date."""
    query = call.asked(PageQuery)
    found = await services.habits.entries(
        call.scope, call.names["id"], after=query.after, limit=query.limit + 1
    )
    return listed(ENTRIES.format(**call.names), found, query.limit)


async def set_entry(services: Services, call: Call) -> Reply:
    """Log a day."""
    draft = call.read(EntryDraft)
    return written(
        await services.habits.set_entry(
            call.scope, call.names["id"], call.day(), draft, call.base, call.mutation
        )
    )


async def delete_entry(services: Services, call: Call) -> Reply:
    """Take back what was logged for a day."""
    return written(
        await services.habits.delete_entry(
            call.scope, call.names["id"], call.day(), call.base, call.mutation
        )
    )


OPERATIONS = (
    *resource("/v1/habits", lambda services: services.habits, new=NewHabit, gives=Habit),
    Operation(
        method="GET",
        path=ENTRIES,
        run=entries,
        needs="habits:read",
        query=PageQuery,
        gives=Items[Entry],
    ),
    Operation(
        method="PUT",
        path=ENTRY,
        run=set_entry,
        needs="habits:write",
        body="json",
        takes=EntryDraft,
        gives=Entry,
        live=True,
    ),
    Operation(method="DELETE", path=ENTRY, run=delete_entry, needs="habits:write", live=True),
)

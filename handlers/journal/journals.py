"""Journals, templates, and prompts."""

import datetime as dt
from typing import Annotated, Final

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply
from handlers.http.pagination import Items
from handlers.http.resources import resource
from handlers.http.time_zones import zone
from models.base.fields import Rating
from models.journal import (
    Journal,
    JournalTemplate,
    NewJournal,
    NewJournalTemplate,
)
from models.journal.prompts import Prompt
from upcoach.services.journal import Journals, JournalServices, Templates

JOURNALS: Final = "/v1/journal/journals"
TEMPLATES: Final = "/v1/journal/templates"


class PromptQuery(Query, frozen=True, kw_only=True):
    """The day to write about, and what to ask of; by default today, the mood and the goals.

    Attributes
    ----------
    mood
        How the caller feels; without it, the last mood that they logged that day.
    goal
        Which goal to ask about; without it, the active ones take turns.
    date
        The local date to write about; today without it.

    """

    date: dt.date | None = None
    tz: str | None = None
    mood: Rating | None = None
    goal: Annotated[str, msgspec.Meta(min_length=1)] | None = None


async def list_prompts(services: JournalServices, call: Call) -> Reply:
    """List questions to write about; none of them was asked in the last 30 days.

    Mood and goals are looked up for callers who may see them.
    """
    query = call.parse_query(PromptQuery)
    tz = await zone(services.zones, call, query.tz)
    day = query.date or services.entries.today(tz)
    permissions = call.authenticated_caller.permissions
    prompts = await services.prompts.of(
        call.scope,
        day,
        mood=query.mood,
        goal=query.goal,
        with_mood="moods:read" in permissions,
        with_goals="goals:read" in permissions,
    )
    return Reply(body={"items": prompts})


def _journals(services: JournalServices) -> Journals:
    return services.journals


def _templates(services: JournalServices) -> Templates:
    return services.templates


OPERATIONS = (
    *resource(
        JOURNALS,
        _journals,
        new=NewJournal,
        gives=Journal,
        deletes="Delete a journal that holds no entries, not even in the trash, nor one that was "
        "deleted from there a minute ago.",
    ),
    *resource(TEMPLATES, _templates, new=NewJournalTemplate, gives=JournalTemplate),
    Operation(
        method="GET",
        path="/v1/journal/prompts",
        run=list_prompts,
        needs="journal:read",
        query=PromptQuery,
        gives=Items[Prompt],
    ),
)

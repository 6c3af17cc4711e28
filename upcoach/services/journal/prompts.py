"""Writing prompts for a day, by the person's mood and goals."""

import datetime as dt

from models.access.scope import Scope
from models.goals import Goal
from models.journal import prompts
from models.journal.prompts import Prompt
from models.moods import Mood
from upcoach.store.collections.documents import Documents, Selection


class Prompts:
    """Questions for a person."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def of(
        self,
        scope: Scope,
        day: dt.date,
        *,
        mood: int | None = None,
        goal: str | None = None,
        with_mood: bool = False,
        with_goals: bool = False,
    ) -> list[Prompt]:
        """The prompts of *day*; mood and goals that are not given are looked up.

        Parameters
        ----------
        with_mood, with_goals
            Whether the caller may know of moods, and of goals: what is asked tells of them.

        """
        felt = await self._mood(scope, day) if mood is None and with_mood else mood
        goals = [goal] if goal is not None else []
        if goal is None and with_goals:
            goals = await self._goals(scope)
        return prompts.prompts(scope.user, day, mood=felt, goals=goals)

    async def _mood(self, scope: Scope, day: dt.date) -> int | None:
        """The level that the caller logged last on *day*."""
        wanted = Selection(order="at", where={"local_date": day}, descending=True, limit=1)
        moods = await self._documents.select(Mood, scope.user, wanted)
        return moods[0].level if moods else None

    async def _goals(self, scope: Scope) -> list[str]:
        """The ids of the caller's active goals."""
        goals = await self._documents.page(Goal, scope.user)
        return [goal.id for goal in goals if goal.status == "active"]

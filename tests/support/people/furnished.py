"""Somebody with a goal, habits, entries, a vacation and an insight."""

import asyncio
import datetime as dt

from models.insights import HabitForecast
from models.insights.insight import insight_id
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

# Ids begin with their owner in the database, so everybody can have documents of these names.
GOAL = "gol_01a20c66-99df-75bd-8f37-3328887fd981"
HABIT = "hab_01a20c66-99df-75bd-8f37-3328887fd983"
WATER = "hab_01a20c66-99df-75bd-8f37-3328887fd984"
VACATION = "vac_01a20c66-99df-75bd-8f37-3328887fd988"
NOWHERE = "gol_01a20c66-99df-75bd-8f37-3328887fd986"

LITRES = {"type": "amount", "target": 2, "unit": "l"}


VACATIONS, ONE_VACATION = "/v1/habits/vacations", "/v1/habits/vacations/{id}"
GOALS, ONE_GOAL = "/v1/goals", "/v1/goals/{id}"
HABITS, ONE_HABIT = "/v1/habits", "/v1/habits/{id}"
LOG = "/v1/habits/{id}/entries"
ENTRY = "/v1/habits/{id}/entries/{local_date}"
MEDITATE, DRINK = {"id": HABIT}, {"id": WATER}
MONDAY = {"local_date": "2026-01-05"}


async def furnished(server: Server) -> RestClient:
    """Somebody with a goal, two habits, two entries, a vacation and an insight."""
    person = await server.person()
    await furnish_goal(person)
    await furnish_habits(server, person)
    return person


async def furnish_goal(person: RestClient) -> None:
    """Give *person* a goal."""
    goal = {"id": GOAL, "title": "Run", "description": "10k", "target_date": "2026-12-31"}
    await done(person.call("POST", GOALS, goal))


async def furnish_habits(server: Server, person: RestClient) -> None:
    """Give *person* two habits, two entries, a vacation and an insight."""
    await done(person.call("POST", HABITS, {"id": HABIT, "name": "Meditate", "color": "#00ff00"}))
    await done(person.call("POST", HABITS, {"id": WATER, "name": "Drink", "measure": LITRES}))
    await done(person.call("PUT", ENTRY.format(**MEDITATE, **MONDAY), {"note": "calm"}))
    await done(person.call("PUT", ENTRY.format(**MEDITATE, local_date="2026-01-04"), {}))
    leave = {"id": VACATION, "first": "2026-02-01", "last": "2026-02-14", "note": "skiing"}
    await done(person.call("POST", VACATIONS, leave))
    await publish(server, person, odds=0.5)


async def publish(server: Server, person: RestClient, odds: float) -> None:
    """Say something about meditating, as a learner does."""
    scope = scope_of(server, person)
    insight = HabitForecast(
        id=insight_id(HABIT),
        owner=scope.user,
        created_at=dt.datetime.fromtimestamp(0, dt.UTC),
        updated_at=dt.datetime.fromtimestamp(0, dt.UTC),
        type="habit_odds",
        about=HABIT,
        day=dt.date(2026, 1, 7),
        odds=odds,
        low=None if odds < 0.5 else odds / 2,
        model="test",
    )
    await server.node.services.insights.insights.publish(scope, insight)


async def write_goals(person: RestClient, count: int) -> None:
    """Make *count* events."""
    await asyncio.gather(
        *(done(person.call("POST", GOALS, {"title": f"{n}"})) for n in range(count))
    )

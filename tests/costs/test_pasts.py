"""What has a long past, or many children, is read and deleted in slices as well."""

import datetime as dt

import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.goals import Goal, GoalDraft, NewGoal
from models.habits import Entry, EntryDraft, Habit, NewHabit
from tests.costs.reading import HELD_S, fetched
from tests.support.people.relations import user_of
from tests.support.people.wealth import EPOCH, hold
from tests.support.server import Server, serving
from tests.support.server.lag import heartbeat
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

VERSIONS, ENTRIES = 900, 6_000
TEXT = "to be remembered. " * 250


async def a_goal_with_a_past(server: Server, owner: str) -> str:
    """A goal that was changed many times, each time in all of its words."""
    at = dt.datetime.now(dt.UTC)
    goal = Goal.drafted(NewGoal(title="Run", private_notes=TEXT), owner=owner, at=at)
    await hold(server, owner, [goal])
    ref = Ref(Goal, owner, goal.id)

    def decide(changes: WriteContext) -> Outcome[None]:
        for number in range(100):
            before = changes.get(*ref)
            assert isinstance(before, Goal)
            draft = GoalDraft(title="Run", private_notes=f"{number} {before.version} {TEXT}")
            changes.update(before, before.revised(draft, changes.at))
        return Outcome(verb="updated", document=None)

    for _ in range(VERSIONS // 100):
        await server.node.committer.submit(
            Write(scope=Scope(user=owner), reads=(ref,), decide=decide)
        )
    return goal.id


async def a_habit_with_a_past(server: Server, owner: str) -> str:
    at = dt.datetime.now(dt.UTC)
    habit = Habit.drafted(NewHabit(name="Swim", starts_on=EPOCH), owner=owner, at=at)
    await hold(server, owner, [habit])
    days = (EPOCH + dt.timedelta(days=number) for number in range(ENTRIES))
    draft = EntryDraft(state="done")
    entries = [Entry.drafted(draft, habit=habit, day=day, at=at) for day in days]
    await hold(server, owner, entries)
    return habit.id


@pytest.mark.parametrize("path", ["/history?limit=100", "?as_of=v2", "?as_of=v900"])
async def test_a_long_past_is_read_in_slices(settings: Settings, path: str) -> None:
    async with serving(settings) as server:
        person = await server.person()
        goal = await a_goal_with_a_past(server, await user_of(person))

        async with heartbeat() as beat:
            answer = await fetched(person, f"/v1/goals/{goal}{path}")

        assert answer.code == 200
        assert beat.worst() < HELD_S


async def test_a_stale_edit_of_what_has_a_long_past_holds_nobody_up(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        goal = await a_goal_with_a_past(server, await user_of(person))
        headers = {
            "If-Match": '"v2"',
            "Idempotency-Key": "0193a1c2-1111-7111-8111-111111111111",
            "Content-Type": "application/merge-patch+json",
        }

        async with heartbeat() as beat:
            path = f"/v1/goals/{goal}"
            answer = await person.call("PATCH", path, {"title": "Walk"}, headers=headers)

        assert answer.status in (200, 412)
        assert beat.worst() < HELD_S


async def test_a_habit_goes_with_thousands_of_entries_and_holds_nobody_up(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habit = await a_habit_with_a_past(server, await user_of(person))

        async with heartbeat() as beat:
            deleted = await person.call("DELETE", f"/v1/habits/{habit}")

        assert deleted.status == 204
        assert beat.worst() < HELD_S
        assert await server.node.database["habit_entries"].count_documents({}) == 0


async def test_a_page_of_events_is_opened_in_slices(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await a_goal_with_a_past(server, await user_of(person))

        async with heartbeat() as beat:
            answer = await fetched(person, "/v1/events?since=0&limit=500")

        assert answer.code == 200
        assert beat.worst() < HELD_S

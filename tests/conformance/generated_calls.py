"""Calls by the client that openapi-python-client has made: `generated_calls.py URL TOKEN`."""

import datetime as dt
import sys
from importlib import import_module
from typing import Any

api = import_module("upcoach_api")
models: Any = import_module("upcoach_api.models")


def main(url: str, token: str) -> None:
    """Make the calls, and print the status of each."""
    client = api.AuthenticatedClient(base_url=url, token=token)

    def call(area: str, operation: str, *names: Any, status: int = 200, **said: Any) -> Any:
        module = import_module(f"upcoach_api.api.{area}.{operation}")
        answer = module.sync_detailed(*names, client=client, **said)
        print(operation, int(answer.status_code))
        assert answer.status_code == status, answer
        return answer.parsed

    day = dt.date(2026, 1, 5)
    me = call("account", "get_me")
    assert me.name, me
    draft = models.NewGoal(title="Save", category=models.NewGoalCategory.FINANCE)
    goal = call("goals", "create_goal", body=draft, status=201)
    page = call("goals", "list_goals", updated_since=goal.updated_at)
    assert [one.id for one in page.items] == [goal.id]
    patch = models.GoalPatch(title="Save more", target_date=day)
    goal = call("goals", "update_goal", goal.id, body=patch, if_match=f'"v{goal.version}"')
    assert call("goals", "get_goal", goal.id).target_date == day
    point = goal.id.replace("gol_", "pnt_")
    call("goals", "set_goal_point", goal.id, point, body=models.GoalPointDraft(0.5), status=201)
    assert call("goals", "list_goal_points", goal.id).items[0].value == 0.5
    assert call("goals", "get_goal_stats").overview.total == 1
    measure = models.AmountMeasureInput(type_="amount", target=2.5, unit="l")
    new = models.NewHabit(name="Drink", measure=measure, starts_on=day)
    habit = call("habits", "create_habit", body=new, status=201)
    assert habit.measure.target == 2.5
    schedule = models.HabitPatchScheduleType0.from_dict({"type": "weekdays", "days": [1, 3]})
    weekly = models.HabitPatch(schedule=schedule)
    habit = call("habits", "update_habit", habit.id, body=weekly, if_match=f'"v{habit.version}"')
    assert habit.schedule.days == [1, 3]
    entry = models.HabitEntryDraft(value=2.5)
    call("habits", "set_habit_entry", habit.id, day, body=entry, status=201)
    assert call("habits", "list_habit_entries", habit.id, from_=day).items[0].local_date == day
    assert call("habits", "get_habit_streak", habit.id).habit == habit.id
    assert call("habits", "get_habit_analytics", habit.id, from_=day).first == day
    task = call("tasks", "create_task", body=models.NewTask(title="Call"), status=201)
    assert call("tasks", "complete_task", task.id).completed_at
    call("moods", "create_mood", body=models.NewMood(level=4), status=201)
    assert call("moods", "get_mood_stats").n == 1
    text = models.NewJournalEntry(text="A long walk")
    call("journal", "create_journal_entry", body=text, status=201)
    assert len(call("journal", "search_journal_entries", q="walk").items) == 1
    assert call("live_and_sync", "list_events", since="0")[0].seq == 1
    call("goals", "delete_goal", goal.id, status=204)
    assert call("goals", "get_goal", goal.id, status=404).code == "not_found"


if __name__ == "__main__":
    main(*sys.argv[1:])

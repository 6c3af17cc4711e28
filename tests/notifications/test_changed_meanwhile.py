"""What is done, or deleted, in the moment in which it is reminded of."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from models.base.time import DAY
from tests.notifications.evening import Evening
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.timers import DocumentTimer

TOMORROW = str(utc_now().date() + DAY)
FIRST = {"If-Match": '"v1"'}
Change = Callable[[RestClient, str], Awaitable[Any]]


async def complete(person: RestClient, task: str) -> None:
    await done(person.call("PUT", f"/v1/tasks/{task}/done"))


async def delete(person: RestClient, task: str) -> None:
    await done(person.call("DELETE", f"/v1/tasks/{task}"))


async def retitle(person: RestClient, task: str) -> None:
    await done(person.call("PATCH", f"/v1/tasks/{task}", {"title": "Call Ann"}, headers=FIRST))


def before_sending(timer: DocumentTimer[Any], change: Callable[[], Awaitable[Any]]) -> None:
    """Make *change* once, when *timer* has seen its document and is about to tell."""
    act, changed = timer.act, False

    async def act_late(document: Any, due: dt.datetime, now: dt.datetime) -> bool:
        nonlocal changed
        if not changed:
            changed = True
            await change()
        return await act(document, due, now)

    timer.act = act_late  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("change", "told"), [(complete, []), (delete, []), (retitle, ["Call Ann"])]
)
async def test_a_task_is_told_of_as_it_is(
    settings: Settings, change: Change, told: list[str]
) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        body = {"title": "Call", "due_date": TOMORROW, "due_time": "18:00", "tz": "UTC"}
        task = (await done(evening.person.call("POST", "/v1/tasks", body))).body["id"]
        timer = server.node.assembly.timers._handlers["task_due"]
        assert isinstance(timer, DocumentTimer)
        before_sending(timer, lambda: change(evening.person, task))

        items = await evening.pass_over("task_due")

        assert [item["title"] for item in items] == told


async def test_a_habit_that_is_done_just_now_is_not_reminded_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        evening = Evening(server, await server.person())
        body = {"name": "Run", "tz": "UTC", "reminders": [{"time": "18:00"}]}
        habit = (await done(evening.person.call("POST", "/v1/habits", body))).body["id"]
        reports = server.node.services.habits.habit_reports
        on_day = reports.on_day

        async def and_done(document: Any, day: dt.date) -> Any:
            found = await on_day(document, day)
            path = f"/v1/habits/{habit}/entries/{day}"
            await evening.person.call("PUT", path, {"state": "done"})
            return found

        monkeypatch.setattr(reports, "on_day", and_done)
        rows = server.node.database["timers"]
        row = await rows.find_one({"rule": "habit_reminder"})
        assert row is not None
        if row["due"].date() > utc_now().date():  # nobody logs a day that is still to come
            row["due"] -= DAY
            await rows.update_one({"_id": row["_id"]}, {"$set": {"due": row["due"]}})

        items = await evening.at(row["due"] + dt.timedelta(minutes=1))

        assert items == []

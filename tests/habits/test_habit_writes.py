"""Days that are written in any order and over any road."""

import asyncio
import datetime as dt
import random

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from models.base.validation import checked
from models.habits.schedules import Schedule
from tests.habits import plain
from tests.habits.asking import DAY, HABITS, done, get, listed, make
from tests.support.server import serving
from upcoach.client import Response, RestClient, SyncDevice


async def test_the_same_days_in_any_order_come_to_the_same(settings: Settings) -> None:
    """Two phones write, correct and take back: what counts is what stands there in the end."""
    dice = random.Random(5)
    schedules: tuple[Json, ...] = (
        {"type": "weekdays", "days": [1, 3, 5]},
        {"type": "per_week", "times": 3},
        {"type": "rate", "times": 2, "days": 5},
    )
    first, last = dt.date(2026, 1, 1), dt.date(2026, 2, 9)
    async with serving(settings) as server:
        for schedule in schedules:
            days = [first + number * DAY for number in range(40)]
            end = {
                day: dice.choice(("done", "done", "done", "missed", "skip", "freeze", ""))
                for day in days
            }
            ann, bob = await asyncio.gather(server.person(), server.person())
            answers = []
            for person in (ann, bob):
                habit = await make(person, starts_on=first.isoformat(), schedule=schedule)
                await asyncio.gather(
                    *(
                        _edit(person, f"{HABITS}/{habit}/entries/{day}", end[day], dice)
                        for day in dice.sample(days, 40)
                    )
                )
                answers.append(await _answers(person, habit, last))

            marks = {day: mark for day, mark in end.items() if mark}
            wanted = plain.verdicts(checked(schedule, Schedule), marks, first, last)  # type: ignore[arg-type]
            current, best = plain.streaks(wanted)
            assert answers[0] == answers[1]
            shown = answers[0][0]
            assert [one["verdict"] for one in shown["windows"]] == wanted
            assert (shown["current"] or {"length": 0})["length"] == current
            assert (shown["best"] or {"length": 0})["length"] == best


async def _edit(person: RestClient, path: str, end: str, dice: random.Random) -> None:
    """Come to *end* by way of something else."""
    for state in dice.sample(("done", "missed", "skip"), dice.randint(0, 2)):
        await done(person, "PUT", path, {"state": state})
    if end:
        await done(person, "PUT", path, {"state": end})
    else:
        await person.call("DELETE", path)


async def _answers(person: RestClient, habit: str, last: dt.date) -> list[Json]:
    answers = [
        await get(person, f"{HABITS}/{habit}/streak?date={last}&windows=366"),
        await get(person, f"{HABITS}/{habit}/analytics?to={last}"),
    ]
    for answer in answers:
        answer.pop("habit")
        answer.pop("best_time", None)
        answer.pop("hours", None)
    return answers


async def test_the_socket_and_a_batch_write_the_same_as_rest(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        habit = await make(person)
        path = f"{HABITS}/{habit}/entries"
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)

            over_socket = await phone.mutate("POST", path, {"at": "2026-01-05T10:00:00Z"}, None)
            frames = [
                {
                    "t": "mut",
                    "id": new_mutation_id(),
                    "op": "POST",
                    "path": path,
                    "body": {"at": "2026-01-06T10:00:00Z", "state": "missed"},
                }
            ]
            batch = await done(person, "POST", "/v1/mutations", frames)

        assert (over_socket["status"], over_socket["body"]["local_date"]) == (201, "2026-01-05")
        assert batch[0]["status"] == 201
        dates = [entry["state"] async for entry in listed(person, path)]
        assert dates == ["done", "missed"]


async def test_glasses_of_two_phones_add_up_and_the_time_of_the_last_is_kept(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        water = await make(person, measure={"type": "count", "target": 8})
        path = f"{HABITS}/{water}/entries/2026-01-05"
        await done(person, "PUT", path, {"value": 2})

        async def drink(value: int) -> Response:
            headers = {"If-Match": '"v1"', "Idempotency-Key": new_mutation_id()}
            return await person.call("PUT", path, {"value": value}, headers=headers)

        first, second = await drink(3), await drink(4)

        assert (first.status, second.status) == (200, 200)
        entry = second.body
        assert (entry["value"], entry["share"], entry["achieved"]) == (5, 0.625, False)

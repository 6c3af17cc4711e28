"""Habits, asked for over REST."""

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

from models.base.merge_patch import Json
from tests.support.wire.answers import next_page
from upcoach.client import RestClient

DAY = dt.timedelta(days=1)
HABITS = "/v1/habits"


async def done(person: RestClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The body of an answer that is expected to be a good one."""
    answer = await person.call(method, path, body, headers=headers)
    assert answer.status in (200, 201, 204), (path, answer)
    return answer.body


async def make(person: RestClient, **draft: Any) -> str:
    """The id of a new habit."""
    return str((await done(person, "POST", HABITS, {"name": "Run"} | draft))["id"])


async def log(person: RestClient, habit: str, *days: dt.date, **draft: Any) -> None:
    for day in days:
        await done(person, "PUT", f"{HABITS}/{habit}/entries/{day}", draft)


async def get(person: RestClient, path: str) -> Any:
    return await done(person, "GET", path)


async def listed(person: RestClient, path: str) -> AsyncIterator[Json]:
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        for item in answer.body["items"]:
            yield item
        path = next_page(answer)


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()

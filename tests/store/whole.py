"""Whether all that somebody has can be read."""

from typing import Final

from tests.support.laws.snapshots import snapshot
from upcoach.client import Client

LISTS: Final = ("/v1/goals", "/v1/habits", "/v1/tasks", "/v1/moods", "/v1/habits/today")


async def assert_whole(person: Client) -> None:
    """Everything can be listed, and read anew."""
    for path in LISTS:
        answer = await person.call("GET", path)
        assert answer.status == 200, (path, answer)
    documents, _ = await snapshot(person)
    broken = [one for some in documents.values() for one in some.values() if "broken" in one]
    assert broken == []

"""Whether all that somebody has can be read."""

from tests.laws.contexts import COUNTED, MADE
from tests.support.laws.snapshots import snapshot
from upcoach.client import RestClient


async def assert_whole(person: RestClient) -> None:
    """Everything can be listed, and read anew."""
    for path in (*(made for made, _ in MADE.values()), *COUNTED):
        answer = await person.call("GET", path)
        assert answer.status == 200, (path, answer)
    documents, _ = await snapshot(person)
    broken = [one for some in documents.values() for one in some.values() if "broken" in one]
    assert broken == []

"""Whether people and followers go on."""

from collections.abc import Sequence

from tests.support.people.chaos import Writer, until
from tests.support.wire.fleet import FeedFollower


def nodes_of(followers: Sequence[FeedFollower]) -> set[str]:
    """The names of the processes at which *followers* are."""
    return {one.conn.partition("-")[0] for one in followers}


async def goes_on(person: Writer) -> None:
    """Return when *person* has got twenty more answers."""
    goal = person.journal.answers + 20
    await until(lambda: person.journal.answers >= goal)

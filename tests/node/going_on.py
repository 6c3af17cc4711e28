"""Whether people and followers go on, and the processes of a node."""

import contextlib
from collections.abc import Sequence

import psutil

from tests.support.people.chaos import Writer, until
from tests.support.server import ServerProcess
from tests.support.wire.fleet import FeedFollower


def nodes_of(followers: Sequence[FeedFollower]) -> set[str]:
    """The names of the processes at which *followers* are."""
    return {one.conn.partition("-")[0] for one in followers}


async def goes_on(person: Writer) -> None:
    """Return when *person* has got twenty more answers."""
    goal = person.journal.answers + 20
    await until(lambda: person.journal.answers >= goal)


def children(parent: ServerProcess, role: str) -> list[psutil.Process]:
    """The processes of *parent* with the roles *role*."""
    found = []
    for one in psutil.Process(parent.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if one.environ().get("UPCOACH_ROLES") == role:
                found.append(one)
    return found

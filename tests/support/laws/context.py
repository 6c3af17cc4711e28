"""What a context tells the laws of its resources, in the `rows` module of its tests.

`tests/laws/contexts.py` collects them: a new resource is a module `rows` and a line there.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec

from models.base.document import Document
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.laws.snapshots import Row
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

Place = tuple[str, str]  # a method and a path
Flaws = dict[Place, tuple[Json, list[tuple[Any, str]]]]
Furnish = Callable[[Server, RestClient], Awaitable[None]]
Hide = Callable[[Server, RestClient], Awaitable[dict[str, str]]]

# Of the documents that have every field.
NOON: Final = dt.datetime(2026, 1, 5, 12, 0, 0, 123_000, tzinfo=dt.UTC)
FULL_OWNER: Final = "usr_01a20c66-99df-75bd-8f37-3328887fd980"
FULL_GOAL: Final = "gol_01a20c66-99df-75bd-8f37-3328887fd981"
FULL_HABIT: Final = "hab_01a20c66-99df-75bd-8f37-3328887fd983"


async def nothing(_server: Server, _person: RestClient) -> None:
    """Have nothing."""


async def nowhere(_server: Server, _stranger: RestClient) -> dict[str, str]:
    """Hide nothing."""
    return {}


def none_full(_base: Json) -> Iterable[Document]:
    """No document."""
    return ()


class ContextRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one context.

    Attributes
    ----------
    writes
        Writes that a socket carries too, and what each must bring about for whoever is furnished.
    elsewhere
        Such operations that tests of their own try.
    alone
        Operations that write and that no frame of a socket carries.
    furnish
        Gives somebody what the rows are about.
    ids
        By where a path begins: the id of something that whoever is furnished has, or nobody.
    hidden
        Gives a stranger something, and says its id by where its path begins.
    drafted
        Operations on an id of which nothing may be known yet.
    flawed
        By operation: what makes a whole body, and which values in it are refused at which place.
    missing
        A body without what it has to have, and the place that is named.
    public
        Paths that nobody needs a token for.
    lists
        Paths of lists, and the most that they show.
    made
        By kind: where a person makes a document, and of what.
    full
        A document of each kind, with every field filled.
    deleted
        By kind: where its owner deletes a document; what is missing belongs to somebody else.
    counted
        Reads that count over many documents.
    changes
        By kind that is shared and by field: values that it takes in turn.
    negatives
        How many ways in that are none are tried, by what they try.

    """

    name: str
    writes: tuple[Row, ...] = ()
    elsewhere: frozenset[Place] = frozenset()
    alone: frozenset[Place] = frozenset()
    furnish: Furnish = nothing
    ids: dict[str, str] = {}
    hidden: Hide = nowhere
    drafted: frozenset[Place] = frozenset()
    flawed: Flaws = {}
    missing: tuple[tuple[str, str, Json, str], ...] = ()
    public: frozenset[str] = frozenset()
    lists: dict[str, int] = {}
    made: dict[str, tuple[str, Json]] = {}
    full: Callable[[Json], Iterable[Document]] = none_full
    deleted: dict[str, str] = {}
    counted: tuple[str, ...] = ()
    changes: dict[str, dict[str, tuple[Any, ...]]] = {}
    negatives: dict[str, int] = {}


async def hide(stranger: RestClient, *drafts: tuple[str, str, Json]) -> dict[str, str]:
    """Have *stranger* make each of *drafts* (path, prefix of ids, body); their ids by path."""
    ids = {}
    for path, prefix, body in drafts:
        ids[path] = new_id(prefix)
        await done(stranger.call("POST", path, body | {"id": ids[path]}))
    return ids

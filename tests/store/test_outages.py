"""A MongoDB that does not answer is `Unavailable` to whoever asks the store."""

import ast
import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import upcoach.store
from models.base.errors import Unavailable
from upcoach.store.base.database import Database
from upcoach.store.collections.consumer_snapshots import ConsumerSnapshots

NOWHERE: Final = "mongodb://127.0.0.1:1"
STORE: Final = Path(upcoach.store.__file__).parent
# What makes the driver ask MongoDB, at once or when it is gone through.
ASKING: Final = {
    "aggregate",
    "bulk_write",
    "command",
    "count_documents",
    "create_collection",
    "create_index",
    "create_indexes",
    "delete_many",
    "delete_one",
    "drop_collection",
    "drop_index",
    "estimated_document_count",
    "find",
    "find_one",
    "find_one_and_delete",
    "find_one_and_update",
    "insert_many",
    "insert_one",
    "list_collection_names",
    "open_download_stream",
    "replace_one",
    "start_session",
    "start_transaction",
    "update_many",
    "update_one",
    "upload_from_stream",
}
# What is handed a part of the driver works with the connection of whoever hands it over.
HANDED: Final = ("AsyncClientSession", "AsyncDatabase")


# The driver forgets the socket that it was connecting when it was closed.
@pytest.mark.filterwarnings("ignore:.*socket.socket:pytest.PytestUnraisableExceptionWarning")
async def test_a_learner_is_told_that_the_database_is_away() -> None:
    async with contextlib.aclosing(Away(NOWHERE, "nothing")) as database:
        with pytest.raises(Unavailable):
            await anext(ConsumerSnapshots(database, "learner", 1, b"secret").turns(0))
    gc.collect()


class Away(Database):
    """A database where nobody listens."""

    aclose = Database.close


def test_the_store_asks_mongodb_while_it_holds_a_connection_only() -> None:
    modules = sorted(STORE.rglob("*.py"))

    found = [
        f"{module.relative_to(STORE)}:{line}"
        for module in modules
        for line in unbounded(ast.parse(module.read_text()))
    ]

    assert len(modules) > 20
    assert found == []


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("return await self._database[COLLECTION].find_one({})", [2]),
        ("async with self._database.connection(): return await self._c.find_one({})", []),
        ("async with other(): return await self._c.find_one({})", [2]),
        ("async for one in self._c.find({}): yield one", [2]),
    ],
)
def test_what_is_asked_without_a_connection_is_found(body: str, lines: list[int]) -> None:
    assert list(unbounded(ast.parse(f"async def ask(self):\n    {body}"))) == lines


def unbounded(tree: ast.AST) -> Iterator[int]:
    """The lines of *tree* on which the driver asks MongoDB outside the bound of the pool."""
    if isinstance(tree, ast.AsyncWith) and any(map(holds_connection, tree.items)):
        return
    if isinstance(tree, ast.AsyncFunctionDef) and is_handed_what_is_bound(tree):
        return
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) == "OutageWatch":
        return  # which finds out whether there is anybody to connect to
    if isinstance(tree, ast.Call) and asks(tree.func):
        yield tree.lineno
    for child in ast.iter_child_nodes(tree):
        yield from unbounded(child)


def asks(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in ASKING
        and ast.unparse(function.value) != "self"
    )


def holds_connection(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "connection"
    )


def is_handed_what_is_bound(function: ast.AsyncFunctionDef) -> bool:
    kinds = [ast.unparse(one.annotation) for one in function.args.args if one.annotation]
    return any(kind.startswith(HANDED) for kind in kinds)

"""Where each operation is asked for, and what it takes."""

from typing import Any

from handlers.http.operations import Operation
from tests.goals.people import POINT_1
from tests.laws.contexts import FLAWED, IDS, below
from tests.sharing.rows import COACH
from tests.support.laws.context import FULL_OWNER
from tests.support.laws.refusals import FIRST
from tests.support.laws.surface import SURFACE

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

FILES = {"zip": {"Content-Type": "application/zip"}, "csv": {"Content-Type": "text/csv"}}


def place_of(operation: Operation[Any], **names: str) -> str:
    """The operation's path with ids of `furnished` in it."""
    given = {"local_date": "2026-01-05", "coach": COACH, "client": COACH, "version": "1"}
    given |= {
        "point": POINT_1,
        "provider": "google",
        "starts": "2026-03-02T18:00",
        "owner": FULL_OWNER,
    }
    chosen = {"id": below(IDS, operation.path)} | given | names
    return operation.path.format(**chosen)


def with_body(*kinds: str) -> list[Operation[Any]]:
    """The operations of people that take a body of these *kinds*."""
    return [
        operation
        for operation in SURFACE
        if operation.body in kinds and not operation.needs.startswith("admin:")
    ]


def named() -> list[Operation[Any]]:
    """The operations on one document."""
    return [operation for operation in SURFACE if "{id}" in operation.path]


def sent_with(operation: Operation[Any]) -> tuple[Any, dict[str, str]]:
    """A body and headers that the operation takes."""
    whole, _ = FLAWED.get((operation.method, operation.path), ({}, []))
    return (whole if operation.body != "none" else None), (
        FIRST if operation.method == "PATCH" or "{version}" in operation.path else {}
    )

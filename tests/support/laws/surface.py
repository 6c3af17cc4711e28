"""Every operation that there is."""

from typing import Final

from handlers.contexts import ROUTER

SURFACE: Final = ROUTER.operations


def surface(*, live: bool, below: tuple[str, ...] = ("/",)) -> set[tuple[str, str]]:
    """Every operation that writes *below* some paths, by method and path."""
    return {
        (operation.method, operation.path)
        for operation in SURFACE
        if operation.writes and operation.live == live and operation.path.startswith(below)
    }

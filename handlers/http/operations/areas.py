"""The areas of the API, by which its description is grouped."""

from collections.abc import Collection, Iterable

import msgspec

from models.base.merge_patch import Json


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """Paths that belong together.

    Attributes
    ----------
    paths
        What they begin with: "/v1/goals".

    """

    name: str
    meaning: str
    paths: tuple[str, ...]


class Areas:
    """All areas.

    Examples
    --------
    >>> areas = Areas([Area(name="Habits", meaning="What one does.", paths=("/v1/habits",))])
    >>> areas.of("/v1/habits/{id}/entries")
    'Habits'

    """

    def __init__(self, areas: Iterable[Area]) -> None:
        self._areas = tuple(areas)
        self._names = {path: area.name for area in self._areas for path in area.paths}

    def of(self, path: str) -> str:
        """The name of the area that *path* belongs to."""
        _, first, *rest = path.split("/")
        return self._names[f"/v1/{rest[0]}" if first == "v1" else f"/{first}"]

    def tags(self, names: Collection[str]) -> list[Json]:
        """The tags of a document that speaks of the areas of these *names*."""
        return [
            {"name": area.name, "description": area.meaning}
            for area in self._areas
            if area.name in names
        ]

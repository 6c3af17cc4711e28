"""What somebody sees of another person's documents."""

import functools

import msgspec

from models.documents import KINDS
from models.documents.document import Mark, fields_marked
from models.merge_patch import Json


class Sight(msgspec.Struct, frozen=True):
    """Documents of some *kinds*, without the fields *hidden*, each a kind and a name."""

    kinds: frozenset[str]
    hidden: frozenset[tuple[str, str]] = frozenset()

    def hides(self, kind: str) -> frozenset[str]:
        """The fields of *kind* that are not shown; private ones never are.

        Examples
        --------
        >>> sorted(Sight(frozenset({"goal"}), frozenset({("goal", "title")})).hides("goal"))
        ['private_notes', 'title']

        """
        return _hidden(self, kind)

    def shown(self, kind: str, fields: Json) -> Json:
        """*fields* of a document, or of a change of one, as far as they are seen."""
        hidden = self.hides(kind)
        return {name: value for name, value in fields.items() if name not in hidden}


@functools.lru_cache(10_000)
def _hidden(sight: Sight, kind: str) -> frozenset[str]:
    private = fields_marked(KINDS[kind], Mark.PRIVATE)
    return private | {name for of, name in sight.hidden if of == kind}

"""What somebody sees of another person's documents."""

import functools
from collections.abc import Collection, Iterator, Mapping

import msgspec

from models.base.document import (
    Document,
    Edits,
    Privacy,
    derivations,
    disclosures,
    fields_marked,
    public,
)
from models.base.merge_patch import Json
from models.base.versions.field_versions import BOOKKEEPING, updated_at_seen, version_seen
from models.contexts import KINDS

Field = tuple[str, str]  # a kind, and the name of a field of it


class Visibility(msgspec.Struct, frozen=True):
    """Documents of some *kinds*, without the fields *hidden*, each a kind and a name."""

    kinds: frozenset[str]
    hidden: frozenset[Field] = frozenset()

    @classmethod
    def without(cls, kinds: Collection[str], hidden: Mapping[str, Collection[str]]) -> "Visibility":
        """The visibility of *kinds* without the fields *hidden* and all that tell of them.

        Examples
        --------
        >>> hidden = {"goal": ["progress"], "habit": ["tz"]}
        >>> visibility = Visibility.without(["goal", "insight"], hidden)
        >>> sorted(visibility.hides("goal") - {"private_notes", "status", "completed_at"})
        ['key_results', 'measured', 'milestones', 'progress', 'track']
        >>> sorted(visibility.kinds)
        ['goal']

        """
        chosen = {(kind, name) for kind, names in hidden.items() for name in names}
        fields = _with_derived(_with_disclosing(frozenset(chosen)))
        shown = (kind for kind in kinds if fields.isdisjoint(_sources(kind)))
        return cls(frozenset(shown), fields)

    def hides(self, kind: str) -> frozenset[str]:
        """The fields of *kind* that are not shown; private ones never are.

        Examples
        --------
        >>> sorted(Visibility(frozenset({"goal"}), frozenset({("goal", "title")})).hides("goal"))
        ['private_notes', 'title']

        """
        return _hidden(self, kind)

    def shown(self, document: Document) -> Json:
        """*document* without hidden fields, whose changes its version does not count either."""
        hidden = self.hides(document.kind)
        seen = msgspec.structs.replace(
            document,
            version=version_seen(document.version, document.edits, hidden),
            updated_at=updated_at_seen(document, hidden),
        )
        return {name: value for name, value in public(seen).items() if name not in hidden}

    def shown_event(self, kind: str, frame: Json, edits: Edits | None) -> Json | None:
        """The `ev` *frame* of an event without hidden fields; None if nothing is left.

        *edits* are the document's.  By which device and which write it came is the owner's to know.
        """
        hidden = self.hides(kind)
        version = version_seen(frame["ver"], edits, hidden)
        seen = frame | {"ver": version, "by": {"user": frame["by"]["user"]}}
        for part in ("doc", "patch"):
            if part in frame:
                seen[part] = {name: frame[part][name] for name in frame[part] if name not in hidden}
                seen[part]["version"] = version
        if "patch" in seen and BOOKKEEPING.issuperset(seen["patch"]):
            return None
        return seen


@functools.lru_cache(10_000)
def _hidden(visibility: Visibility, kind: str) -> frozenset[str]:
    private = fields_marked(KINDS[kind], Privacy.PRIVATE)
    return private | {name for of, name in visibility.hidden if of == kind}


def _with_derived(fields: frozenset[Field]) -> frozenset[Field]:
    """*fields*, and all that are derived from them."""
    following = {field for field, sources in _derived() if not fields.isdisjoint(sources)} - fields
    return _with_derived(fields | following) if following else fields


def _with_disclosing(fields: frozenset[Field]) -> frozenset[Field]:
    """*fields*, and those that disclose them."""
    disclosing = {field for field, disclosed in _disclosures() if not fields.isdisjoint(disclosed)}
    return fields | disclosing


@functools.cache
def _disclosures() -> tuple[tuple[Field, frozenset[Field]], ...]:
    """Every field that discloses others, and which."""
    return tuple(
        ((kind, name), frozenset(_fields(kind, disclosed)))
        for kind, document in KINDS.items()
        for name, disclosed in disclosures(document).items()
    )


@functools.cache
def _derived() -> tuple[tuple[Field, frozenset[Field]], ...]:
    """Every derived field, and the fields that it is computed from."""
    return tuple(
        ((kind, name), frozenset(_fields(kind, sources)))
        for kind, document in KINDS.items()
        for name, sources in derivations(document).items()
    )


@functools.cache
def _sources(kind: str) -> frozenset[Field]:
    """The fields that documents of *kind* are computed from as a whole."""
    return frozenset(_fields(kind, KINDS[kind].sources))


def _fields(kind: str, sources: Collection[str]) -> Iterator[Field]:
    for source in sources:
        other, _, name = source.rpartition(":")
        yield (other or kind, name)

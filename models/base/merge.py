"""Three-way merge: two people's edits of one document, each made from the same base.

Edits of different fields stand side by side, equal edits are one, and objects are merged member by
member.  The same field edited in two ways is a `Clash`, unless the field's type declares how both
are kept.  Null and absent mean the same (RFC 7396); lists are one value.
"""

import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from models.base.merge_patch import Json, difference
from models.base.text.continuations import both_continued, continued_elsewhere

TAG: Final = "type"  # names an object's kind; what stands beside it means nothing in another kind


class Merge(enum.Enum):
    """How a field keeps both edits, declared on its type: `Annotated[float, Merge.MAX]`."""

    MAX = "max"  # the larger number
    SUM = "sum"  # the base and both differences
    APPEND = "append"  # what was added to a text or a list stands after the other edit


Policies = Mapping[str, Merge]


class Clash(msgspec.Struct, frozen=True):
    """A merge conflict at one place (a JSON pointer), with the three values.

    Attributes
    ----------
    path
        Where in the document.
    base
        The value that the write was based on.
    mine
        The value that the write brings.
    theirs
        The value that is there now.

    """

    path: str
    base: Any
    mine: Any
    theirs: Any


class Merged(msgspec.Struct, frozen=True):
    """The result of a merge: the fields, which hold *theirs* where there is a clash."""

    fields: Json
    clashes: tuple[Clash, ...] = ()


def merge(
    base: Json,
    mine: Json,
    theirs: Json,
    policies: Policies | None = None,
    own_ends: Collection[str] = (),
) -> Merged:
    """Merge two edits of *base*.

    Parameters
    ----------
    policies
        The fields that keep both edits.
    own_ends
        The fields of *theirs* whose ends were appended by whoever made *mine*.

    Examples
    --------
    >>> base = {"title": "Run", "progress": 0.1}
    >>> merge(base, base | {"title": "Walk"}, base | {"progress": 0.4})
    Merged(fields={'title': 'Walk', 'progress': 0.4}, clashes=())
    >>> merge(base, base | {"title": "Walk"}, base | {"title": "Swim"}).clashes
    (Clash(path='/title', base='Run', mine='Walk', theirs='Swim'),)
    >>> merge({"value": 2}, {"value": 3}, {"value": 4}, {"value": Merge.SUM}).fields
    {'value': 5}

    """
    clashes: list[Clash] = []
    kept = _kept_both(base, mine, theirs, policies or {}, own_ends)
    fields = _merge_members("", base, mine | kept, theirs | kept, clashes)
    return Merged(fields, tuple(clashes))


def reapplied(
    before: Json, after: Json, onto: Json, policies: Policies, wanted: Json | None = None
) -> Json:
    """*onto* with the same edit that made *before* into *after*, which wins where both edited.

    What its writer *wanted* next tells how they knew a text that others have continued, too.

    Examples
    --------
    >>> reapplied({"value": 3}, {"value": 4}, {"value": 2}, {"value": Merge.SUM})
    {'value': 3}

    """
    fields = merge(before, onto, after, policies).fields
    for name, policy in policies.items():
        was, became, known = (state.get(name) for state in (before, after, onto))
        if policy is Merge.APPEND and was not in (became, known):
            text = continued_elsewhere(was, became, known, (wanted or {}).get(name))
            fields |= {} if text is None else {name: text}
    return fields


def changed_paths(old: Json, new: Json) -> tuple[str, ...]:
    """The JSON pointers at which *old* and *new* differ, in order.

    Examples
    --------
    >>> changed_paths({"a": 1, "b": {"c": 2, "d": 4}}, {"b": {"c": 3, "d": 4}})
    ('/a', '/b/c')

    """
    return tuple(sorted(_changed_leaves("", old, difference(old, new))))


def value_at(document: Json, path: str) -> Any:
    """The value at a JSON pointer (RFC 6901) of object members; None where there is none."""
    value: Any = document
    for part in path.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _kept_both(
    base: Json, mine: Json, theirs: Json, policies: Policies, own_ends: Collection[str]
) -> Json:
    """The fields that both edited, and whose policy keeps both edits."""
    kept: Json = {}
    for name, policy in policies.items():
        start, *edits = (fields.get(name) for fields in (base, mine, theirs))
        if start in edits:
            continue
        if policy is Merge.APPEND:
            value = both_continued(start, *edits, is_own_end=name in own_ends)
        else:
            value = _KEEP[policy](start, *edits)
        kept |= {} if value is None else {name: value}
    return kept


def _merge_members(path: str, base: Json, mine: Json, theirs: Json, clashes: list[Clash]) -> Json:
    values = {
        name: _merge_values(
            _below(path, name), (base.get(name), mine.get(name), theirs.get(name)), clashes
        )
        for name in theirs | mine
    }
    return {name: value for name, value in values.items() if value is not None}


def _merge_values(path: str, three: tuple[Any, Any, Any], clashes: list[Clash]) -> Any:
    base, mine, theirs = three
    if base in (mine, theirs):
        return theirs if mine == base else mine
    if mine == theirs:
        return theirs
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.get(TAG) == theirs.get(TAG):
        shared = base if isinstance(base, dict) and base.get(TAG) == mine.get(TAG) else {}
        return _merge_members(path, shared, mine, theirs, clashes)
    clashes.append(Clash(path, base, mine, theirs))
    return theirs


def _keep_larger(_base: Any, mine: Any, theirs: Any) -> Any:
    """The larger number; None unless both are numbers."""
    return max(mine, theirs) if _are_numbers(mine, theirs) else None


def _keep_sum(base: Any, mine: Any, theirs: Any) -> Any:
    """*base* and both differences; None unless all are numbers.

    Equal edits count twice: two glasses of water are two, though each made of one a two.
    """
    start = 0 if base is None else base
    if not _are_numbers(start, mine, theirs):
        return None
    # In decimals: people add 0.1, not its nearest binary fraction.
    total = Decimal(str(mine)) + Decimal(str(theirs)) - Decimal(str(start))
    return int(total) if total == int(total) else float(total)


_KEEP: Final[dict[Merge, Callable[[Any, Any, Any], Any]]] = {
    Merge.MAX: _keep_larger,
    Merge.SUM: _keep_sum,
}


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _changed_leaves(path: str, old: Any, patch: Json) -> Iterable[str]:
    for name, value in patch.items():
        before = old.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            yield from _changed_leaves(_below(path, name), before, value)
        else:
            yield _below(path, name)


def _below(path: str, name: str) -> str:
    return f"{path}/{name.replace('~', '~0').replace('/', '~1')}"

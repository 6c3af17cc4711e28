"""Three-way merge: two people's edits of one document, each made from the same base.

Edits of different fields stand side by side, equal edits are one, and objects are merged member by
member.  The same field edited in two ways is a `Clash`, unless the field's type declares how both
are kept.  Null and absent mean the same (RFC 7396); lists are one value.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from models.base.merge_patch import Json, difference

TAG: Final = "type"  # names an object's kind; what stands beside it means nothing in another kind


class Merge(enum.Enum):
    """How a field keeps both edits, declared on its type: `Annotated[float, Merge.MAX]`."""

    MAX = "max"  # the larger number
    SUM = "sum"  # the base and both differences
    APPEND = "append"  # what was added to a text or a list stands after the other edit


Policies = Mapping[str, Merge]


class Clash(msgspec.Struct, frozen=True):
    """A merge conflict at one place (a JSON pointer), with the three values."""

    path: str
    base: Any
    mine: Any
    theirs: Any


class Merged(msgspec.Struct, frozen=True):
    """The result of a merge: the fields, which hold *theirs* where there is a clash."""

    fields: Json
    clashes: tuple[Clash, ...] = ()


def merge(base: Json, mine: Json, theirs: Json, policies: Policies | None = None) -> Merged:
    """Merge two edits of *base*.

    Parameters
    ----------
    policies
        The fields that keep both edits.

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
    fields = _merge_members("", base, mine, theirs, policies or {}, clashes)
    return Merged(fields, tuple(clashes))


def reapplied(before: Json, after: Json, onto: Json, policies: Policies) -> Json:
    """*onto* with the same edit that made *before* into *after*, which wins where both edited.

    Examples
    --------
    >>> reapplied({"value": 3}, {"value": 4}, {"value": 2}, {"value": Merge.SUM})
    {'value': 3}

    """
    fields = merge(before, onto, after, policies).fields
    for name, policy in policies.items():
        added = _appended(before.get(name), after.get(name))
        if policy is Merge.APPEND and added:
            start = onto.get(name) or type(added)()
            fields[name] = start + (added if start else _without_line_break(added))
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


def _merge_members(
    path: str,
    base: Json,
    mine: Json,
    theirs: Json,
    policies: Policies,
    clashes: list[Clash],
) -> Json:
    values = {
        name: _merge_values(
            _below(path, name),
            (base.get(name), mine.get(name), theirs.get(name)),
            policies.get(name),
            clashes,
        )
        for name in theirs | mine
    }
    return {name: value for name, value in values.items() if value is not None}


def _merge_values(
    path: str, three: tuple[Any, Any, Any], policy: Merge | None, clashes: list[Clash]
) -> Any:
    base, mine, theirs = three
    if base in (mine, theirs):
        return theirs if mine == base else mine
    merged = None if policy is None else _KEEP[policy](base, mine, theirs)
    if merged is not None:
        return merged
    if mine == theirs:
        return theirs
    if isinstance(mine, dict) and isinstance(theirs, dict) and mine.get(TAG) == theirs.get(TAG):
        shared = base if isinstance(base, dict) and base.get(TAG) == mine.get(TAG) else {}
        return _merge_members(path, shared, mine, theirs, {}, clashes)
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


def _keep_appended(base: Any, mine: Any, theirs: Any) -> Any:
    """One edit, then what the other appended to *base*; None unless one of them appends to it.

    Where both do, *theirs* comes first.
    """
    if mine == theirs or type(mine) is not type(theirs):
        return None
    for first, second in ((theirs, mine), (mine, theirs)):
        added = _appended(base, second)
        if added is not None:
            is_line = isinstance(added, str) and first not in ("", base) and added
            return f"{first}\n{added}" if is_line and not added[0].isspace() else first + added
    return None


def _appended(start: Any, value: Any) -> Any:
    """What *value* appends to *start*; None unless it is a text or a list that begins with it."""
    kind = type(value)
    first = kind() if start is None else start
    if kind not in (str, list, tuple) or type(first) is not kind:
        return None
    return value[len(first) :] if value[: len(first)] == first else None


def _without_line_break(added: Any) -> Any:
    """What was appended, without the line break that `_keep_appended` put before it."""
    return added.removeprefix("\n") if isinstance(added, str) else added


_KEEP: Final[dict[Merge, Callable[[Any, Any, Any], Any]]] = {
    Merge.MAX: _keep_larger,
    Merge.SUM: _keep_sum,
    Merge.APPEND: _keep_appended,
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

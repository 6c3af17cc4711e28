"""JSON Merge Patch (RFC 7396), in both directions."""

from typing import Any

Json = dict[str, Any]


def without_nulls(value: Any) -> Any:
    """*value* without the members that are null, at any depth: absent means the same.

    Examples
    --------
    >>> without_nulls({"a": None, "b": {"c": None, "d": [None]}})
    {'b': {'d': [None]}}

    """
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(part) for name, part in value.items() if part is not None}


def merged(target: Any, patch: Any) -> Any:
    """Apply *patch* to *target* (RFC 7396, section 2); neither is changed.

    Examples
    --------
    >>> merged({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": 3}})
    {'b': {'c': 2, 'd': 3}}

    """
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def difference(old: Json, new: Json) -> Json:
    """The smallest patch that makes *old* into *new*.

    A member that is null in *new* is left out by whoever applies the patch: on the wire, absent and
    null mean the same.

    Examples
    --------
    >>> difference({"a": 1, "b": {"c": 2, "d": 4}}, {"b": {"c": 3, "d": 4}})
    {'a': None, 'b': {'c': 3}}

    """
    patch: Json = {
        name: None for name, value in old.items() if value is not None and name not in new
    }
    for name, value in new.items():
        before = old.get(name)
        if before == value:
            continue
        if isinstance(before, dict) and isinstance(value, dict):
            patch[name] = difference(before, value)
        else:
            patch[name] = value
    return patch

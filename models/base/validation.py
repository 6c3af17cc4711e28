"""Validation of a value against a type, with errors that name each place and what belongs there.

msgspec converts a value fast, and stops at the first thing that is wrong with it; its words name
the types of Python.  Where it has refused, the value is walked here along its type: what converts
is passed over as a whole, what does not is looked into, down to the fields that are to blame.
"""

import types as builtin_types
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import msgspec

from models.base.errors import FieldError, Invalid
from models.base.text.type_words import words_of

T = TypeVar("T")

MOST: Final = 20  # flaws that are told: whoever has more will come again
TOGETHER: Final = 100  # members of a list or a mapping that are passed over with one conversion
QUOTED: Final = 64  # characters of what somebody sent that a refusal repeats

_UNIONS: Final = (Union, builtin_types.UnionType)
_MAPPINGS: Final = (dict, Mapping)
_UNTOLD: Final = FieldError("", "field_invalid", "This is not what belongs here.")


def checked(value: Any, kind: type[T], *, text: bool = False) -> T:
    """Convert *value* to a *kind*, or raise `Invalid` with a JSON pointer to each flaw.

    Numbers and truths are read from *text* where that is all that the place can hold.

    Examples
    --------
    >>> class Point(msgspec.Struct, forbid_unknown_fields=True):
    ...     x: int
    >>> checked({"x": 1}, Point)
    Point(x=1)
    >>> checked({"x": 1, "y": 2}, Point)
    Traceback (most recent call last):
    models.base.errors.Invalid: ('body_invalid', 'The field y may not be set here.')
    >>> checked({"x": "one", "y": 2}, Point)
    Traceback (most recent call last):
    models.base.errors.Invalid: ('body_invalid', 'The field y may not be set here. (And 1 more.)')

    """
    try:
        return msgspec.convert(value, kind, strict=not text)
    except msgspec.ValidationError:
        raise refusal_of(value, kind, text=text) from None


def refusal_of(value: Any, kind: Any, *, code: str = "body_invalid", text: bool = False) -> Invalid:
    """The refusal of a *value* that msgspec does not take for a *kind*."""
    flaws = flaws_of(value, kind, text=text) or (_UNTOLD,)
    return Invalid(code, summary(flaws), flaws=flaws)


def summary(flaws: tuple[FieldError, ...]) -> str:
    """The first of *flaws*, and how many others there are."""
    return flaws[0].detail if len(flaws) == 1 else f"{flaws[0].detail} (And {len(flaws) - 1} more.)"


def flaws_of(value: Any, kind: Any, *, text: bool = False) -> tuple[FieldError, ...]:
    """What keeps *value* from being a *kind*, with JSON pointers; empty if nothing is found.

    Examples
    --------
    >>> class Point(msgspec.Struct, forbid_unknown_fields=True):
    ...     x: int
    ...     y: list[int]
    >>> for flaw in flaws_of({"x": "1", "y": [0, "a"], "z": 1}, Point):
    ...     print(flaw.pointer, flaw.code, flaw.detail)
    /z field_unknown The field z may not be set here.
    /x field_invalid The field x must be a whole number.
    /y/1 field_invalid The field y/1 must be a whole number.

    """
    return tuple(islice(_Walk(text=text).below(value, kind, ""), MOST))


def cut(text: str, most: int = QUOTED) -> str:
    """The first *most* characters of *text*, with an ellipsis where there are more."""
    return text if len(text) <= most else f"{text[:most]}…"


def batched(members: Iterable[T]) -> Iterator[list[T]]:
    """*members*, so many at a time."""
    rest = iter(members)
    while some := list(islice(rest, TOGETHER)):
        yield some


class _Walk:
    """One walk along a value; numbers and truths are read from *text* if that is all there is."""

    def __init__(self, *, text: bool) -> None:
        self._text = text

    def below(self, value: Any, kind: Any, pointer: str) -> Iterator[FieldError]:
        """The flaws of *value* and of what it holds."""
        try:
            msgspec.convert(value, kind, strict=not self._text)
        except msgspec.ValidationError:
            found = False
            for flaw in self._inside(value, _bare(kind), pointer):
                found = True
                yield flaw
            if not found:
                yield _wrong(pointer, kind)
        except Invalid as refusal:  # a rule of its own, which concerns several fields
            for flaw in refusal.flaws:
                yield FieldError(pointer + flaw.pointer, flaw.code, flaw.detail)

    def _inside(self, value: Any, kind: Any, pointer: str) -> Iterator[FieldError]:
        """The flaws of what *value* holds; nothing where it is itself no *kind*."""
        origin = get_origin(kind) or kind
        if origin in _UNIONS:
            yield from self._in_union(value, get_args(kind), pointer)
        elif isinstance(value, dict) and _is_struct(origin):
            yield from self._in_struct(value, kind, origin, pointer)
        elif isinstance(value, dict) and origin in _MAPPINGS:
            yield from self._in_mapping(value, get_args(kind), pointer)
        elif isinstance(value, list | tuple) and _is_collection(origin):
            yield from self._in_list(value, get_args(kind), pointer)

    def _in_union(self, value: Any, kinds: tuple[Any, ...], pointer: str) -> Iterator[FieldError]:
        structs = [kind for kind in kinds if _is_struct(get_origin(kind) or kind)]
        if len(structs) > 1 and isinstance(value, dict):
            yield from self._in_tagged(value, structs, pointer)
            return
        for kind in kinds:
            bare = _bare(kind)
            if bare is not type(None) and _fits(value, get_origin(bare) or bare):
                yield from self._inside(value, bare, pointer)

    def _in_tagged(
        self, value: dict[str, Any], structs: list[Any], pointer: str
    ) -> Iterator[FieldError]:
        field = structs[0].__struct_config__.tag_field
        by_tag = {kind.__struct_config__.tag: kind for kind in structs}
        tag = value.get(field)
        kind = by_tag.get(tag) if isinstance(tag, str | int) else None
        if field not in value:
            yield missing(pointer, field)
        elif kind is None:
            choice = ", ".join(map(str, by_tag))
            yield _must_be(f"{pointer}/{field}", f"one of: {choice}")
        else:
            yield from self._inside(value, kind, pointer)

    def _in_struct(
        self, value: dict[str, Any], kind: Any, origin: Any, pointer: str
    ) -> Iterator[FieldError]:
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        config = origin.__struct_config__
        if config.forbid_unknown_fields:
            known = fields.keys() | ({config.tag_field} if config.tag_field else set())
            yield from (unknown(pointer, name) for name in value if name not in known)
        if config.tag_field and value.get(config.tag_field, config.tag) != config.tag:
            yield _must_be(f"{pointer}/{config.tag_field}", str(config.tag))
        for name, field in fields.items():
            if name in value:
                yield from self.below(value[name], field.type, f"{pointer}/{name}")
            elif field.required:
                yield missing(pointer, name)

    def _in_mapping(
        self, value: dict[str, Any], kinds: tuple[Any, ...], pointer: str
    ) -> Iterator[FieldError]:
        names, members = kinds
        for some in batched(value.items()):
            if self._converts(dict(some), dict[names, members]):  # type: ignore[valid-type]
                continue
            for name, member in some:
                place = f"{pointer}/{_escaped(name)}"
                if not self._converts(name, names):
                    detail = f"The name {cut(name)!r} must be {words_of(names)}."
                    yield FieldError(place, "field_invalid", detail)
                yield from self.below(member, members, place)

    def _in_list(self, value: Any, kinds: tuple[Any, ...], pointer: str) -> Iterator[FieldError]:
        if len(kinds) > 1 and kinds[1] is not Ellipsis:  # a type for each place
            for place, (member, own) in enumerate(zip(value, kinds, strict=False)):
                yield from self.below(member, own, f"{pointer}/{place}")
            return
        kind = kinds[0]
        for some in batched(enumerate(value)):
            if self._converts([member for _, member in some], list[kind]):  # type: ignore[valid-type]
                continue
            for place, member in some:
                yield from self.below(member, kind, f"{pointer}/{place}")

    def _converts(self, value: Any, kind: Any) -> bool:
        try:
            msgspec.convert(value, kind, strict=not self._text)
        except (msgspec.ValidationError, Invalid):
            return False
        return True


def unknown(pointer: str, name: str) -> FieldError:
    """The flaw of a field that is not there to be set."""
    detail = f"The field {cut(name)} may not be set here."
    return FieldError(f"{pointer}/{_escaped(name)}", "field_unknown", detail)


def missing(pointer: str, name: str) -> FieldError:
    """The flaw of a field that has to be set."""
    return FieldError(f"{pointer}/{name}", "field_missing", f"The field {name} is missing.")


def _wrong(pointer: str, kind: Any) -> FieldError:
    return _must_be(pointer, words_of(kind))


def _must_be(pointer: str, words: str) -> FieldError:
    what = f"The field {pointer[1:]}" if pointer else "This"
    return FieldError(pointer, "field_invalid", f"{what} must be {words}.")


def _escaped(name: str) -> str:
    """*name* as a part of a JSON pointer (RFC 6901, 3)."""
    return cut(name.replace("~", "~0").replace("/", "~1"))


def _bare(kind: Any) -> Any:
    """*kind* without its annotations; its constraints were checked before."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind


def _fits(value: Any, origin: Any) -> bool:
    if isinstance(value, dict):
        return _is_struct(origin) or origin in _MAPPINGS
    return isinstance(value, list | tuple) and _is_collection(origin)


def _is_struct(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def _is_collection(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, list | tuple | set | frozenset)

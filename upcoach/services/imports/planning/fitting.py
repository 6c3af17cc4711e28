"""Makes drafts of what other apps keep, which has other bounds than ours.

What is too long is cut, and a field that a draft can do without is left out where it is wrong; both
are reported.  Only what is then still wrong is refused.
"""

import functools
from collections.abc import Collection, Iterable
from typing import Any, Final, TypeVar

import msgspec

from models.base.errors import FieldError, Invalid
from models.base.merge_patch import Json
from models.base.validation import checked, cut
from upcoach.services.imports.planning.reports import Report, decapitalised

D = TypeVar("D")

# What our words call a field, where that is not its name.
_NAMES: Final = {"due_date": "due date", "starts_on": "first day"}


def fitted(fields: Json, kind: type[D], report: Report, *, needed: Collection[str] = ()) -> D:
    """Make a *kind* of *fields*; raises `Invalid` for one of the *needed*, or required, fields.

    Examples
    --------
    >>> from models.tasks import NewTask
    >>> fields = {"title": "a" * 256, "priority": "soon"}
    >>> task = fitted(fields, NewTask, lambda *report: print(*report))
    text_cut its title is cut at 255 characters
    field_invalid its priority is left out: 'soon' is none that can be kept
    >>> len(task.title), task.priority
    (255, 'medium')

    """
    draft: Any = kind  # whose fields are looked up
    bounds = _bounds(draft)
    fields = {
        name: bounds[name].fit(value, name, report) if name in bounds else value
        for name, value in fields.items()
    }
    while True:
        try:
            return checked(fields, kind)
        except Invalid as refusal:
            wrong = _wrong_fields(refusal)
            kept = {*needed, *_required(draft)} | (wrong.keys() - fields.keys())
            if not wrong or wrong.keys() & kept:
                raise
            for name, flaw in wrong.items():
                value = fields.pop(name)
                report(flaw.code, f"its {_called(name)} is left out: {_why(flaw, value)}")


def shortened(text: str, most: int, name: str, report: Report) -> str:
    """*text*, cut at *most* characters."""
    if len(text) <= most:
        return text
    report("text_cut", f"its {_called(name)} is cut at {most:,} characters")
    return text[:most]


class _Bounds(msgspec.Struct, frozen=True):
    """How long a text, or the texts of a list, may be, and how many there may be."""

    length: int
    number: int | None = None

    def fit(self, value: Any, name: str, report: Report) -> Any:
        """*value* within these bounds; anything else but texts as it is."""
        if isinstance(value, str) and self.number is None:
            return shortened(value, self.length, name, report)
        if not isinstance(value, list | tuple) or self.number is None:
            return value
        several = [text for text in value if not isinstance(text, str) or text.strip()]
        if len(several) > self.number:
            report("texts_left_out", f"of its {_called(name)} the first {self.number} are kept")
        return [self._fit_part(text, name, report) for text in several[: self.number]]

    def _fit_part(self, text: Any, name: str, report: Report) -> Any:
        return shortened(text, self.length, name, report) if isinstance(text, str) else text


@functools.lru_cache(maxsize=32)
def _bounds(kind: Any) -> dict[str, _Bounds]:
    found = ((field.encode_name, _bounds_of(field.type)) for field in _fields(kind))
    return {name: bounds for name, bounds in found if bounds is not None}


def _bounds_of(kind: msgspec.inspect.Type) -> _Bounds | None:
    for part in _parts(kind):
        if isinstance(part, msgspec.inspect.StrType) and part.max_length is not None:
            return _Bounds(part.max_length) if part.pattern is None else None
        if isinstance(part, msgspec.inspect.VarTupleType) and part.max_length is not None:
            item = _bare(part.item_type)
            if isinstance(item, msgspec.inspect.StrType) and item.max_length is not None:
                return _Bounds(item.max_length, part.max_length)
    return None


def _parts(kind: msgspec.inspect.Type) -> Iterable[msgspec.inspect.Type]:
    bare = _bare(kind)
    return map(_bare, bare.types) if isinstance(bare, msgspec.inspect.UnionType) else (bare,)


def _bare(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """*kind* without what is declared beside it."""
    return kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind


@functools.cache
def _required(kind: Any) -> frozenset[str]:
    return frozenset(field.encode_name for field in _fields(kind) if field.required)


def _fields(kind: Any) -> Iterable[msgspec.inspect.Field]:
    described = _bare(msgspec.inspect.type_info(kind))
    assert isinstance(described, msgspec.inspect.StructType)
    return described.fields


def _wrong_fields(refusal: Invalid) -> dict[str, FieldError]:
    """The first flaw of each field that a refusal is about; the empty name is the whole."""
    wrong: dict[str, FieldError] = {}
    for flaw in refusal.flaws:
        wrong.setdefault(flaw.pointer.removeprefix("/").partition("/")[0], flaw)
    return wrong


def _why(flaw: FieldError, value: Any) -> str:
    """Why *value* is left out: in the words of a rule, or that it is none of the field's type."""
    if flaw.code != "field_invalid":
        return decapitalised(flaw.detail.rstrip("."))
    return f"{cut(value)!r} is none that can be kept" if isinstance(value, str) else "it is none"


def _called(name: str) -> str:
    return _NAMES.get(name, name)

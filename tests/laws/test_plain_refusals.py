"""Whatever is wrong with a body or a parameter, people are told all of it in their own words."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from msgspec import inspect as types

from config.settings import Settings
from handlers.http.operations import Operation
from handlers.openapi.path_parameters import PATH_PARAMETERS
from models.base.errors import FieldError, Invalid
from models.base.text.type_words import words_of
from models.base.validation import checked
from models.wire.frames import ClientFrame
from tests.laws.asking import place_of, sent_with
from tests.laws.contexts import furnished
from tests.support.laws.surface import SURFACE
from tests.support.server import serving

# msgspec's words, what Python calls its types, and the signs of regular expressions.
FOREIGN: Final = re.compile(
    r"regex|Expected|`|\\Z|\\d|\[\^|\^\[|\(\?|RFC3339"
    r"|\b(str|int|float|bool|dict|tuple|frozenset|NoneType|datetime|Struct|msgspec)\b"
)
WRONG: Final[tuple[Any, ...]] = (
    *("", "no", "é" * 40_000, "2026-13-40", "^a[b]", 0, -1, 10**15, -1.5, 1e300, True, None),
    *([], [None] * 400, ["no", 1], {}, {"a": 1}, {"type": "no"}, [{"a": 1}]),
)
BODIES: Final = {
    f"{operation.method} {operation.path}": operation.takes
    for operation in SURFACE
    if operation.takes is not None
}
QUERIES: Final = {
    kind.__name__: kind
    for operation in SURFACE
    for kind in (operation.query, *operation.forms)
    if msgspec.structs.fields(kind)
}


def refused(value: Any, kind: Any, *, text: bool = False) -> tuple[FieldError, ...]:
    """What is wrong with *value*; nothing if it is taken."""
    try:
        checked(value, kind, text=text)
    except Invalid as refusal:
        return (FieldError("", refusal.code, refusal.detail), *refusal.flaws)
    return ()


def plain(flaw: FieldError) -> bool:
    """Whether *flaw* is a sentence that quotes nothing foreign."""
    is_sentence = re.fullmatch(r"[A-Z].*[.)]", flaw.detail) is not None
    return is_sentence and FOREIGN.search(flaw.detail) is None


def structs_in(info: types.Type) -> Iterator[type[msgspec.Struct]]:
    """The structs that a value may hold, each with whatever is in it."""
    match info:
        case types.Metadata():
            yield from structs_in(info.type)
        case types.UnionType():
            for one in info.types:
                yield from structs_in(one)
        case types.CollectionType():
            yield from structs_in(info.item_type)
        case types.DictType():
            yield from structs_in(info.value_type)
        case types.StructType():
            yield info.cls
            for field in info.fields:
                yield from structs_in(field.type)


STRUCTS: Final = {
    kind.__name__: kind
    for whole in (*BODIES.values(), ClientFrame)
    for kind in structs_in(types.type_info(whole))
}


@pytest.mark.parametrize("kind", STRUCTS.values(), ids=STRUCTS)
def test_each_field_that_is_wrong_is_told_of_plainly(kind: type[msgspec.Struct]) -> None:
    fields = msgspec.structs.fields(kind)
    for wrong in WRONG:
        alone = {
            field.encode_name for field in fields if refused({"it": wrong}, _Holding.of(field.type))
        }
        flaws = refused({field.encode_name: wrong for field in fields} | _tag(kind), kind)

        assert [flaw for flaw in flaws if not plain(flaw)] == []
        told = {flaw.pointer.split("/")[1] for flaw in flaws if flaw.pointer.count("/")}
        assert len(flaws) == 21 or alone <= told


class _Holding:
    """Types of one field."""

    @staticmethod
    def of(kind: Any) -> Any:
        return msgspec.defstruct("Holding", [("it", kind)], forbid_unknown_fields=True)


def _tag(kind: type[msgspec.Struct]) -> dict[str, Any]:
    config = kind.__struct_config__
    return {config.tag_field: config.tag} if config.tag_field else {}


@pytest.mark.parametrize("kind", QUERIES.values(), ids=QUERIES)
def test_each_parameter_that_is_wrong_is_told_of_plainly(kind: type[msgspec.Struct]) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    for wrong in ("", "no", "-1", "1e300", "2026-13-40", "é" * 600):
        flaws = refused(dict.fromkeys(names, wrong), kind, text=True)
        assert [flaw for flaw in flaws if not plain(flaw)] == []


def test_a_type_that_has_a_pattern_says_its_form() -> None:
    """A pattern whose form nobody has put in words would be called a text, which helps nobody."""
    kinds = [
        field.type
        for struct in (*STRUCTS.values(), *QUERIES.values())
        for field in msgspec.structs.fields(struct)
    ]
    vague = {
        (info.pattern, words)
        for kind in (*kinds, *PATH_PARAMETERS.values())
        for info, words in _patterned(types.type_info(kind), kind)
        if words.startswith("text of") and "spaces" not in words
    }
    assert vague == set()


def _patterned(info: types.Type, kind: Any) -> Iterator[tuple[types.StrType, str]]:
    if isinstance(info, types.Metadata):
        yield from _patterned(info.type, kind)
    elif isinstance(info, types.StrType) and info.pattern is not None:
        yield info, words_of(kind)


async def test_no_answer_holds_the_words_of_a_library(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        asked = [
            person.call(
                operation.method, place_of(operation) + query, body, headers=sent_with(operation)[1]
            )
            for operation in SURFACE
            for body, query in wrongly(operation)
        ]
        asked += [
            person.call("GET", "/v1/habits/x/entries/soon"),
            person.call("GET", "/v1/journal/x/versions/one"),
        ]
        answers = [await one for one in asked]

    problems = [answer.body for answer in answers if answer.status in (400, 422)]
    assert [problem for problem in problems if FOREIGN.search(str(spoken(problem)))] == []
    assert [problem["errors"][0]["pointer"] for problem in problems[-2:]] == [
        "{local_date}",
        "{version}",
    ]
    assert len(problems) > 60


def wrongly(operation: Operation[Any]) -> Iterator[tuple[Any, str]]:
    """A body or a query that *operation* does not take."""
    if operation.takes is not None and operation.body in ("json", "merge-patch"):
        kinds = structs_in(types.type_info(operation.takes))
        yield {name: [None] for kind in kinds for name in _names(kind)}, ""
    elif msgspec.structs.fields(operation.query):
        yield None, "?" + "&".join(f"{name}=%F0%9F%8E%88" for name in _names(operation.query))


def _names(kind: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def spoken(problem: Any) -> list[str]:
    """What *problem* says to people."""
    return [problem["detail"], *(error["detail"] for error in problem.get("errors", ()))]

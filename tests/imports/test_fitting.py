"""Whatever bounds a draft has, what another app keeps is brought within them, and that is told."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from models.base.errors import Invalid
from models.base.merge_patch import Json
from models.habits import EntryDraft, NewHabit
from models.journal import NewJournal, NewJournalEntry
from models.moods import NewMood
from models.tasks import NewTask
from upcoach.services.imports.planning.fitting import fitted

WHOLE: dict[type[Any], Json] = {
    EntryDraft: {},
    NewHabit: {"name": "Run"},
    NewJournal: {"name": "Diary"},
    NewJournalEntry: {"text": "Hi"},
    NewMood: {"level": 4},
    NewTask: {"title": "Pay"},
}
ELSEWHERE = {"prompt"}  # a name of ours, which no other app has


class Told:
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.words: list[str] = []

    def __call__(self, code: str, words: str) -> None:
        self.codes.append(code)
        self.words.append(words)


def bounded(kind: type[Any]) -> Iterator[tuple[str, Any, Any]]:
    """The fields with a bound, a value beyond it, and what is to become of that."""
    for name, field in schema(kind)["properties"].items():
        for part in field.get("anyOf", [field]):
            if "maxLength" in part and "pattern" not in part:
                yield name, "x" * (part["maxLength"] + 1), "x" * part["maxLength"]
            if "maxItems" in part and "maxLength" in part["items"]:
                words = [f"w{number}" for number in range(part["maxItems"] + 1)]
                yield name, words, tuple(words[:-1])
                most = part["items"]["maxLength"]
                yield name, ["x" * (most + 1)], ("x" * most,)


def schema(kind: type[Any]) -> Json:
    found: Json = msgspec.json.schema(kind)
    described: Json = found["$defs"][kind.__name__]
    return described


@pytest.mark.parametrize("kind", WHOLE)
def test_what_is_beyond_a_bound_is_cut_and_told(kind: type[Any]) -> None:
    cases = [case for case in bounded(kind) if case[0] not in ELSEWHERE]

    for name, value, expected in cases:
        told = Told()
        draft = fitted(WHOLE[kind] | {name: value}, kind, told)

        assert getattr(draft, name) == expected, name
        assert told.codes in (["text_cut"], ["texts_left_out"]), name
    assert cases


@pytest.mark.parametrize("kind", WHOLE)
def test_what_a_draft_can_do_without_is_left_out_if_it_is_wrong(kind: type[Any]) -> None:
    optional = set(schema(kind)["properties"]) - set(schema(kind).get("required", ()))

    wrong = {name: {"no": "value"} for name in optional}

    told = Told()
    draft = fitted(WHOLE[kind] | wrong, kind, told)

    assert isinstance(draft, kind)
    assert len(told.codes) == len(optional)
    assert not any("`" in words or "Expected" in words for words in told.words)


def test_what_is_needed_is_refused() -> None:
    with pytest.raises(Invalid):
        fitted({"level": "high"}, NewMood, Told())
    with pytest.raises(Invalid):
        fitted({"level": 4, "at": "now"}, NewMood, Told(), needed=("at",))

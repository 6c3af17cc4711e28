"""Queued additions to what others edit meanwhile: they are in no conflict with themselves."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.document import Document
from models.base.merge_patch import Json, merged
from models.habits import Entry
from models.tasks import Task
from upcoach.services.base.merging import Edit, merged_onto
from upcoach.store.write.refs import Version
from upcoach.store.write.requests import Mutation

NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)

ALIKE: Final = ("ab; \n", ["x", "y"])
MINE: Final = ("ab; \n", ["x"])
THEIRS: Final = ("xy,", ["p", "q"])


def additions(letters: str, tags: list[str]) -> st.SearchStrategy[Json]:
    """What somebody adds to a note, to the tags, or to both."""
    return st.fixed_dictionaries(
        {},
        optional={
            "notes": st.text(letters, min_size=1, max_size=3),
            "tags": st.lists(st.sampled_from(tags), min_size=1, max_size=2),
        },
    ).filter(bool)


def steps(mine: tuple[str, list[str]], theirs: tuple[str, list[str]]) -> st.SearchStrategy[Any]:
    """What others do before each write of a queue, and what that adds."""
    titles = st.fixed_dictionaries({"title": st.sampled_from(["Run", "Swim"])})
    others = st.lists(additions(*theirs) | titles, max_size=2)
    return st.lists(st.tuples(others, additions(*mine)), max_size=5)


STARTS: Final = st.fixed_dictionaries({}, optional={"notes": st.text("ab;\n", max_size=3)})


D = TypeVar("D", bound=Document)
Steps = list[tuple[list[Json], Json]]


class QueuedEdits(Generic[D]):
    """A document with its past, and a device that queues writes to it, not hearing of others."""

    def __init__(self, document: D, with_fields: Callable[[D, Json], D]) -> None:
        self.known = document.to_draft()
        self.document = document
        self._with_fields = with_fields
        self._past = [Version(document)]
        self._names: list[str] = []

    def others_set(self, patch: Json) -> None:
        """Have another device, which knows the document as it is, change it."""
        fields = merged(self.document.to_draft(), patch)
        self._change(self._with_fields(self.document, fields), "theirs")

    def queue(self, patch: Json) -> None:
        """Carry out a queued write, built on all those before it."""
        self.known = merged(self.known, patch)
        name = f"{len(self._names)}"
        edit = Edit(
            base=1,
            mutation=Mutation(id=name, fingerprint=b"", follows=tuple(self._names)),
            wanted=lambda fields: merged(fields, patch),
            revised=self._with_fields,
        )
        after, _ = merged_onto(self.document, self._past, edit)
        if after is not self.document:
            self._change(after, name)
        self._names.append(name)

    def others_add(self, additions: Json) -> None:
        """Have another device add to it."""
        self.others_set(added_to(self.document.to_draft(), additions))

    def queue_addition(self, additions: Json) -> None:
        """Carry out a queued write that adds to what its device knows."""
        self.queue(added_to(self.known, additions))

    def _change(self, after: D, name: str) -> None:
        self.document = after.advanced(NOON)
        self._past.append(Version(self.document, name))


def task_of(start: Json) -> QueuedEdits[Task]:
    """A task with the notes of *start*."""
    task = Task(id="tsk_1", owner="usr_1", created_at=NOON, updated_at=NOON, title="Walk")
    return QueuedEdits(with_fields(task, {"title": "Walk"} | start), with_fields)


def entry_of(value: float) -> QueuedEdits[Entry]:
    """An entry with an amount."""
    entry = Entry(
        id="hab_1/2026-01-05",
        owner="usr_1",
        created_at=NOON,
        updated_at=NOON,
        habit="hab_1",
        local_date=NOON.date(),
        state="done",
        tz="UTC",
        value=value,
    )
    return QueuedEdits(entry, with_amount)


def with_amount(entry: Entry, fields: Json) -> Entry:
    """*entry* with what *fields* says of its amount and its note."""
    return msgspec.structs.replace(entry, value=fields["value"], note=fields.get("note"))


def with_fields(task: Task, fields: Json) -> Task:
    """*task* with what *fields* says of it."""
    return Task(
        id=task.id,
        owner=task.owner,
        version=task.version,
        created_at=NOON,
        updated_at=NOON,
        title=fields["title"],
        notes=fields.get("notes"),
        tags=tuple(fields.get("tags", ())),
    )


def added_to(fields: Json, additions: Json) -> Json:
    """The patch that adds *additions* to *fields*."""
    return {
        name: type(addition)(fields.get(name) or type(addition)()) + addition
        for name, addition in additions.items()
    }


@given(STARTS, steps(ALIKE, ALIKE))
def test_a_queue_of_additions_is_in_no_conflict_with_itself(start: Json, steps: Steps) -> None:
    tasks = task_of(start)

    for others, mine in steps:
        for theirs in others:
            tasks.others_add(theirs)
        before = tasks.document
        tasks.queue_addition(mine)

        assert (tasks.document.notes or "").startswith(before.notes or "")
        assert (tasks.document.notes or "").endswith(mine.get("notes", ""))
        assert tasks.document.title == before.title


@given(STARTS, steps(MINE, THEIRS))
def test_each_addition_is_there_once_and_behind_what_was_there(start: Json, steps: Steps) -> None:
    tasks = task_of(start)

    for others, mine in steps:
        for theirs in others:
            tasks.others_add(theirs)
        before = tasks.document
        tasks.queue_addition(mine)

        note, added = before.notes or "", mine.get("notes", "")
        assert (tasks.document.notes or "") in (note + added, f"{note}\n{added}")
        assert tasks.document.tags == (*before.tags, *mine.get("tags", ()))


@pytest.mark.parametrize(
    ("theirs", "queue", "result"),
    [
        ("a;x", ["a;b", "a;b;c"], "a;x\n;b;c"),
        ("a\nx", ["a\nb", "a\nb\nc"], "a\nx\nb\nc"),
        ("ax", ["ab", "abc", "abcd"], "ax\nbcd"),
        ("ax", ["a\nb", "a\nbc"], "ax\nbc"),
        ("b", ["a!", "a!?"], "b\n!?"),
        ("", ["a;b", "a;b;c"], ";b;c"),
        ("a;x", ["z", "z;c", "z;c;d"], "z\n;x\n;c;d"),
        ("a x", ["z", "z!"], "z x\n!"),
    ],
)
def test_what_a_queue_makes_of_a_text(theirs: str, queue: list[str], result: str) -> None:
    tasks = task_of({"notes": "a"})
    tasks.others_set({"notes": theirs})

    for notes in queue:
        tasks.queue({"notes": notes})

    assert tasks.document.notes == result


AMOUNTS: Final = st.fixed_dictionaries(
    {"value": st.integers(1, 3).map(float)}, optional={"note": st.text("ab;", min_size=1)}
)


@given(st.lists(st.tuples(st.booleans(), AMOUNTS), max_size=8))
def test_every_amount_of_a_queue_is_counted(steps: list[tuple[bool, Json]]) -> None:
    entries = entry_of(2.0)

    for is_mine, amount in steps:
        (entries.queue_addition if is_mine else entries.others_add)(amount)

    assert entries.document.value == 2.0 + sum(amount["value"] for _, amount in steps)

"""Queued additions to what others edit meanwhile: they are in no conflict with themselves."""

import datetime as dt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.merge_patch import Json, merged
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


Steps = list[tuple[list[Json], Json]]


class Tasks:
    """A task with its past, and a device that queues writes to it without hearing of others."""

    def __init__(self, start: Json) -> None:
        self.known: Json = {"title": "Walk"} | start
        task = Task(id="tsk_1", owner="usr_1", created_at=NOON, updated_at=NOON, title="Walk")
        self.past = [Version(with_fields(task, self.known))]
        self._names: list[str] = []

    @property
    def task(self) -> Task:
        """The task as it is."""
        document = self.past[-1].document
        assert isinstance(document, Task)
        return document

    def others_set(self, patch: Json) -> None:
        """Have another device, which knows the task as it is, change it."""
        fields = merged(self.task.to_draft(), patch)
        self.past.append(Version(with_fields(self.task, fields).advanced(NOON), "theirs"))

    def others_add(self, additions: Json) -> None:
        """Have another device add to it."""
        self.others_set(added_to(self.task.to_draft(), additions))

    def queue(self, patch: Json) -> None:
        """Carry out a queued write, built on all those before it."""
        self.known = merged(self.known, patch)
        name = f"{len(self._names)}"
        mutation = Mutation(id=name, fingerprint=b"", follows=tuple(self._names))
        edit = Edit(
            base=1,
            mutation=mutation,
            wanted=lambda fields: merged(fields, patch),
            revised=with_fields,
        )
        after, _ = merged_onto(self.task, self.past, edit)
        if after is not self.task:
            self.past.append(Version(after.advanced(NOON), name))
        self._names.append(name)

    def queue_addition(self, additions: Json) -> None:
        """The same for a write that adds to what its device knows."""
        self.queue(added_to(self.known, additions))


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
    patch = dict(additions)
    if "notes" in additions:
        patch["notes"] = fields.get("notes", "") + additions["notes"]
    if "tags" in additions:
        patch["tags"] = [*fields.get("tags", []), *additions["tags"]]
    return patch


@given(STARTS, steps(ALIKE, ALIKE))
def test_a_queue_of_additions_is_in_no_conflict_with_itself(start: Json, steps: Steps) -> None:
    tasks = Tasks(start)

    for others, mine in steps:
        for theirs in others:
            tasks.others_add(theirs)
        before = tasks.task
        tasks.queue_addition(mine)

        assert (tasks.task.notes or "").startswith(before.notes or "")
        assert (tasks.task.notes or "").endswith(mine.get("notes", ""))
        assert tasks.task.title == before.title


@given(STARTS, steps(MINE, THEIRS))
def test_each_addition_is_there_once_and_behind_what_was_there(start: Json, steps: Steps) -> None:
    tasks = Tasks(start)

    for others, mine in steps:
        for theirs in others:
            tasks.others_add(theirs)
        before = tasks.task
        tasks.queue_addition(mine)

        note, added = before.notes or "", mine.get("notes", "")
        assert (tasks.task.notes or "") in (note + added, f"{note}\n{added}")
        assert tasks.task.tags == (*before.tags, *mine.get("tags", ()))


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
    tasks = Tasks({"notes": "a"})
    tasks.others_set({"notes": theirs})

    for notes in queue:
        tasks.queue({"notes": notes})

    assert tasks.task.notes == result

"""Two people with the same documents, of whom one changes what their coach may not see."""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from models.base.ids import derived_id
from models.base.merge_patch import Json
from tests.goals.people import CHAPTERS, GOAL, GOALS, KILOS, POINT
from tests.moods.rows import MOODS
from tests.support.people.furnished import ENTRY, HABITS, LITRES, ONE_HABIT, ONE_VACATION, VACATIONS
from tests.support.wire.answers import done, next_page
from tests.support.wire.writes import write
from tests.tasks.rows import TASKS
from upcoach.client import RestClient

DAY: Final = "2026-01-05"
_MOMENT = re.compile(r'"(created_at|updated_at|at)":"[^"]*",?')
_OURS = ("seq", "f", "by", "cur")


class Names(msgspec.Struct, frozen=True):
    """The ids of one round's documents, which both twins have."""

    plain: str
    parts: str
    weight: str
    point: str
    habit: str
    water: str
    leave: str
    errand: str
    feeling: str

    @classmethod
    def of(cls, number: int) -> "Names":
        """Those of the round *number*."""
        prefixes = {"point": "pnt", "habit": "hab", "water": "hab", "leave": "vac"}
        prefixes |= {"errand": "tsk", "feeling": "moo"}
        return cls(
            *(
                derived_id(prefixes.get(one, "gol"), str(number), one)
                for one in cls.__struct_fields__
            )
        )

    def concern(self, frame: Json | str) -> bool:
        """Whether *frame* is about one of them."""
        text = str(frame)
        return any(getattr(self, name).partition("_")[2] in text for name in self.__struct_fields__)


class Alone(msgspec.Struct, frozen=True):
    """A document that touches none of another kind: its path, its name in a round, and changes."""

    path: str
    name: str
    draft: Json
    seen: Json

    def place(self, names: Names) -> str:
        """The path of the one in a round."""
        return f"{self.path}/{getattr(names, self.name)}"


ALONE: Final = {
    "task": Alone(
        TASKS,
        "errand",
        {"title": "Shop", "due_date": "2027-01-01"},
        {"priority": "urgent", "category": "health"},
    ),
    "mood": Alone(
        MOODS, "feeling", {"level": 3, "at": f"{DAY}T08:00:00Z"}, {"level": 5, "energy": 5}
    ),
}


async def furnish(person: RestClient, names: Names, kind: str = "") -> None:
    """Make the documents of a round about *kind*: of those that touch it, one of each sort."""
    if kind in ALONE:
        alone = ALONE[kind]
        draft = alone.draft | {"id": getattr(names, alone.name)}
        await done(person.call("POST", alone.path, draft))
        return
    measured = {
        "id": names.weight,
        "title": "Be lighter",
        "key_results": {"kg": KILOS},
        "target_date": "2027-01-01",
    }
    for goal in (
        {"id": names.plain, "title": "Run"},
        {"id": names.parts, "title": "Write", "milestones": CHAPTERS},
        measured,
    ):
        await done(person.call("POST", GOALS, goal))
    point = {"value": 88, "key_result": "kg", "at": "2026-03-01T08:00:00Z"}
    await done(person.call("PUT", POINT.format(id=names.weight, point=names.point), point))
    for habit in (
        {"id": names.habit, "name": "Meditate"},
        {"id": names.water, "name": "Drink", "measure": LITRES},
    ):
        await done(person.call("POST", HABITS, habit | {"starts_on": "2026-01-01"}))
    entry = ENTRY.format(id=names.water, local_date=DAY)
    await done(person.call("PUT", entry, {"value": 1, "at": f"{DAY}T08:00:00Z"}))
    leave = {"id": names.leave, "first": "2026-02-01", "last": "2026-02-14"}
    await done(person.call("POST", VACATIONS, leave))


async def patch(person: RestClient, path: str, change: Json) -> None:
    """Change a document as it is now."""
    version = (await person.call("GET", path)).body["version"]
    await done(write(person, "PATCH", path, change, version))


async def conclude(person: RestClient, names: Names, kind: str, unseen: str) -> None:
    """Change, and end, what everybody sees of each document, but for the field *unseen*."""
    if kind in ALONE:
        alone = ALONE[kind]
        told_of = {name: value for name, value in alone.seen.items() if name != unseen}
        await patch(person, alone.place(names), told_of)
        return
    for goal in (names.plain, names.parts, names.weight):
        seen: Json = {"priority": "high"} if unseen == "category" else {"category": "health"}
        await patch(person, GOAL.format(id=goal), seen)
    for habit in (names.habit, names.water):
        shown: Json = {"position": 7} if unseen == "color" else {"color": "#00ff00"}
        await patch(person, ONE_HABIT.format(id=habit), shown)


async def end(person: RestClient, names: Names, kind: str) -> None:
    """Delete all of it, what stands below something else before that."""
    if kind in ALONE:
        await done(person.call("DELETE", ALONE[kind].place(names)))
        return
    for path in (
        POINT.format(id=names.weight, point=names.point),
        ENTRY.format(id=names.water, local_date=DAY),
        ONE_VACATION.format(id=names.leave),
        *(GOAL.format(id=one) for one in (names.plain, names.parts, names.weight)),
        *(ONE_HABIT.format(id=one) for one in (names.habit, names.water)),
    ):
        await done(person.call("DELETE", path))


def told(frames: Sequence[Json], names: Names) -> list[str]:
    """What *frames* say of the round, without numbers, owners and times."""
    shown = [one for one in frames if one["t"] == "ev" and names.concern(one)]
    return [_bare({name: one[name] for name in one if name not in _OURS}) for one in shown]


def moments(frames: Any) -> set[str]:
    """Every time of the server's that *frames* tell."""
    return {found[0] for found in _MOMENT.finditer(msgspec.json.encode(frames).decode())}


async def documents(coach: RestClient, feed: str, names: Names) -> list[str]:
    """The documents of the round in *feed*, as a snapshot over REST shows them to the coach."""
    items: list[Json] = []
    path = f"/v1/snapshot?feed={feed}"
    while path:
        answer = await done(coach.call("GET", path))
        items += answer.body["items"]
        path = next_page(answer)
    return [_bare(item) for item in items if names.concern(item)]


def _bare(document: Json) -> str:
    text = msgspec.json.encode(document, order="sorted").decode()
    return _MOMENT.sub("", re.sub(r'"owner":"[^"]*"', "", text))

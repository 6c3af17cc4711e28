"""What is hidden of a document shows nowhere: not in what follows from it, and not as a change."""

import asyncio
from typing import Final, get_args

import pytest

from config.settings import Settings
from models.base.document import Document, Privacy, derivations, fields_marked
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.contexts import CHILDREN, KINDS, SHAREABLE
from models.sharing.share import SharedKind
from models.visibility import Visibility
from tests.goals.people import GOAL, POINT
from tests.laws.contexts import CHANGES
from tests.laws.twins import (
    ALONE,
    DAY,
    Names,
    conclude,
    documents,
    end,
    furnish,
    moments,
    patch,
    told,
)
from tests.support.laws.snapshots import sums_of
from tests.support.people.furnished import ENTRY, ONE_HABIT, ONE_VACATION, publish
from tests.support.people.furnished import furnished as with_insight
from tests.support.people.relations import share
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import Wire, sub, talking
from upcoach.client import Replica, RestClient
from upcoach.services.goals.goals import Goals
from upcoach.services.habits.habits import Habits

FIXED: Final = {("goal.point", "key_result")}  # a point stays with what it measured

_FIELDS = [(kind, name) for kind, some in CHANGES.items() for name in some]


def test_every_field_that_can_be_written_is_tried() -> None:
    writable = {
        (kind, name)
        for kind in get_args(SharedKind)
        for name in (getattr(KINDS[kind].draft, "__struct_fields__", ()))
    }
    assert set(_FIELDS) | FIXED == writable


def test_what_follows_from_others_is_declared_where_it_is() -> None:
    """A field that nobody writes says what it follows from, or stands here."""
    of_its_own = {
        *(("goal", name) for name in ("points",)),
        *(("goal.point", name) for name in ("goal",)),
        *(("habit", name) for name in ("source",)),
        *(("habit.entry", name) for name in ("habit", "local_date", "source")),
    }
    for kind in SHAREABLE.keys() - {"insight"}:
        document = KINDS[kind]
        assert document.draft is not None
        base = set(Document.__struct_fields__)
        made = set(document.__struct_fields__) - base - set(document.draft.__struct_fields__)
        undeclared = {(kind, name) for name in made - set(derivations(document))}
        assert undeclared <= of_its_own
    assert not KINDS["insight"].draft
    assert KINDS["insight"].sources
    # Each source is a field that there is.
    for kind, document in KINDS.items():
        for source in (
            *document.sources,
            *(s for some in derivations(document).values() for s in some),
        ):
            other, _, name = source.rpartition(":")
            assert name in KINDS[other or kind].__struct_fields__, source


def test_what_is_deleted_with_its_parent_is_known() -> None:
    for rules in (Goals.rules, Habits.rules):
        assert rules.children is not None
        assert CHILDREN[rules.kind.kind] == (rules.children.kind,)


class Stage:
    """A coach, and two clients with the same documents who show the same of them."""

    def __init__(
        self, server: Server, coach: RestClient, twins: tuple[RestClient, RestClient]
    ) -> None:
        self.server = server
        self.coach = coach
        self.twins = twins
        self.feeds = tuple(scope_of(server, one).feed for one in twins)

    async def show_all_but(self, kind: str, field: str) -> None:
        """Have both show everything but one field."""
        for one in self.twins:
            await share(one, self.coach, sorted(SHAREABLE.keys() - {"insight"}), {kind: [field]})


async def staged(server: Server) -> Stage:
    coach, one, other = await asyncio.gather(*(server.person() for _ in range(3)))
    return Stage(server, coach, (one, other))


@pytest.mark.parametrize("kind", CHANGES)
async def test_a_change_of_what_is_hidden_is_no_more_than_a_skip(
    settings: Settings, kind: str
) -> None:
    async with serving(settings) as server:
        stage = await staged(server)
        for number, field in enumerate(CHANGES[kind]):
            await assert_unseen(stage, Names.of(number), kind, field)


async def assert_unseen(stage: Stage, names: Names, kind: str, field: str) -> None:
    """The coach hears the same of the twin who changes a hidden field and of the other one."""
    busy, _ = stage.twins
    await stage.show_all_but(kind, field)
    await asyncio.gather(*(furnish(twin, names, kind) for twin in stage.twins))
    async with talking(stage.server, stage.coach) as wire:
        cursors = [await current(wire, feed) for feed in stage.feeds]
        mine = (await busy.call("GET", "/v1/snapshot")).headers["upcoach-cursor"]
        await change(busy, names, kind, field)
        secret = (await busy.call("GET", f"/v1/events?since={mine}")).body
        assert secret, (kind, field)
        snaps = [await documents(stage.coach, feed, names) for feed in stage.feeds]
        await asyncio.gather(*(conclude(twin, names, kind, field) for twin in stage.twins))
        seen = [await documents(stage.coach, feed, names) for feed in stage.feeds]
        await asyncio.gather(*(end(twin, names, kind) for twin in stage.twins))
        live = await heard(wire, stage)
    rest = [
        (await stage.coach.call("GET", f"/v1/events?feed={feed}&since={cursor}")).body
        for feed, cursor in zip(stage.feeds, cursors, strict=True)
    ]

    assert snaps[0] == snaps[1], (kind, field)
    assert seen[0] == seen[1], (kind, field)
    is_shown = kind in Visibility.without({kind}, {kind: {field}}).kinds
    for roads in (live, rest):
        assert told(roads[0], names) == told(roads[1], names), (kind, field)
        assert is_shown is (told(roads[0], names) != []), (kind, field)
    hidden_moments = {frame["at"] for frame in secret}
    assert not [at for at in hidden_moments if at in str(moments([live[0], rest[0], snaps[0]]))]


async def change(person: RestClient, names: Names, kind: str, field: str) -> None:
    """Give *field* of a document of *kind* one value after the other."""
    for value in CHANGES[kind][field]:
        match kind:
            case "goal":
                chosen = dict.fromkeys(("key_results", "reminder_minutes_before"), names.weight)
                place = GOAL.format(id=chosen.get(field, names.parts))
                if field in ("progress", "status"):
                    place = GOAL.format(id=names.plain)
                wanted = [names.plain for _ in value] if field == "depends_on" else value
                change = {field: wanted}
                if field == "repeats":  # what repeats has a date, which follows from that
                    change = {field: {"unit": "week"}, "target_date": "2027-01-01"}
                await patch(person, place, change)
            case "goal.point":
                point = {"value": 88, "key_result": "kg", "at": "2026-03-01T08:00:00Z"}
                place = POINT.format(id=names.weight, point=names.point)
                await done(person.call("PUT", place, point | {field: value}))
            case "habit":
                await patch(person, ONE_HABIT.format(id=names.water), {field: value})
            case "habit.entry":
                entry = {"value": 1, "at": f"{DAY}T08:00:00Z"} | {field: value}
                place = ENTRY.format(id=names.water, local_date=DAY)
                await done(person.call("PUT", place, entry))
            case "task" | "mood":
                await patch(person, ALONE[kind].place(names), {field: value})
            case _:
                wanted = [names.habit for _ in value] if field == "habits" else value
                await patch(person, ONE_VACATION.format(id=names.leave), {field: wanted})


async def current(wire: Wire, feed: str) -> str:
    """The cursor at which the coach has begun to follow *feed*."""
    await wire.send(sub(feed=feed, snap=True))
    frames = await wire.until("live", "unsubd")
    shown: dict[str, dict[str, Json]] = {}
    for frame in frames:
        if frame["t"] == "snap":
            shown.setdefault(frame["kind"], {}).update({one["id"]: one for one in frame["items"]})
    assert frames[-1]["sums"] == sums_of(shown)
    return str(frames[-1]["cur"])


async def heard(wire: Wire, stage: Stage) -> list[list[Json]]:
    """What came over each feed, up to a goal that both make last."""
    last = new_id("gol")
    for twin in stage.twins:
        await done(twin.call("POST", "/v1/goals", {"id": last, "title": "The end"}))
    frames: dict[str, list[Json]] = {feed: [] for feed in stage.feeds}
    left = set(stage.feeds)
    while left:
        frame = await wire.frame()
        frames[frame["f"]].append(frame)
        if frame.get("id") == last:
            left.remove(frame["f"])
    return list(frames.values())


async def test_an_insight_shows_nothing_of_what_it_was_made_of(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(with_insight(server), server.person())
        feed = scope_of(server, client).feed
        path = f"/v1/snapshot?feed={feed}&kind=insight"

        seen, skipped = {}, {}
        for kind, field in (
            ("insight", "odds"),
            ("insight", "reasons"),
            ("habit.entry", "state"),
            ("habit.entry", "note"),
            ("habit", "schedule"),
            ("habit.vacation", "first"),
        ):
            await share(client, coach, ["goal", "insight"], {kind: [field]})
            answer = await coach.call("GET", path)
            since = (await coach.call("GET", f"/v1/snapshot?feed={feed}")).headers["upcoach-cursor"]
            for odds in (0.1, 0.9):
                await publish(server, client, odds)
            events = await coach.call("GET", f"/v1/events?feed={feed}&since={since}")
            seen[kind, field] = set(answer.body["items"][0]) if answer.status == 200 else None
            skipped[kind, field] = {frame["t"] for frame in events.body} == {"skip"}

        assert seen["insight", "odds"] is not None
        assert seen["insight", "odds"].isdisjoint({"odds", "low", "high", "reasons"})
        assert seen["insight", "reasons"] is not None
        assert {"odds", "low"} <= seen["insight", "reasons"]
        assert {name for name, fields in seen.items() if fields is None} == {
            ("habit.entry", "state"),
            ("habit", "schedule"),
            ("habit.vacation", "first"),
        }
        assert {name for name, hidden in skipped.items() if not hidden} == {
            ("insight", "reasons"),
            ("habit.entry", "note"),
        }


async def test_checksums_are_those_of_what_is_seen(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(server.person(), server.person())
        feed, names = scope_of(server, client).feed, Names.of(1)
        await furnish(client, names)
        await share(client, coach, ["goal", "goal.point"], {"goal": ["description"]})
        copy = Replica(feed)

        async with talking(server, coach) as wire:
            await wire.send({"t": "sub"} | copy.subscription())
            await follow(wire, copy)
            for number in range(3):
                place = GOAL.format(id=names.plain)
                await patch(client, place, {"private_notes": f"{number}"})
                await patch(client, place, {"description": f"{number}"})
                await patch(client, place, {"private_notes": None, "title": f"Run {number}"})
                await patch(client, place, {"private_notes": f"{number}"})
                await wire.send({"t": "sub"} | copy.subscription())
                await follow(wire, copy)

        assert copy.mismatches == 0
        assert copy.documents["goal"][names.plain]["version"] == 4
        assert copy.documents["goal"][names.plain]["title"] == "Run 2"


async def follow(wire: Wire, copy: Replica) -> None:
    """Have *copy* take what comes until it is current; the checksums are there, and right."""
    while True:
        frame = await wire.frame()
        if not copy.hears(frame):
            continue
        match frame["t"]:
            case "subd":
                copy.begin(frame)
            case "live":
                assert "sums" in frame
                assert copy.settle(frame) == []
                return
            case _:
                copy.apply(frame)


async def test_private_fields_are_shown_to_nobody_by_any_kind() -> None:
    assert {
        (kind, name) for kind in SHAREABLE for name in fields_marked(KINDS[kind], Privacy.PRIVATE)
    } == {("goal", "private_notes")}


async def test_the_end_of_what_is_not_seen_takes_along_what_is(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await asyncio.gather(server.person(), server.person())
        feed, names = scope_of(server, client).feed, Names.of(1)
        await furnish(client, names)
        await share(client, coach, ["goal.point", "habit.entry"])
        copy = Replica(feed)

        async with talking(server, coach) as wire:
            await wire.send({"t": "sub"} | copy.subscription())
            await follow(wire, copy)
            begun = copy.cursor
            held = {kind: len(some) for kind, some in copy.documents.items()}
            for path in (
                *(GOAL.format(id=one) for one in (names.weight, names.plain)),
                *(ONE_HABIT.format(id=one) for one in (names.water, names.habit)),
            ):
                await done(client.call("DELETE", path))
            await wire.send({"t": "sub"} | copy.subscription())
            await follow(wire, copy)
        told_of = (await coach.call("GET", f"/v1/events?feed={feed}&since={begun}")).body
        ends = [frame for frame in told_of if frame["t"] == "ev" and "deleted" in frame["type"]]

        assert held == {"goal.point": 1, "habit.entry": 1}
        assert not any(copy.documents.values())
        # What had nothing below it that the coach saw is not heard of.
        assert [frame["id"] for frame in ends] == [names.weight, names.water]
        assert {frame["ver"] for frame in ends} == {1}

"""Many writes at once: in order, each answered by itself, over REST and on the socket."""

import asyncio
import contextlib
import itertools

import pytest

from config.settings import Settings
from handlers.sharing.shares import SHARE
from handlers.sync.mutation_frames import MutFrame, mutate
from models.access.request_origin import NOWHERE
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from tests.coaches.places import NOTE, NOTES
from tests.coaches.rows import CLIENT_NOTE
from tests.journal.places import ENTRY_SHARE, PAGE
from tests.laws.contexts import WRITES
from tests.notifications.writing import PREFERENCES
from tests.scheduling.booking import AVAILABILITY, HOLDS, SESSIONS
from tests.scheduling.rows import ONE as ONE_SESSION
from tests.scheduling.rows import TALK_ID
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.laws.surface import surface
from tests.support.people.furnished import ENTRY, GOAL, GOALS, HABIT, ONE_GOAL, WATER, furnished
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done, next_page
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import MUTATIONS, ask, send, statuses, write
from upcoach.client import RestClient, apply_event

RUN = ONE_GOAL.format(id=GOAL)
CALM = ENTRY.format(id=HABIT, local_date="2026-01-05")
GLASSES = ENTRY.format(id=WATER, local_date="2026-01-05")

WAYS = pytest.mark.parametrize("way", ["rest", "socket"])


async def over(way: str, server: Server, person: RestClient, *writes: Json) -> list[Json]:
    """The answers to *writes*, sent together, in their order."""
    if way == "rest":
        return await send(person, *writes)
    async with talking(server, person) as wire:
        return await ask(wire, *writes)


async def happened(person: RestClient, cursor: str) -> list[tuple[str, str, int]]:
    """What happened since *cursor*: type, document and version."""
    return [(one["type"], one["id"], one["ver"]) for one in await events_since(person, cursor)]


@WAYS
async def test_writes_that_are_sent_together_are_carried_out_in_order(
    settings: Settings, way: str
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        goal = new_id("gol")
        path = ONE_GOAL.format(id=goal)
        documents, cursor = await snapshot(person)

        answers = await over(
            way,
            server,
            person,
            mut("POST", GOALS, {"id": goal, "title": "Swim"}),
            mut("PATCH", path, {"title": "Swim far"}, base=1),
            mut("POST", GOALS, {"title": 5}),
            mut("PATCH", path, {"title": "Swim farther"}, base=2),
            mut("DELETE", "/v1/nothing"),
            mut("DELETE", path, base=3),
            mut("PATCH", path, {"title": "Swim on"}, base=3),
        )

        assert statuses(answers) == [201, 200, 422, 200, 404, 204, 404]
        assert [one["body"]["title"] for one in answers if "body" in one] == [
            "Swim",
            "Swim far",
            "Swim farther",
        ]
        assert await happened(person, cursor) == [
            ("goal.created", goal, 1),
            ("goal.updated", goal, 2),
            ("goal.updated", goal, 3),
            ("goal.deleted", goal, 4),
        ]
        assert (await snapshot(person))[0] == documents


@WAYS
async def test_what_a_document_was_in_an_earlier_life_is_forgotten_at_once(
    settings: Settings, way: str
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        answers = await over(
            way,
            server,
            person,
            mut("PATCH", RUN, {"title": "a"}, base=1),
            mut("PATCH", RUN, {"title": "b"}, base=2),
            mut("DELETE", RUN),
            mut("POST", GOALS, {"id": GOAL, "title": "New"}),
            mut("PATCH", RUN, {"priority": "high"}, base=2),
            mut("PATCH", RUN, {"title": "Newer"}, base=1),
            mut("PATCH", RUN, {"priority": "high"}, base=1),
        )

        assert statuses(answers) == [200, 200, 204, 201, 412, 200, 200]
        assert answers[-1]["body"]["title"] == "Newer"


HOLD = f"{HOLDS}/{{coach}}"
CLIENT, INVITATION = "/v1/clients/{client}", "/v1/invitations/{id}"
# What is shared of them has to be found before they can go: they are queued a moment later.
LOOK_FIRST = {
    ("DELETE", "/v1/journal/{id}"),
    ("DELETE", "/v1/journal/journals/{id}"),
    ("DELETE", SHARE),
    ("DELETE", CLIENT),
    # Whether somebody can be booked, and by whom, is asked before their feed is touched.
    ("POST", HOLDS),
    ("DELETE", HOLD),
    ("POST", SESSIONS),
    ("POST", f"{ONE_SESSION}/move"),
}


async def test_every_write_is_queued_before_anything_is_waited_for(settings: Settings) -> None:
    async with serving(settings) as server:
        person, coach = await furnished(server), await server.person()
        caller = server.node.services.account.sessions.authenticate(person.token)
        committer = server.node.committer
        share = SHARE.format(coach=scope_of(server, coach).user)
        rows = [(row.method, row.path, row.url, row.body, row.base) for row in WRITES]
        rows += [
            ("PATCH", "/v1/me", "/v1/me", {"name": "Ann"}, 1),
            ("PATCH", PREFERENCES, PREFERENCES, {"digest": False}, None),
            ("PUT", SHARE, share, {"kinds": ["goal"]}, None),
            ("DELETE", SHARE, share, {}, None),
            ("DELETE", CLIENT, CLIENT.format(client=scope_of(server, coach).user), {}, None),
            ("DELETE", INVITATION, INVITATION.format(id="inv_x"), {}, None),
        ]
        lent = ENTRY_SHARE.format(id=PAGE, coach=scope_of(server, coach).user)
        until = {"until": "2099-01-01T00:00:00Z"}
        rows += [("PUT", ENTRY_SHARE, lent, until, None), ("DELETE", ENTRY_SHARE, lent, {}, None)]

        note = {"client": scope_of(server, coach).user, "id": CLIENT_NOTE}
        rows += [
            ("POST", NOTES, NOTES.format(**note), {"text": "calm"}, None),
            ("PATCH", NOTE, NOTE.format(**note), {"pinned": True}, 1),
            ("DELETE", NOTE, NOTE.format(**note), {}, None),
        ]

        name = scope_of(server, coach).user
        at = {"starts_at": "2099-01-01T00:00:00Z"}
        wanted = {"coach": name, "type": "talk", **at}
        rows += [
            ("PATCH", AVAILABILITY, AVAILABILITY, {"weekly": []}, None),
            ("POST", HOLDS, HOLDS, wanted, None),
            ("DELETE", HOLD, HOLD.format(coach=name), {}, None),
            ("POST", SESSIONS, SESSIONS, wanted, None),
            *(
                ("POST", f"{ONE_SESSION}/{verb}", f"{SESSIONS}/{TALK_ID}/{verb}", more, None)
                for verb, more in (
                    ("move", at),
                    ("decline", {}),
                    ("start", None),
                    ("complete", {}),
                    ("no-show", None),
                )
            ),
        ]
        queued = set()
        for method, path, url, body, base in rows:
            asked = MutFrame(id=new_mutation_id(), op=method, path=url, base=base, body=body)
            answering = mutate(server.node.runner, caller, asked, origin=NOWHERE)
            with contextlib.suppress(StopIteration):  # when it is refused at once
                answering.send(None)
                named = [ticket.write.mutation for ticket in committer._waiting]
                if (method, path) not in LOOK_FIRST:
                    assert [one.id for one in named if one is not None] == [asked.id]
                queued.add((method, path))
            answering.close()
            await committer.drain()

        assert queued == surface(live=True)


@WAYS
async def test_a_device_is_in_no_conflict_with_its_own_edits(settings: Settings, way: str) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PUT", GLASSES, {"value": 2, "note": "tea"}))
        # Another device, of which the one that was away has not heard:
        await done(write(person, "PATCH", RUN, {"priority": "high", "progress": 0.5}, 1))
        await done(write(person, "PUT", GLASSES, {"value": 5, "note": "tea\nmilk"}, 1))
        documents, cursor = await snapshot(person)

        answers = await over(
            way,
            server,
            person,
            mut("PATCH", RUN, {"title": "Walk", "progress": 0.2}, base=1),
            mut("PUT", GLASSES, {"value": 3, "note": "tea\nsugar"}, base=1),
            mut("PATCH", RUN, {"title": "Walk on", "progress": 0.3}, base=1),
            mut("PATCH", RUN, {"priority": "low"}, base=1),
            mut("PUT", GLASSES, {"value": 4, "note": "tea\nsugar\nhoney"}, base=1),
            mut("PATCH", RUN, {"title": "Walk home"}, base=2),
        )

        assert statuses(answers) == [200, 200, 200, 409, 200, 200]
        assert [one.get("merged") for one in answers] == [
            ["/priority", "/progress"],
            ["/note", "/value"],
            ["/priority", "/progress"],
            None,
            ["/note", "/value"],
            None,
        ]
        goal, glasses = answers[-1]["body"], answers[4]["body"]
        assert (goal["title"], goal["priority"], goal["progress"]) == ("Walk home", "high", 0.5)
        assert (glasses["value"], glasses["note"]) == (7.0, "tea\nmilk\nsugar\nhoney")
        for event in await events_since(person, cursor):
            apply_event(documents, event)
        assert documents == (await snapshot(person))[0]


async def test_of_two_devices_each_knows_only_its_own_edits(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await furnished(server)

        async with talking(server, phone) as one, talking(server, phone) as other:
            mine = await ask(one, mut("PATCH", RUN, {"title": "Walk"}, base=1))
            theirs = await ask(other, mut("PATCH", RUN, {"title": "Swim"}, base=1))
            again = await ask(one, mut("PATCH", RUN, {"title": "Walk on"}, base=1))

        assert statuses([*mine, *theirs, *again]) == [200, 409, 200]
        assert again[0]["body"]["title"] == "Walk on"


async def test_five_hundred_queued_writes_are_five_requests(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, cursor = await snapshot(person)
        queued: list[Json] = []
        for number in range(125):
            goal = new_id("gol")
            path = ONE_GOAL.format(id=goal)
            queued += [
                mut("POST", GOALS, {"id": goal, "title": f"{number}"}),
                mut("PATCH", path, {"progress": 0.5}, base=1),
                mut("PATCH", path, {"progress": 1}, base=2),
                mut("DELETE", path, base=3) if number % 5 else mut("PATCH", path, {}, base=3),
            ]

        answers = [
            one
            for start in range(0, len(queued), 100)
            for one in await send(person, *queued[start : start + 100])
        ]
        goals = await listed(person)

        expected = [(201, 200, 200, 204 if number % 5 else 200) for number in range(125)]
        assert statuses(answers) == list(itertools.chain.from_iterable(expected))
        assert [goal["title"] for goal in goals] == ["Run", *(f"{n}" for n in range(0, 125, 5))]
        assert len(await events_of(person, cursor)) == 375 + 100


async def listed(person: RestClient) -> list[Json]:
    """All goals of a person."""
    answer = await person.call("GET", GOALS)
    goals: list[Json] = answer.body["items"]
    assert next_page(answer) == ""
    return goals


async def events_of(person: RestClient, cursor: str) -> list[Json]:
    """What happened since *cursor*, in one page."""
    answer = await done(person.call("GET", f"/v1/events?since={cursor}"))
    assert answer.headers["upcoach-up-to-date"] == "true"
    events: list[Json] = answer.body
    return events


async def test_the_answers_over_rest_are_those_of_the_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, bob = await furnished(server), await furnished(server)
        writes = [
            mut("PATCH", RUN, {"title": "Walk"}, base=1),
            mut("PATCH", RUN, {"priority": "low"}, base=1),
            mut("PATCH", RUN, {"title": "Swim"}, base=7),
            mut("PUT", CALM, {"note": "calm!"}),
            mut("PATCH", RUN, {"title": "Swim"}),
            mut("DELETE", CALM, base=1),
            mut("GET", RUN),
            mut("POST", GOALS, {"title": "\ud800".encode("utf-8", "replace").decode()}, id="1"),
        ]

        over_rest = await send(ann, *writes)
        async with talking(server, bob) as wire:
            on_the_socket = await ask(wire, *writes)

        assert statuses(over_rest) == [200, 200, 412, 200, 428, 412, 405, 400]
        assert [shape(one) for one in over_rest] == [shape(one) for one in on_the_socket]


def shape(answer: Json) -> Json:
    """*answer* without what differs between two people who ask for the same."""
    kept = {name: value for name, value in answer.items() if name not in ("body", "problem")}
    return kept | {
        "body": sorted(answer.get("body", {})),
        "problem": sorted(answer.get("problem", {})),
        "code": answer.get("problem", {}).get("code"),
    }


async def test_a_request_says_how_far_its_writes_have_come(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        writes = [mut("POST", GOALS, {"title": "Swim"}) for _ in range(3)]

        answer = await done(person.call("POST", MUTATIONS, [*writes, mut("POST", "/v1/nothing")]))
        refused = await done(person.call("POST", MUTATIONS, [mut("POST", "/v1/nothing")]))

        assert answer.headers["upcoach-cursor"] == (await snapshot(person))[1]
        assert answer.headers["upcoach-cursor"] == answer.body[2]["cur"]
        assert "upcoach-cursor" not in refused.headers
        assert {one["t"] for one in answer.body} == {"res"}


async def test_an_id_is_carried_out_once_whichever_way_it_comes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        first, second = (mut("POST", GOALS, {"title": title}) for title in ("Swim", "Walk"))
        bare = {name: value for name, value in second.items() if name != "t"}

        async with talking(server, person) as wire:
            (on_the_socket,) = await ask(wire, first)
        in_a_request = await send(person, first, bare, first | {"body": {"title": "Other"}})
        single = await write(person, "POST", GOALS, {"title": "Walk"}, name=second["id"])
        async with talking(server, person) as wire:
            (again,) = await ask(wire, second)
        counted = server.node.metrics.registry.get_sample_value

        assert in_a_request[0] == on_the_socket | {"replayed": True}
        assert statuses(in_a_request) == [201, 201, 409]
        assert in_a_request[2]["problem"]["code"] == "mutation_running"
        assert single.headers["idempotency-replayed"] == "true"
        assert again == in_a_request[1] | {"replayed": True}
        assert len(await listed(person)) == 3
        assert counted("upcoach_idempotent_replays_total") == 3.0


async def test_an_id_that_was_used_for_something_else_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        swim = mut("POST", GOALS, {"title": "Swim"})
        await send(person, swim)

        answers = await send(person, swim | {"body": {"title": "Walk"}}, mut("POST", GOALS, {}))

        assert statuses(answers) == [422, 422]
        assert [one["problem"]["code"] for one in answers] == ["mutation_reused", "body_invalid"]


@WAYS
async def test_a_conflict_is_the_same_when_it_is_asked_again(settings: Settings, way: str) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await done(write(person, "PATCH", RUN, {"title": "Walk"}, 1))
        clashing = mut("PATCH", RUN, {"title": "Swim"}, base=1)
        merging = mut("PATCH", RUN, {"priority": "low"}, base=1)

        first = await over(way, server, person, clashing, merging)
        await done(write(person, "PATCH", RUN, {"title": "Run again"}, 3))
        again = await over(way, server, person, clashing, merging)
        over_rest = await write(person, "PATCH", RUN, clashing["body"], 1, clashing["id"])
        counted = server.node.metrics.registry.get_sample_value

        assert statuses(first) == [409, 200]
        assert again == [one | {"replayed": True} for one in first]
        assert over_rest.headers["idempotency-replayed"] == "true"
        assert over_rest.body["conflicts"] == first[0]["problem"]["conflicts"]
        assert counted("upcoach_conflicts_total", {"resolution": "refused"}) == 1.0
        assert counted("upcoach_conflicts_total", {"resolution": "merged"}) == 1.0
        assert counted("upcoach_idempotent_replays_total") == 3.0


async def test_many_devices_add_to_one_day_and_nothing_is_lost(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as two:
        person = await furnished(one)
        await done(write(person, "PUT", GLASSES, {"value": 1}))
        there = two.client(person.token)
        writers = [person, there] * 4

        answers = await asyncio.gather(
            *(
                send(writer, *(mut("PUT", GLASSES, {"value": 1 + n}, base=1) for n in (1, 2, 3)))
                for writer in writers
            )
        )

        total = (await snapshot(person))[0]["habit.entry"][f"{WATER}/2026-01-05"]
        assert {status for some in answers for status in statuses(some)} == {200}
        assert total["value"] == 1 + 3 * len(writers)

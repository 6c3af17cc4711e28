"""What a coach sees of a client: what is shared, as long as it is shared, and nothing else."""

import asyncio
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from streams.feed import subscription
from tests.support.laws.snapshots import assert_law, events_since, snapshot, sums_of
from tests.support.people.furnished import ENTRY, GOAL, GOALS, HABIT, HABITS, ONE_GOAL, furnished
from tests.support.people.relations import pair, relate, share
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import Wire, hello, numbers, sub, talking
from upcoach.client import RestClient


async def follow(wire: Wire, feed: str, **more: Any) -> list[Json]:
    """The frames from the subscription to the word that it is current."""
    await wire.send(sub(feed=feed, **more))
    return await wire.until("live", "unsubd")


async def test_sharing_is_one_write_that_both_feeds_hear_of(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, coach_id = await pair(server)
        await relate(client, coach)
        client_before, coach_before = await snapshot(client), await snapshot(coach)

        await share(client, coach)
        await share(client, coach)
        await share(client, coach, ["habit", "goal"])
        await done(client.call("DELETE", f"/v1/shares/{coach_id}"))

        await assert_law(client_before, client, ("share.set", "share.set", "share.deleted"))
        await assert_law(coach_before, coach, ("client.set", "client.set", "client.deleted"))


async def test_both_sides_see_what_is_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, coach_id = await pair(server)
        client_id = scope_of(server, client).user

        await share(client, coach, ["habit", "goal"])

        [mine] = (await client.call("GET", "/v1/shares")).body["items"]
        [theirs] = (await coach.call("GET", "/v1/clients")).body["items"]
        assert (mine["id"], mine["kinds"]) == (coach_id, ["goal", "habit"])
        assert (theirs["id"], theirs["kinds"]) == (client_id, ["goal", "habit"])
        assert (await coach.call("GET", "/v1/shares")).body["items"] == []


async def test_nobody_shares_with_oneself_or_with_nobody(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, coach_id = await pair(server)
        before = await snapshot(client), await snapshot(coach)
        goals = {"kinds": ["goal"]}

        oneself = await coach.call("PUT", f"/v1/shares/{coach_id}", goals)
        nobody = await client.call("PUT", f"/v1/shares/{new_id('usr')}", goals)
        below = await client.call("PUT", f"/v1/shares/{coach_id}%2F{coach_id}", goals)
        nothing = await client.call("DELETE", f"/v1/shares/{coach_id}")

        assert (oneself.status, nobody.status) == (400, 404)
        assert (below.status, nothing.status) == (404, 404)
        assert (await snapshot(client), await snapshot(coach)) == before


async def test_a_coach_gets_skips_for_what_is_not_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, _coach_id = await pair(server)
        await share(client, coach)
        begun = await begin_of(coach, feed)
        await client.call("POST", HABITS, {"name": "Missed"})
        await client.call("POST", GOALS, {"title": "Missed"})
        everything = await events_since(client, begun)
        goals = [event["seq"] for event in everything if event["type"].startswith("goal")]

        async with talking(server, coach) as wire:
            subd, *replayed, live = await follow(wire, feed, since=begun)
            await done(client.call("POST", HABITS, {"name": "Hidden"}))
            await done(client.call("POST", GOALS, {"title": "Seen"}))
            [hidden, seen] = [await wire.frame() for _ in range(2)]

        head = everything[-1]["seq"]
        assert subd["t"] == "subd"
        assert numbers(replayed) == goals
        assert spans(replayed) == list(range(everything[0]["seq"], head + 1))
        assert "habit" not in str(replayed)
        assert hidden == {"t": "skip", "f": feed, "from": head + 1, "to": head + 1}
        assert (seen["seq"], seen["doc"]["title"]) == (head + 2, "Seen")
        documents = (await snapshot(client))[0]
        documents["goal"].pop(seen["id"])
        assert live["sums"] == sums_of({"goal": documents["goal"]})


def spans(frames: list[Json]) -> list[int]:
    """Every number that *frames* stand for."""
    found: list[int] = []
    for frame in frames:
        is_skip = frame["t"] == "skip"
        first, last = frame["from" if is_skip else "seq"], frame["to" if is_skip else "seq"]
        found += range(first, last + 1)
    return found


async def begin_of(coach: RestClient, feed: str) -> str:
    """The position of what *coach* sees of *feed* now."""
    page = await coach.call("GET", f"/v1/snapshot?feed={feed}")
    return page.headers["upcoach-cursor"]


async def cursor_of(person: RestClient, seq: int) -> str:
    return f"{(await snapshot(person))[1].partition('.')[0]}.{seq}"


async def test_a_coach_reads_a_snapshot_of_what_is_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, _coach_id = await pair(server)
        await share(client, coach, ["goal", "habit"])
        documents = (await snapshot(client))[0]

        async with talking(server, coach) as wire:
            frames = await follow(wire, feed, snap=True)
        page = await coach.call("GET", f"/v1/snapshot?feed={feed}")
        hidden = await coach.call("GET", f"/v1/snapshot?feed={feed}&kind=session")
        begun = page.headers["upcoach-cursor"]
        for path, body in ((GOALS, {"title": "Swim"}), (HABITS, {"name": "Run"})):
            await done(client.call("POST", path, body))
        events = await coach.call("GET", f"/v1/events?feed={feed}&since={begun}")

        shown = {frame["kind"]: frame["items"] for frame in frames if frame["t"] == "snap"}
        assert shown == {
            "goal": list(documents["goal"].values()),
            "habit": list(documents["habit"].values()),
        }
        assert page.body["items"] == shown["goal"]
        assert hidden.status == 404
        seen = {event["type"] for event in events.body if event["t"] == "ev"}
        assert seen == {"goal.created", "habit.created"}


async def test_a_stranger_cannot_follow(settings: Settings) -> None:
    async with serving(settings) as server:
        _, feed, stranger, _ = await pair(server)

        async with talking(server, stranger) as wire:
            [known] = await follow(wire, feed)
            [unknown] = await follow(wire, f"u:{new_id('usr')}")

        assert known["problem"] == unknown["problem"]
        assert known["problem"]["code"] == "feed_unknown"


async def test_what_is_taken_back_is_not_seen_from_that_number_on(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, coach_id = await pair(server)
        await share(client, coach)

        async with talking(server, coach) as wire:
            await follow(wire, feed)
            await done(client.call("POST", GOALS, {"title": "Seen"}))
            await done(client.call("DELETE", f"/v1/shares/{coach_id}"))
            await done(client.call("POST", GOALS, {"title": "Hidden"}))
            *seen, lost = await wire.until("unsubd")
            await wire.send(sub(feed=feed))
            refused = await wire.frame()

        assert [event["doc"]["title"] for event in seen] == ["Seen"]
        assert (lost["f"], lost["problem"]["code"]) == (feed, "feed_unknown")
        assert refused["t"] == "unsubd"


async def test_writes_that_arrive_with_the_end_of_a_share_are_not_seen(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, coach_id = await pair(server)
        await share(client, coach)

        async with talking(server, coach) as wire:
            await follow(wire, feed)
            # Together, so that they share a batch, and the coach's node gets them in one parcel.
            await asyncio.gather(
                done(client.call("DELETE", f"/v1/shares/{coach_id}")),
                *(done(client.call("POST", GOALS, {"title": f"{n}"})) for n in range(20)),
            )
            frames = await wire.until("unsubd")

        ended = [
            event["seq"]
            for event in await events_since(client, await cursor_of(client, 0))
            if event["type"] == "share.deleted"
        ]
        assert all(number < ended[0] for number in numbers(frames))


async def test_changed_access_is_a_reset(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, _coach_id = await pair(server)
        await share(client, coach)

        async with talking(server, coach) as wire:
            await follow(wire, feed)
            await share(client, coach, ["habit"])
            reset = (await wire.until("reset"))[-1]
            frames = await follow(wire, feed, snap=True)
            await done(client.call("POST", GOALS, {"title": "Hidden"}))
            hidden = await wire.frame()

        assert reset["reason"] == "access"
        assert {frame["kind"] for frame in frames if frame["t"] == "snap"} == {"habit"}
        assert hidden["t"] == "skip"


async def test_a_share_with_somebody_else_is_a_skip(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, _coach_id = await pair(server)
        other = await server.person()
        await share(client, coach)

        async with talking(server, coach) as wire:
            await follow(wire, feed)
            await share(client, other)
            skip, live = await wire.until("live")

        assert (skip["t"], live["t"]) == ("skip", "live")


async def test_sums_are_those_of_the_documents_after_every_kind_of_write(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        habit = f"{HABITS}/{HABIT}"
        entry = ENTRY.format(id=HABIT, local_date="2026-02-01")
        first = {"If-Match": '"v1"'}

        async with talking(server, person) as wire:
            for method, path, body, headers in (
                ("PATCH", ONE_GOAL.format(id=GOAL), {"title": "Walk"}, first),
                ("PUT", entry, {"note": "one"}, {}),
                ("PUT", entry, {"note": "two"}, {}),
                ("DELETE", entry, None, {}),
                ("PUT", entry, {}, {}),
                ("DELETE", habit, None, {}),
                ("POST", HABITS, {"id": HABIT, "name": "Again"}, {}),
                ("PUT", entry, {}, {}),
            ):
                answer = await done(person.call(method, path, body, headers=headers))
                since = answer.headers["upcoach-cursor"]
                live = (await follow(wire, "u:me", since=since))[-1]

                assert live["sums"] == sums_of((await snapshot(person))[0]), (method, path)


async def test_a_kind_can_be_asked_for_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        documents, cursor = await snapshot(person)

        async with talking(server, person) as wire:
            subd, *frames, live = await follow(wire, "u:me", since=cursor, snap=["habit"])
            unknown = (await follow(wire, "u:me", since=cursor, snap=["cat"]))[-1]
            await wire.send(hello(person))

        assert (subd["mode"], subd["cur"], live["cur"]) == ("resume", cursor, cursor)
        assert [(one["kind"], one["items"]) for one in frames] == [
            ("habit", list(documents["habit"].values()))
        ]
        assert unknown["problem"]["code"] == "kind_unknown"
        registry = server.node.metrics.registry
        assert registry.get_sample_value("upcoach_sum_mismatch_total") == 0


async def test_a_position_from_before_the_share_changed_is_reset(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, _coach_id = await pair(server)
        await share(client, coach)
        before = await begin_of(coach, feed)
        await share(client, coach, ["goal", "habit"])

        page = await coach.call("GET", f"/v1/events?feed={feed}&since={before}")
        poll = await coach.call("GET", f"/v1/events?feed={feed}&since={before}&wait=1")
        async with talking(server, coach) as wire:
            await wire.send(sub(feed=feed, since=before))
            reset = await wire.frame()
            everything = await follow(wire, feed, since=await begin_of(coach, feed))

        assert (page.status, poll.status) == (410, 410)
        assert page.body["reset"]["reason"] == "access"
        assert (reset["t"], reset["reason"]) == ("reset", "access")
        assert everything[0]["t"] == "subd"


async def test_a_coach_who_waits_hears_nothing_of_what_was_taken_back(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, coach_id = await pair(server)
        await share(client, coach)
        now_at = await begin_of(coach, feed)

        waiting = asyncio.create_task(
            coach.call("GET", f"/v1/events?feed={feed}&since={now_at}&wait=20")
        )
        await done(client.call("DELETE", f"/v1/shares/{coach_id}"))
        await done(client.call("POST", GOALS, {"title": "Hidden"}))
        answer = await waiting

        # 410 where it was taken back while the wait began: go on as who may see nothing.
        assert answer.status in (404, 410)
        assert b"Hidden" not in msgspec.json.encode(answer.body)


async def test_nothing_is_read_of_a_time_in_which_it_was_not_shared(settings: Settings) -> None:
    async with serving(settings) as server:
        client, feed, coach, coach_id = await pair(server)
        for kinds in (["goal"], ["habit"], ["goal"]):
            await share(client, coach, kinds)
            await done(client.call("POST", GOALS, {"title": f"While {kinds[0]}s were shown"}))
        await done(client.call("DELETE", f"/v1/shares/{coach_id}"))
        goal = (await client.call("POST", GOALS, {"title": "Between two relations"})).body
        match = {"If-Match": '"v1"'}
        await done(client.call("DELETE", f"{GOALS}/{goal['id']}", headers=match))
        await share(client, coach, ["goal"])
        epoch = (await begin_of(coach, feed)).partition(".")[0]

        async with talking(server, coach) as wire:
            for since in ("0", f"{epoch}.0", f"{epoch}.1", f"{epoch}.9"):
                path = f"/v1/events?feed={feed}&since={since}"
                answers = [await coach.call("GET", path + more) for more in ("", "&wait=1")]
                await wire.send(sub(feed=feed, since=since))
                frames = await wire.until("reset")
                await wire.send(sub(feed=feed, since="now"))
                frames += await wire.until("live")

                assert [answer.status for answer in answers] == [410, 410], since
                assert {answer.body["reset"]["reason"] for answer in answers} == {"access"}
                assert frames[0]["reason"] == "access"
                assert "ev" not in {frame["t"] for frame in frames}


async def test_a_device_that_holds_back_sees_nothing_of_what_was_withdrawn_meanwhile(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "ACK_WINDOW", 3)
    async with serving(settings) as server:
        client, feed, coach, _coach_id = await pair(server)
        await share(client, coach)
        async with talking(server, coach) as wire:
            live = (await follow(wire, feed, snap=True))[-1]
            await wire.send({"t": "ack", "cur": live["cur"], "f": feed})
            for number in range(6):
                await done(client.call("POST", HABITS, {"name": f"Habit {number}"}))
            await share(client, coach, ["habit"])
            await done(client.call("POST", GOALS, {"title": "Withdrawn"}))
            await share(client, coach, ["goal"])

            epoch, _, number = live["cur"].partition(".")
            for further in (3, 6, 9, 12):
                cursor = f"{epoch}.{int(number) + further}"
                await wire.send({"t": "ack", "cur": cursor, "f": feed})
            frames = await wire.until("reset")

        assert "Withdrawn" not in str(frames)
        assert frames[-1]["reason"] == "access"


async def test_a_device_that_holds_back_is_told_of_the_end_at_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "ACK_WINDOW", 3)
    async with serving(settings) as server:
        client, feed, coach, coach_id = await pair(server)
        await share(client, coach)
        async with talking(server, coach) as wire:
            live = (await follow(wire, feed, snap=True))[-1]
            await wire.send({"t": "ack", "cur": live["cur"], "f": feed})
            for number in range(6):
                await done(client.call("POST", GOALS, {"title": f"Goal {number}"}))
            await done(client.call("DELETE", f"/v1/shares/{coach_id}"))

            told = [frame for frame in await wire.until("unsubd") if frame["t"] != "ping"]

        assert len(told) == 4
        assert told[-1]["problem"]["code"] == "feed_unknown"

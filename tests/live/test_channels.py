"""Presence and typing: who hears of whom, over two nodes, and for how long."""

import asyncio

import pytest

from config.settings import Settings
from handlers.live.base import limits
from handlers.live.websocket.channel_subscriptions import BODY_BYTES
from models.base.ids import new_id
from models.base.merge_patch import Json
from streams.channels import presence
from tests.support.engines import TestEngines, redis_of
from tests.support.people.relations import pair, share
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.server.nodes import two_nodes
from tests.support.wire.answers import done
from tests.support.wire.sockets import calling, hello, talking
from tests.support.wire.waiting import until


def presence_of(user: str) -> Json:
    return {"t": "sub", "f": f"presence:{user}"}


async def there(server: Server, user: str) -> None:
    """Return when *user* is counted in."""
    async with asyncio.timeout(10):
        while not await server.node._presence.members(user):
            await asyncio.sleep(0.005)


def typing_to(user: str, kind: str = "start") -> Json:
    return {"t": "eph", "ch": f"typing:{user}", "kind": kind, "body": {"in": "chat"}}


async def test_a_coach_sees_a_client_come_and_go(
    engines: TestEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LINGER_MS", 200)
    monkeypatch.setattr(presence, "LOOK_EVERY_S", 0.05)
    async with two_nodes(engines) as (one, other):
        client, _, coach, _coach_id = await pair(one)
        client_id = scope_of(one, client).user
        await share(client, coach)

        async with talking(other, coach) as watching:
            await watching.send(presence_of(client_id))
            subd, state = [await watching.frame() for _ in range(2)]
            async with calling(one) as phone:
                await phone.send(hello(client, dev="phone"))
                joined = await watching.frame()
            left = await watching.frame()

        assert subd == {"t": "subd", "f": f"presence:{client_id}", "mode": "state"}
        assert (state["kind"], state["body"]) == ("state", {"members": []})
        assert (joined["kind"], joined["body"]) == ("diff", {"joined": [client_id], "left": []})
        assert (left["kind"], left["body"]) == ("diff", {"joined": [], "left": [client_id]})


async def test_a_device_that_comes_back_soon_was_never_away(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, _coach_id = await pair(server)
        client_id = scope_of(server, client).user
        await share(client, coach)

        async with talking(server, coach) as watching:
            for _ in range(3):
                async with calling(server) as phone:
                    await phone.send(hello(client, dev="phone"))
                    await phone.frame()
            members = await server.node._presence.members(client_id)
            await watching.send(presence_of(client_id))
            _, state = [await watching.frame() for _ in range(2)]

        assert members == {"phone"}
        assert state["body"] == {"members": [client_id]}


async def test_a_node_that_died_is_swept_away(
    settings: Settings, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LOOK_EVERY_S", 0.05)
    async with serving(settings) as server:
        client, _, coach, _coach_id = await pair(server)
        client_id = scope_of(server, client).user
        await share(client, coach)
        with redis_of(environ) as redis:  # what a killed node leaves behind
            redis.eval(presence._STAY, 1, f"here:{client_id}", "dead-1 phone", 300, 45_000)

        async with talking(server, coach) as watching:
            await watching.send(presence_of(client_id))
            _, state, left = [await watching.frame() for _ in range(3)]

        assert state["body"] == {"members": [client_id]}
        assert left["body"] == {"joined": [], "left": [client_id]}


async def test_what_is_typed_is_heard_on_the_other_node(engines: TestEngines) -> None:
    async with two_nodes(engines) as (one, other):
        client, _, coach, coach_id = await pair(one)
        client_id = scope_of(one, client).user
        await share(client, coach)
        # Each calls the channel by the other.
        channel = f"typing:{coach_id}"

        async with talking(one, client) as here, talking(other, coach) as there:
            await here.send({"t": "sub", "f": channel})
            await there.send({"t": "sub", "f": f"typing:{client_id}"})
            assert (await here.frame())["t"] == "subd"
            assert (await there.frame())["t"] == "subd"
            heard: Json = {}
            async with asyncio.timeout(10):
                while not heard:  # a subscription in Redis takes a moment
                    await there.send(typing_to(client_id))
                    try:
                        heard = await asyncio.wait_for(here.frame(), 1)
                    except TimeoutError:
                        continue
            await here.send(typing_to(coach_id, "stop"))
            answered = await there.frame()

        assert heard.pop("at")
        assert heard == {
            "t": "eph",
            "ch": channel,
            "kind": "start",
            "body": {"in": "chat"},
            "by": {"user": coach_id},
        }
        assert answered["ch"] == f"typing:{client_id}"
        assert (answered["kind"], answered["by"]["user"]) == ("stop", client_id)


async def test_strangers_hear_and_say_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, stranger, _ = await pair(server)
        client_id = scope_of(server, client).user

        async with talking(server, stranger) as wire:
            await wire.send(presence_of(client_id), presence_of(new_id("usr")))
            await wire.send({"t": "sub", "f": f"typing:{client_id}"}, typing_to(client_id))
            refusals = [await wire.frame() for _ in range(4)]

        assert [one["t"] for one in refusals] == ["unsubd"] * 3 + ["err"]
        assert {one["problem"]["code"] for one in refusals} == {"channel_unknown"}
        assert refusals[0]["problem"] == refusals[1]["problem"]


async def test_channels_count_with_feeds_towards_what_a_socket_may_follow(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SUBSCRIPTIONS", 2)
    async with serving(settings) as server:
        client, feed, _, _ = await pair(server)
        own = scope_of(server, client).user
        names = ("u:me", f"typing:{own}", f"presence:{own}", feed, f"typing:{own}")

        async with calling(server) as wire:
            await wire.send(hello(client, *({"f": name} for name in names)))
            [welcome, *_, unsubd] = await wire.until("unsubd")
            again = [(await wire.until("subd"))[-1]["f"] for _ in range(2)]

    assert welcome["limits"]["subs"] == 2
    assert unsubd["f"] == f"presence:{own}"
    assert unsubd["problem"]["code"] == "subscriptions_too_many"
    assert again == [feed, f"typing:{own}"]


async def test_bad_words_are_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, _, _ = await pair(server)
        own = scope_of(server, client).user

        async with talking(server, client) as wire:
            largest = {"text": "x" * (BODY_BYTES - len('{"text":""}'))}
            await wire.send(typing_to(own) | {"body": largest})
            large = typing_to(own) | {"body": {"text": largest["text"] + "x"}}
            await wire.send(large, {"t": "eph", "ch": f"presence:{own}", "kind": "diff"})
            await wire.send({"t": "eph", "ch": "u:me", "kind": "x"}, {"t": "eph", "ch": "x"})
            codes = [(await wire.frame())["problem"]["code"] for _ in range(4)]

        assert codes == ["message_too_large", "channel_closed", "channel_closed", "frame_invalid"]


async def test_who_loses_the_share_hears_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, coach_id = await pair(server)
        client_id = scope_of(server, client).user
        await share(client, coach)

        async with talking(server, coach) as wire:
            await wire.send(presence_of(client_id))
            await wire.until("eph")
            await done(client.call("DELETE", f"/v1/shares/{coach_id}"))
            lost = (await wire.until("unsubd"))[-1]

        assert lost["f"] == f"presence:{client_id}"
        assert server.node._channels.listeners(f"presence:{client_id}") == ()


async def test_who_unsubscribes_hears_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, _coach_id = await pair(server)
        client_id = scope_of(server, client).user
        await share(client, coach)

        async with talking(server, coach) as wire:
            await wire.send(presence_of(client_id), {"t": "unsub", "f": f"presence:{client_id}"})
            frames = await wire.until("unsubd")

        assert [frame["t"] for frame in frames] == ["subd", "eph", "unsubd"]


async def test_those_who_have_one_coach_do_not_hear_of_each_other(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, _, coach, coach_id = await pair(server)
        bob = await server.person()
        for client in (ann, bob):
            await share(client, coach)
        ann_id = scope_of(server, ann).user

        async with (
            talking(server, ann) as anns,
            talking(server, bob) as bobs,
            talking(server, coach) as coachs,
        ):
            await there(server, coach_id)
            for wire in (anns, bobs):
                await wire.send({"t": "sub", "f": f"typing:{coach_id}"}, presence_of(coach_id))
                state = (await wire.until("eph"))[-1]
                assert state["body"] == {"members": [coach_id]}
            # Who calls the channel by somebody's own name speaks to that one's own devices alone.
            await coachs.send({"t": "sub", "f": f"typing:{coach_id}"})
            await coachs.send({"t": "sub", "f": f"typing:{ann_id}"})
            assert [frame["f"] for frame in [await coachs.frame() for _ in range(2)]]
            await bobs.send(typing_to(coach_id, "bob"), typing_to(ann_id, "bob"))
            refused = (await bobs.until("err"))[-1]
            await anns.send(typing_to(coach_id, "ann"))
            to_coach = await coachs.frame()
            await coachs.send(typing_to(ann_id, "coach"))
            to_ann = (await anns.until("eph"))[-1]
            # What came to Bob meanwhile stands before the answer to his next frame.
            await bobs.send({"t": "unsub", "f": f"typing:{coach_id}"})
            to_bob = await bobs.until("unsubd")

        assert refused["problem"]["code"] == "channel_unknown"
        assert (to_coach["ch"], to_coach["kind"]) == (f"typing:{ann_id}", "ann")
        assert (to_ann["ch"], to_ann["kind"]) == (f"typing:{coach_id}", "coach")
        assert [frame["t"] for frame in to_bob] == ["unsubd"]


async def test_ones_own_devices_go_by_their_names(settings: Settings) -> None:
    async with serving(settings) as server:
        client, _, coach, _ = await pair(server)
        own = scope_of(server, client).user
        await share(client, coach)

        async with talking(server, coach) as watching, talking(server, client) as first:
            await there(server, own)
            await first.send(presence_of(own))
            state = (await first.until("eph"))[-1]
            await watching.send(presence_of(own))
            theirs = (await watching.until("eph"))[-1]
            async with calling(server) as second:
                await second.send(hello(client, dev="tablet"))
                joined = (await first.until("eph"))[-1]
                await watching.send({"t": "unsub", "f": f"presence:{own}"})
                heard = await watching.until("unsubd")

        assert state["body"] == {"members": ["phone"]}
        assert theirs["body"] == {"members": [own]}
        assert joined["body"] == {"joined": ["tablet"], "left": []}
        assert "tablet" not in str(heard)


@pytest.mark.parametrize("by", ["client", "coach"])
async def test_channels_close_on_every_node_when_the_relation_ends(
    engines: TestEngines, by: str
) -> None:
    async with two_nodes(engines) as (one, other):
        client, _, coach, coach_id = await pair(one)
        client_id = scope_of(one, client).user
        await share(client, coach)
        names = {client_id: coach_id, coach_id: client_id}

        async with talking(one, client) as clients, talking(other, coach) as coachs:
            for wire, whom in ((clients, coach_id), (coachs, client_id)):
                await wire.send({"t": "sub", "f": f"typing:{whom}"}, presence_of(whom))
                await wire.until("eph")
            if by == "client":
                await done(client.call("DELETE", f"/v1/shares/{coach_id}"))
            else:
                await done(coach.call("DELETE", f"/v1/clients/{client_id}"))
            closed = {}
            for wire, whom in ((clients, coach_id), (coachs, client_id)):
                ends = [(await wire.until("unsubd"))[-1] for _ in range(2)]
                closed[names[whom]] = {end["f"] for end in ends}
                await wire.send(typing_to(whom), {"t": "sub", "f": f"typing:{whom}"})
                refusals = [await wire.frame() for _ in range(2)]
                assert {frame["problem"]["code"] for frame in refusals} == {"channel_unknown"}

        assert closed == {
            mine: {f"typing:{whom}", f"presence:{whom}"} for mine, whom in names.items()
        }


async def test_nobody_gets_into_a_channel_while_it_closes(engines: TestEngines) -> None:
    async with two_nodes(engines) as (one, other):
        client, _, coach, coach_id = await pair(one)
        client_id = scope_of(one, client).user
        for _ in range(5):
            await share(client, coach)
            async with talking(one, client) as clients, talking(other, coach) as coachs:
                wires = ((clients, coach_id), (coachs, client_id))
                ending = asyncio.create_task(client.call("DELETE", f"/v1/shares/{coach_id}"))
                while not ending.done():
                    for wire, whom in wires:
                        await wire.send({"t": "sub", "f": f"typing:{whom}"})
                        await wire.until("subd", "unsubd")
                for wire, whom in wires:
                    await wire.send({"t": "sub", "f": f"typing:{whom}"})
                    frames = await wire.until("unsubd")
                    while "problem" not in frames[-1]:
                        frames = await wire.until("unsubd")
                topic = f"typing:{'+'.join(sorted((client_id, coach_id)))}"
                await until(lambda topic=topic: not listeners(one, other, topic))


def listeners(one: Server, other: Server, topic: str) -> int:
    """How many follow *topic* on two nodes."""
    return sum(len(server.node._channels.listeners(topic)) for server in (one, other))

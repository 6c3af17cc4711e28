"""Following a feed over a socket: from memory, from the log, from a snapshot."""

import pytest

from config.settings import Settings
from models.contexts import KINDS
from tests.support.laws.snapshots import head_of, snapshot, sums_of
from tests.support.people.furnished import GOALS, furnished, write_goals
from tests.support.people.scopes import reached, scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, numbers, sub, talking
from tests.support.wire.waiting import until


async def test_a_device_that_was_away_for_a_moment_resumes_from_memory(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        feed = (scope_of(server, person)).feed

        async with talking(server, person, {"f": "u:me"}) as watch:
            *_, live = await watch.until("live")
            start = int(live["cur"].partition(".")[2])
            await write_goals(person, 3)
            arrived = [await watch.frame() for _ in range(3)]
            async with talking(server, person) as phone:
                await phone.send(sub(live["cur"]))
                subd, *events, current = await phone.until("live")

        end = live["cur"].partition(".")[0] + f".{start + 3}"
        assert subd == {"t": "subd", "f": feed, "cur": live["cur"], "mode": "resume"}
        assert numbers(events) == [start + 1, start + 2, start + 3]
        assert events == arrived
        sums = current.pop("sums")
        assert current == {"t": "live", "f": feed, "cur": end}
        assert sums == sums_of((await snapshot(person))[0])


async def test_a_device_that_was_away_for_long_catches_up_from_the_log(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, start = await head_of(person)

        async with talking(server, person, {"f": "u:me"}) as watch:
            await watch.until("live")
            await write_goals(person, 130)
            arrived = [await watch.frame() for _ in range(130)]
            async with talking(server, person) as phone:
                await phone.send(sub(f"{epoch}.{start}"))
                subd, *events, _ = await phone.until("live")

        assert subd["mode"] == "catchup"
        assert numbers(events) == list(range(start + 1, start + 131))
        assert events == arrived


async def test_a_feed_that_the_node_forgot_is_read_from_the_log(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, start = await head_of(person)
        await write_goals(person, 2)
        await until(lambda: reached(server, person, start + 2))
        await server.node.hub.recover()

        async with talking(server, person) as phone:
            await phone.send(sub(f"{epoch}.{start}"))
            subd, *events, live = await phone.until("live")

        assert subd["mode"] == "catchup"
        assert numbers(events) == [start + 1, start + 2]
        assert live["cur"] == f"{epoch}.{start + 2}"


async def test_since_zero_is_everything_and_since_now_is_nothing(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        # What the streams have not brought yet is no part of "now".
        await until(lambda: reached(server, person, head))

        async with talking(server, person) as wire:
            await wire.send(sub("0"))
            everything = await wire.until("live")
            await wire.send(sub("now"))
            nothing = await wire.until("live")
            await wire.send(sub())
            same = await wire.until("live")

        assert everything[0]["cur"] == f"{epoch}.0"
        assert numbers(everything) == list(range(1, head + 1))
        assert [frame["t"] for frame in nothing] == ["subd", "live"]
        assert [frame["cur"] for frame in (*nothing, *same)] == 4 * [f"{epoch}.{head}"]


async def test_a_snapshot_comes_before_the_tail(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        documents, cursor = await snapshot(person)
        await until(lambda: reached(server, person, int(cursor.partition(".")[2])))

        async with talking(server, person) as wire:
            await wire.send(sub(snap=True))
            subd, *pages, live = await wire.until("live")
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            event = await wire.frame()

        got = {page["kind"]: {item["id"]: item for item in page["items"]} for page in pages}
        assert subd["mode"] == "snapshot"
        assert got == documents
        assert [page["kind"] for page in pages] == list(KINDS)
        assert {page["last"] for page in pages} == {True}
        assert {frame["cur"] for frame in (subd, *pages, live)} == {cursor}
        assert event["seq"] == int(cursor.partition(".")[2]) + 1


async def test_a_feed_that_cannot_be_followed_is_answered(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await furnished(server), await server.person()
        epoch, _ = await head_of(person)
        feed, theirs = (scope_of(server, who).feed for who in (person, stranger))
        wishes = [
            (sub(feed=theirs), 404, "feed_unknown"),
            (sub(feed="u:usr_1"), 404, "feed_unknown"),
            (sub(feed="admin:kpi"), 404, "feed_unknown"),
            (sub(feed=theirs, snap=True), 404, "feed_unknown"),
            (sub(f"{epoch}.1", feed=theirs), 404, "feed_unknown"),
            *((sub(since), 400, "cursor_malformed") for since in malformed_cursors(epoch)),
        ]

        async with talking(server, person) as wire:
            for wish, status, code in wishes:
                await wire.send(wish)
                answer = await wire.frame()
                full_name = feed if wish["f"] == "u:me" else wish["f"]
                assert (answer["t"], answer["f"]) == ("unsubd", full_name), answer
                assert answer["problem"]["status"] == status, (wish, answer)
                assert answer["problem"]["code"] == code, (wish, answer)
            await wire.send(sub("now"))
            assert (await wire.frame())["t"] == "subd"


def malformed_cursors(epoch: str) -> tuple[str, ...]:
    """What the server never gave out."""
    return ("", "x", f"{epoch}.-1", f"{epoch}.01", f"{epoch}.1\n", f"{epoch}.{'9' * 20}", "NOW")


async def test_a_feed_that_was_refused_leaves_the_one_that_is_followed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person, {"f": "u:me"}) as wire:
            await wire.until("live")
            await wire.send(sub("x"))
            assert (await wire.frame())["t"] == "unsubd"
            await done(person.call("POST", GOALS, {"title": "Swim"}))

            assert (await wire.frame())["t"] == "ev"


@pytest.mark.parametrize("since", ["zzzz.1", "{epoch}.9999999"], ids=["another log", "ahead"])
async def test_a_position_of_another_log_is_reset(settings: Settings, since: str) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        feed = (scope_of(server, person)).feed
        await until(lambda: reached(server, person, head))

        async with talking(server, person) as wire:
            await wire.send(sub(since.format(epoch=epoch)))
            reset = await wire.frame()
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            event = await wire.frame()
            await wire.send(sub(snap=True))
            anew = await wire.until("live")

        assert reset == {
            "t": "reset",
            "f": feed,
            "reason": "epoch",
            "cur": f"{epoch}.{head}",
            "snapshot": f"/v1/snapshot?feed={feed}",
        }
        assert (event["t"], event["seq"]) == ("ev", head + 1)
        assert (anew[0]["mode"], anew[-1]["cur"]) == ("snapshot", f"{epoch}.{head + 1}")


async def test_a_position_that_is_not_kept_any_more_is_reset(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        feed = (scope_of(server, person)).feed
        await until(lambda: reached(server, person, head))
        await server.node.hub.recover()
        await server.node.database["events"].delete_many({"feed": feed, "seq": {"$lt": 4}})

        async with talking(server, person) as wire:
            await wire.send(sub(f"{epoch}.1"))
            reset = await wire.frame()
            await wire.send(sub(f"{epoch}.3"))
            subd, *events, _ = await wire.until("live")

        assert (reset["t"], reset["reason"]) == ("reset", "retention")
        assert reset["cur"] == f"{epoch}.{head}"
        assert subd["mode"] == "catchup"
        assert numbers(events) == list(range(4, head + 1))


async def test_who_unsubscribes_hears_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        feed = (scope_of(server, person)).feed

        async with (
            talking(server, person, {"f": "u:me"}) as watch,
            talking(server, person, {"f": "u:me"}) as phone,
        ):
            await watch.until("live")
            *_, live = await phone.until("live")
            await phone.send({"t": "unsub", "f": "u:me"})
            unsubd = await phone.frame()
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            event = await watch.frame()
            await phone.send(sub(live["cur"]))
            frames = await phone.until("live")

        assert unsubd == {"t": "unsubd", "f": feed}
        assert [frame["t"] for frame in frames] == ["subd", "ev", "live"]
        assert frames[1] == event


async def test_who_subscribes_again_hears_everything_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person, {"f": "u:me"}) as wire:
            *_, live = await wire.until("live")
            await wire.send(sub(live["cur"]), sub(live["cur"]))
            await wire.until("live")
            await write_goals(person, 2)
            await wire.send(mut("POST", GOALS, {"title": "Last"}))
            frames = [await wire.frame() for _ in range(4)]

            seqs = numbers(frames)
            assert seqs == [seqs[0], seqs[0] + 1, seqs[0] + 2]
            assert server.node.hub._topics[live["f"]].audience == 1

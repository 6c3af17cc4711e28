"""The live protocol, spoken by hand on raw WebSockets."""

import contextlib
import datetime as dt

import msgspec
import pytest

from config.settings import Settings
from models.access.limits import FRAME_BYTES
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from models.contexts import KINDS
from tests.support.laws.snapshots import head_of, snapshot, sums_of
from tests.support.people.furnished import (
    ENTRY,
    GOAL,
    GOALS,
    HABIT,
    ONE_GOAL,
    furnished,
    write_goals,
)
from tests.support.people.scopes import reached, scope_of
from tests.support.server import PASSWORD, serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import (
    TOKEN_S,
    calling,
    hello,
    mut,
    numbers,
    only_connection,
    sub,
    talking,
)
from tests.support.wire.waiting import now, until


async def test_hello_is_welcomed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        caller = server.node.services.sessions.authenticate(person.token)

        async with calling(server, protocol="upcoach.v1") as wire:
            await wire.send(hello(person, hb=15, dev="phone", app="2.4.0", later="ignored"))
            welcome = await wire.frame()

            assert wire.protocol == "upcoach.v1"
            assert set(welcome) == {"t", "conn", "cur", "hb", "exp", "now", "limits"}
            assert (welcome["t"], welcome["hb"]) == ("welcome", 15)
            assert welcome["cur"] == f"{epoch}.{head}"
            assert dt.datetime.fromisoformat(welcome["exp"]) == caller.expires_at
            assert welcome["conn"] == only_connection(server).name
            assert welcome["limits"] == {
                "frame": FRAME_BYTES,
                "subs": 64,
                "muts": 32,
                "mut_s": 1_000_000,
                "frame_s": 100,
                "unacked": 1_000,
                "window": 262_144,
            }


async def test_a_token_may_come_in_the_header(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with calling(server, token=person.token) as wire:
            await wire.send({"t": "hello", "v": 1, "subs": [{"f": "u:me"}]})
            frames = await wire.until("live")

            assert [frame["t"] for frame in frames] == ["welcome", "subd", "live"]


async def test_an_unknown_subprotocol_is_not_agreed_to(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with calling(server, protocol="upcoach.v9") as wire:
            await wire.send(hello(person))

            assert (await wire.frame())["t"] == "welcome"
            assert wire.protocol is None


@pytest.mark.parametrize("in_header", [False, True], ids=["no token", "token in the header"])
async def test_who_says_nothing_for_ten_seconds_is_closed(
    settings: Settings,
    in_header: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with calling(server, token=person.token if in_header else "") as wire:
            await until(lambda: bool(server.node._connections._open))
            connection = only_connection(server)
            if in_header:
                await until(lambda: connection.caller is not None)
            connection.tick(now() + 9)
            still_open = only_connection(server)
            connection.tick(now() + 11)

            assert still_open is connection
            assert await wire.closed() == 4408


def first_frames() -> dict[str, tuple[Json | str, int]]:
    """What may not come first, and the code that it is closed with."""
    return {
        "no token": ({"t": "hello", "v": 1}, 4401),
        "a token of nobody": ({"t": "hello", "v": 1, "token": "usr_1.ses_1.c2VjcmV0"}, 4401),
        "a token that is none": ({"t": "hello", "v": 1, "token": "\x00\ud7ff"}, 4401),
        "another version": ({"t": "hello", "v": 2, "token": "x"}, 4426),
        "a subscription": (sub(), 4400),
        "a write": (mut("POST", GOALS, {"title": "X"}), 4400),
        "a pong": ({"t": "pong"}, 4400),
        "no JSON": ("hello", 4400),
        "half a frame": ('{"t":"hello",', 4400),
        "NaN": ('{"t":"hello","v":NaN}', 4400),
        "a lone surrogate": ('{"t":"hello","v":1,"token":"\\ud800"}', 4400),
    }


async def test_a_conversation_begins_with_hello(settings: Settings) -> None:
    async with serving(settings) as server:
        codes = {}
        for name, (frame, _) in first_frames().items():
            async with calling(server) as wire:
                await wire.send(frame)
                codes[name] = await wire.closed()

        assert codes == {name: code for name, (_, code) in first_frames().items()}


async def test_a_bad_token_in_the_header_closes(settings: Settings) -> None:
    async with serving(settings) as server, calling(server, token="usr_1.ses_1.eA") as wire:
        assert await wire.closed() == 4401


async def test_what_is_no_text_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            await wire.send_bytes(msgspec.json.encode(sub()))

            assert await wire.closed() == 4400


async def test_what_is_no_json_closes_a_conversation(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)
        messages = (
            '{"t":"sub"',
            '{"t":"sub","f":"u:me"}}',
            "{'t':'sub','f':'u:me'}",
            raw_mut('{"title":"\\ud800"}'),
            raw_mut('{"title":NaN}'),
            raw_mut("[" * 30_000 + "]" * 30_000),
        )

        codes = []
        for message in messages:
            async with talking(server, person) as wire:
                await wire.send(message)
                codes.append(await wire.closed())

        assert codes == [4400] * len(messages)
        assert await snapshot(person) == before


async def test_nothing_is_done_after_a_frame_that_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)

        async with talking(server, person) as wire:
            await wire.send("no frame", mut("POST", GOALS, {"title": "Too late"}))

            assert await wire.closed() == 4400
        await server.node.committer.drain()
        assert await snapshot(person) == before


async def test_a_message_that_is_too_large_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)

        async with talking(server, person) as wire:
            await wire.send(mut("POST", GOALS, {"title": "x" * FRAME_BYTES}))

            assert await wire.closed() == 1009
        assert await snapshot(person) == before


async def test_a_frame_that_is_not_understood_is_answered_and_the_conversation_goes_on(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)
        frames: list[Json | str] = [
            {"t": "dance"},
            {"t": 1},
            {"t": None},
            {"f": "u:me"},
            {"t": "sub"},
            {"t": "sub", "f": {"$gt": ""}},
            {"t": "sub", "f": "x" * 257},
            {"t": "sub", "f": "u:me", "since": 0},
            {"t": "sub", "f": "u:me", "snap": "yes"},
            {"t": "unsub"},
            {"t": "mut"},
            {"t": "mut", "id": 1, "op": "POST", "path": GOALS},
            {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": GOALS, "base": "v1"},
            {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": "/" + "x" * 256},
            hello(person, hb=14),
            hello(person, hb=121),
            hello(person, *[{"f": "u:me"}] * 65),
            hello(person) | {"v": "1"},
            "[]",
            "[" * 60_000,
            "1",
            '"sub"',
            "null",
            "true",
        ]

        async with talking(server, person) as wire:
            for frame in frames:
                await wire.send(frame)
                answer = await wire.frame()
                assert set(answer) == {"t", "problem"}, (frame, answer)
                assert answer["t"] == "err", (frame, answer)
                assert answer["problem"]["code"] == "frame_invalid", (frame, answer)
                assert answer["problem"]["status"] == 400, (frame, answer)
            await wire.send(hello(person))
            repeated = await wire.frame()
            await wire.send(sub("now"))

            assert repeated["problem"]["code"] == "hello_repeated"
            assert [frame["t"] for frame in await wire.until("live")] == ["subd", "live"]
        assert await snapshot(person) == before


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
        theirs = (scope_of(server, stranger)).feed
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
                assert (answer["t"], answer["f"]) == ("unsubd", wish["f"]), answer
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
            reset, live = await wire.until("live")
            await done(person.call("POST", GOALS, {"title": "Swim"}))
            event = await wire.frame()

        assert reset == {
            "t": "reset",
            "f": feed,
            "reason": "epoch",
            "cur": f"{epoch}.{head}",
            "snapshot": f"/v1/snapshot?feed={feed}",
        }
        assert live["cur"] == f"{epoch}.{head}"
        assert event["seq"] == head + 1


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
            reset, *_ = await wire.until("live")
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


async def test_a_device_is_pinged_and_closed_when_it_does_not_answer(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)

        async with talking(server, person, {"f": "u:me", "since": "0"}) as wire:
            *_, live = await wire.until("live")
            connection, began = only_connection(server), now()
            connection.tick(began + 29)
            connection.tick(began + 31)
            ping = await wire.frame()
            await connection.take(b'{"t":"pong"}\n', began + 60)
            connection.tick(began + 62)
            again = await wire.frame()
            connection.tick(began + 122)

            assert set(ping) == {"t", "now", "top"}
            assert (ping["t"], ping["top"]) == ("ping", {live["f"]: head})
            assert again["t"] == "ping"
            assert await wire.closed() == 4511


async def test_a_device_that_takes_no_bytes_is_closed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            connection = only_connection(server)
            connection._outlet.stuck_since = now() - 59
            connection.tick(now())
            await wire.send(sub("now"))
            assert (await wire.frame())["t"] == "subd"
            connection._outlet.stuck_since = now() - 61
            connection.tick(now())

            assert await wire.closed() == 4508


async def test_a_session_that_expires_closes_its_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            connection = only_connection(server)
            connection._heard = now() + TOKEN_S
            connection.tick(now() + TOKEN_S - 59)
            expiring = (await wire.until("auth_expiring"))[-1]
            connection.tick(now() + TOKEN_S + 28)  # its end is cut to a second
            await wire.send(sub("now"))
            assert (await wire.frame())["t"] == "ping"
            assert (await wire.frame())["t"] == "subd"
            connection._heard = now() + TOKEN_S
            connection.tick(now() + TOKEN_S + 31)

            assert connection.caller is not None
            assert dt.datetime.fromisoformat(expiring["exp"]) == connection.caller.expires_at

            assert await wire.closed() == 4401


async def test_a_session_that_was_ended_elsewhere_closes_its_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person("phone")
        email = (await phone.call("GET", "/v1/me")).body["email"]
        watch = await server.client().log_in(email, PASSWORD, "watch")

        async with talking(server, phone) as kept, talking(server, watch) as ended:
            await done(watch.call("POST", "/v1/auth/logout"))
            code = await ended.closed()
            await kept.send(sub("now"))

            assert code == 4403
            assert (await kept.frame())["t"] == "subd"
        watch.close()


async def test_a_node_that_stops_says_so(settings: Settings) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with serving(settings) as server:
            person = await furnished(server)
            wire = await stack.enter_async_context(talking(server, person))

        assert await wire.closed() == 4503


async def test_a_write_is_answered_as_over_rest(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        goal = new_id("gol")

        async with talking(server, person) as wire:
            create = mut("POST", GOALS, {"id": goal, "title": "Swim"})
            change = mut("PATCH", f"/v1/goals/{goal}", {"title": "Swim far"}, base=1)
            delete = mut("DELETE", f"/v1/goals/{goal}", base=2)
            await wire.send(create, "", "  ", change, delete)
            created, changed, deleted = await wire.answers(3)

        assert [created["id"], changed["id"], deleted["id"]] == [
            create["id"],
            change["id"],
            delete["id"],
        ]
        assert [created["status"], changed["status"], deleted["status"]] == [201, 200, 204]
        assert set(created) == {"t", "id", "status", "ver", "cur", "body"}
        assert (created["ver"], created["cur"]) == (1, f"{epoch}.{head + 1}")
        assert created["body"]["title"] == "Swim"
        assert (changed["ver"], changed["cur"]) == (2, f"{epoch}.{head + 2}")
        assert changed["body"]["title"] == "Swim far"
        assert {k: v for k, v in deleted.items() if k != "id"} == {
            "t": "res",
            "status": 204,
            "cur": f"{epoch}.{head + 3}",
        }


async def test_a_bad_write_is_answered_with_a_problem_and_changes_nothing(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)
        goal, entry = ONE_GOAL.format(id=GOAL), ENTRY.format(id=HABIT, local_date="2026-01-05")
        swim: Json = {"title": "Swim"}
        deep = "[" * 40 + "]" * 40
        writes: list[tuple[Json | str, int, str]] = [
            (mut("POST", "/v1/nothing", swim), 404, "path_unknown"),
            (mut("POST", f"{GOALS}/", swim), 404, "path_unknown"),
            (mut("POST", f"{GOALS}?x=1", swim), 404, "path_unknown"),
            (mut("POST", "goals", swim), 404, "path_unknown"),
            (mut("POST", "", swim), 404, "path_unknown"),
            (mut("POST", f"{GOALS}\n", swim), 404, "path_unknown"),
            (mut("DELETE", GOALS), 405, "method_not_allowed"),
            (mut("GET", GOALS), 405, "method_not_allowed"),
            (mut("post", GOALS, swim), 405, "method_not_allowed"),
            (mut("x" * 256, GOALS, swim), 405, "method_not_allowed"),
            (mut("POST", "/v1/auth/logout"), 405, "method_not_allowed"),
            (mut("POST", "/v1/auth/register", {}), 405, "method_not_allowed"),
            (mut("POST", "/v1/imports/loop"), 405, "method_not_allowed"),
            (mut("POST", GOALS), 422, "body_invalid"),
            (mut("POST", GOALS, []), 422, "body_invalid"),
            (mut("POST", GOALS, {"title": {"$gt": ""}}), 422, "body_invalid"),
            (mut("POST", GOALS, swim | {"owner": "usr_1"}), 422, "body_invalid"),
            (mut("PUT", entry, {"value": 1}), 422, "body_invalid"),
            (mut("PUT", f"{entry}x", {}), 422, "body_invalid"),
            (mut("PATCH", goal, swim), 428, "version_required"),
            (mut("PATCH", goal, swim, base=0), 400, "version_invalid"),
            (mut("PATCH", goal, swim, base=-1), 400, "version_invalid"),
            (mut("PATCH", goal, swim, base=2**63), 400, "version_invalid"),
            (mut("PATCH", goal, swim, base=10**30), 400, "version_invalid"),
            (mut("PATCH", "/v1/goals/x", swim, base=1), 404, "not_found"),
            (mut("PATCH", f"{GOALS}/{HABIT}", swim, base=1), 404, "not_found"),
            (mut("DELETE", f"{GOALS}/\0"), 400, "parameter_invalid"),
            (mut("POST", GOALS, swim, id="1"), 400, "mutation_id_invalid"),
            (mut("POST", GOALS, swim, id=""), 400, "mutation_id_invalid"),
            (mut("POST", GOALS, swim, id=new_mutation_id().upper()), 400, "mutation_id_invalid"),
            (raw_mut('{"title":"a","title":"b"}'), 400, "json_malformed"),
            (raw_mut('{"title":"\\u0000"}'), 400, "json_malformed"),
            (raw_mut('{"title":"a","progress":1152921504606846976}'), 400, "json_malformed"),
            (raw_mut('{"title":"a","progress":1e999}'), 400, "json_malformed"),
            (raw_mut('{"title":' + deep + "}"), 400, "json_malformed"),
        ]

        async with talking(server, person) as wire:
            for write, status, code in writes:
                await wire.send(write)
                answer = await wire.frame()
                shown = (write, answer)
                assert set(answer) == {"t", "id", "status", "problem"}, shown
                assert (answer["status"], answer["problem"]["code"]) == (status, code), shown
                assert answer["problem"]["status"] == status, shown
                assert set(answer["problem"]) >= {"type", "title", "detail", "instance"}, shown
        assert await snapshot(person) == before


def raw_mut(body: str) -> str:
    """A write whose body is *body*, whatever that is."""
    head = msgspec.json.encode(mut("POST", GOALS)).decode().removesuffix("}")
    return f'{head},"body":{body}}}'


async def test_a_write_is_carried_out_once_for_its_id(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        write = mut("POST", GOALS, {"title": "Swim"})

        async with talking(server, person) as wire:
            await wire.send(write)
            (first,) = await wire.answers(1)
            witness = await snapshot(person)
            answers = []
            for repeat in (write, write | {"body": {"title": "Walk"}}, write | {"base": 1}):
                await wire.send(repeat)
                answers += await wire.answers(1)
            again, other, based = answers
        over_rest = await person.call(
            "POST", GOALS, write["body"], headers={"Idempotency-Key": write["id"]}
        )

        assert "replayed" not in first
        assert again == first | {"replayed": True}
        assert (other["status"], other["problem"]["code"]) == (422, "mutation_reused")
        assert (based["status"], based["problem"]["code"]) == (422, "mutation_reused")
        assert over_rest.body == first["body"]
        assert over_rest.headers["idempotency-replayed"] == "true"
        assert await snapshot(person) == witness


async def test_a_write_that_is_still_running_is_not_begun_again(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        _, head = await head_of(person)
        write = mut("POST", GOALS, {"title": "Swim"})

        async with talking(server, person) as wire:
            await wire.send(write, write)
            answers = await wire.answers(2)
            await wire.send(write)
            (again,) = await wire.answers(1)

        by_status = {answer["status"]: answer for answer in answers}
        assert set(by_status) == {201, 409}
        assert by_status[409]["problem"]["code"] == "mutation_running"
        assert again == by_status[201] | {"replayed": True}
        assert (await head_of(person))[1] == head + 1


async def test_one_bad_write_does_not_stop_those_behind_it(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        writes = [
            mut("POST", GOALS, {"title": str(n)}) if n % 3 else mut("POST", GOALS, {"title": n})
            for n in range(100)
        ]

        async with talking(server, person) as wire:
            await wire.send(*writes)
            answers = {answer["id"]: answer for answer in await wire.answers(100)}

        assert [answers[write["id"]]["status"] for write in writes] == [
            201 if n % 3 else 422 for n in range(100)
        ]
        titles = [answers[write["id"]]["body"]["title"] for n, write in enumerate(writes) if n % 3]
        seqs = [
            int(answers[write["id"]]["cur"].partition(".")[2])
            for write in writes
            if "cur" in answers[write["id"]]
        ]
        assert titles == [str(n) for n in range(100) if n % 3]
        assert seqs == list(range(seqs[0], seqs[0] + len(titles)))


async def test_an_event_says_whose_write_it_is(settings: Settings) -> None:
    async with serving(settings) as server:
        phone = await server.person("phone")
        scope = scope_of(server, phone)
        key = new_mutation_id()

        async with talking(server, phone, {"f": "u:me"}) as wire:
            await wire.until("live")
            write = mut("POST", GOALS, {"title": "Swim"})
            await wire.send(write)
            frames = await wire.until("ev")
            on_socket = frames[-1]
            if frames[0]["t"] != "res":
                await wire.until("res")
            await done(phone.call("POST", GOALS, {"title": "a"}, headers={"Idempotency-Key": key}))
            over_rest = await wire.frame()
            await done(phone.call("POST", GOALS, {"title": "b"}))
            unnamed = await wire.frame()

        assert on_socket["by"] == {"user": scope.user, "dev": "phone", "mut": write["id"]}
        assert over_rest["by"] == {"user": scope.user, "dev": "phone", "mut": key}
        assert unnamed["by"] == {"user": scope.user, "dev": "phone"}
        assert set(on_socket) == {"t", "f", "seq", "type", "id", "ver", "doc", "by", "at"}


async def test_events_over_http_are_the_same_bytes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        token = {"Authorization": f"Bearer {person.token}"}

        lines: list[str] = []
        async with talking(server, person, {"f": "u:me", "since": "0"}) as wire:
            while len(lines) < head:
                line = await wire.line()
                assert line is not None
                if line.startswith('{"t":"ev"'):
                    lines.append(line)
        pages = []
        path = "/v1/events?since=0&limit=3"
        while path:
            page = await person._http.fetch(server.url + path, headers=token)
            pages.append(page)
            path = page.headers.get("Link", "").partition(">")[0].removeprefix("<")

        starts = range(0, head + 1, 3)
        assert [page.body.decode() for page in pages] == [
            f"[{','.join(lines[start : start + 3])}]" for start in starts
        ]
        assert [page.headers["Upcoach-Cursor"] for page in pages] == [
            f"{epoch}.{min(start + 3, head)}" for start in starts
        ]
        assert [page.headers.get("Upcoach-Up-To-Date") for page in pages] == [
            *[None] * (len(pages) - 1),
            "true",
        ]


async def test_what_an_erased_person_wrote_is_skipped(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        scope = scope_of(server, person)
        _, head = await head_of(person)

        async with talking(server, person) as wire:
            await server.node.keyring.destroy(scope.user)
            await wire.send(sub("0"))
            subd, *skips, live = await wire.until("live")

        assert (subd["t"], live["t"]) == ("subd", "live")
        assert skips == [
            {"t": "skip", "f": scope.feed, "from": seq, "to": seq} for seq in range(1, head + 1)
        ]
        assert (await person.call("GET", "/v1/me")).status == 404

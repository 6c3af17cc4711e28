"""Writes over a socket, and the events that come of them."""

from config.settings import Settings
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from tests.support.laws.snapshots import head_of, snapshot
from tests.support.people.furnished import ENTRY, GOAL, GOALS, HABIT, ONE_GOAL, furnished
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, raw_mut, sub, talking


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

"""Imports that go on after their request: followed, cancelled, refused, and done once."""

import asyncio
import dataclasses

import msgspec
import pytest

from config.settings import Settings
from handlers.live.base import connections
from models.base.ids import new_id
from models.jobs import KEPT, MOST, MOST_OPEN
from tests.jobs.writing import (
    CANCEL,
    JOBS,
    ONE,
    START,
    begin,
    do_part,
    due_jobs,
    ended,
    inputs_of,
    moods_of,
    queue,
    state_of,
    table,
)
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import events_since
from tests.support.people.scopes import scope_of
from tests.support.server import ServerProcess, serving
from tests.support.wire.answers import done
from tests.support.wire.waiting import until
from upcoach.services.imports import imports
from upcoach.services.jobs import JobPart
from upcoach.services.jobs.job_runner import TRIES
from upcoach.store.collections import job_inputs
from upcoach.store.write.timers import DueTimer

KEY = "01a20c66-99df-75bd-8f37-3328887fd949"


def doing(settings: Settings) -> Settings:
    return dataclasses.replace(settings, roles=frozenset({"web", "schedule"}))


class Broken:
    """Work that fails, and should not."""

    async def part(self, *_: object) -> JobPart:
        raise ZeroDivisionError


class Endless:
    """Work that never ends."""

    async def part(self, *_: object) -> JobPart:
        await asyncio.Event().wait()
        raise AssertionError


async def test_an_import_goes_on_after_its_answer_and_tells_how_far_it_is(
    settings: Settings,
) -> None:
    async with serving(doing(settings)) as server:
        person = await server.person()
        number = 2 * imports.PART + 7

        answer = await begin(person, table(number))
        location = answer.headers["location"]
        after = await ended(person, location)

        assert (answer.status, location) == (202, ONE.format(id=answer.body["id"]))
        assert answer.headers["preference-applied"] == "respond-async"
        assert (answer.body["state"], answer.body["progress"]) == ("queued", 0.0)
        patches = [
            event["patch"]
            for event in await events_since(person, answer.headers["upcoach-cursor"])
            if event["type"] == "job.updated"
        ]
        assert [patch["progress"] for patch in patches] == [0.3333, 0.6667, 1.0]
        assert [patch.get("state") for patch in patches] == ["running", None, "succeeded"]
        at_once = await begin(person, table(number), prefer="")
        assert at_once.status == 200
        assert after["result"] == at_once.body | {"moods": {"created": number, "kept": 0}}
        assert await inputs_of(server, after["id"]) == 0


async def test_an_empty_file_is_a_job_that_is_soon_done(settings: Settings) -> None:
    async with serving(doing(settings)) as server:
        person = await server.person()

        after = await ended(person, (await begin(person, table(0))).headers["location"])

        assert after["state"] == "succeeded"
        assert after["result"]["moods"] == {"created": 0, "kept": 0}


async def test_a_repeat_under_one_name_is_the_same_job(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        first = await begin(person, table(3), key=KEY)
        again = await begin(person, table(3), key=KEY)
        other = await begin(person, table(4), key=KEY)

        assert (again.status, again.body) == (202, first.body)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["idempotency-replayed"] == "true"
        assert (other.status, other.body["code"]) == (422, "mutation_reused")
        assert len((await done(person.call("GET", JOBS))).body["items"]) == 1


async def test_of_two_at_once_under_one_name_one_keeps_its_input(settings: Settings) -> None:
    async with serving(settings) as first, serving(settings) as second:
        person = await first.person()
        there = second.client(person.token)

        answers = await asyncio.gather(
            *(begin(one, table(3), key=KEY) for one in (person, there, person))
        )

        begun = {answer.body["id"] for answer in answers if answer.status == 202}
        assert len(begun) == 1
        stored = await first.node.database[job_inputs.COLLECTION].distinct("_id")
        assert {name.split("/")[1] for name in stored} == begun


async def test_a_job_that_is_deleted_while_a_part_is_prepared_is_no_fault(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        name = (await begin(person, table(3))).body["id"]
        due = (await due_jobs(server))[name]
        runner = server.node.services.jobs.runner
        work = runner._works["import"]

        class Deleting:
            """The same work, while its owner deletes the job."""

            async def part(self, owner: str, header: bytes, content: bytes) -> JobPart:
                await done(person.call("POST", CANCEL.format(id=name)))
                await done(person.call("DELETE", ONE.format(id=name)))
                return await work.part(owner, header, content)

        runner.does("import", Deleting())
        await do_part(server, due)

        assert await moods_of(server, person) == 0
        assert (await person.call("GET", ONE.format(id=name))).status == 404


async def test_a_file_that_is_none_is_refused_at_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()

        answer = await begin(person, b"at,level\nnever,9\n")

        assert (answer.status, answer.body["code"]) == (422, "import_invalid")
        assert (await person.call("GET", JOBS)).body["items"] == []


async def test_nothing_more_is_done_of_a_job_that_is_cancelled(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        name = (await begin(person, table(2 * imports.PART))).body["id"]
        due = (await due_jobs(server))[name]
        await do_part(server, due)

        cancelled = await person.call("POST", CANCEL.format(id=name))
        assert await inputs_of(server, name) == 0
        again = await person.call("POST", CANCEL.format(id=name))
        await do_part(server, due)

        assert cancelled.body["state"] == again.body["state"] == "cancelled"
        assert cancelled.body["progress"] == 0.5
        assert await moods_of(server, person) == imports.PART


async def test_a_part_is_done_once_however_many_do_it(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        answer = await begin(person, table(3 * imports.PART))
        due = (await due_jobs(server))[answer.body["id"]]

        for _ in range(3):
            await asyncio.gather(*(do_part(server, due) for _ in range(3)))

        job = await state_of(person, answer.headers["location"])
        assert job["state"] == "succeeded"
        assert job["result"]["moods"] == {"created": 3 * imports.PART, "kept": 0}
        assert await moods_of(server, person) == 3 * imports.PART


async def test_a_job_ends_with_the_login_that_began_it(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        email = (await person.call("GET", "/v1/me")).body["email"]
        answer = await begin(person, table(2 * imports.PART))
        due = (await due_jobs(server))[answer.body["id"]]
        await do_part(server, due)
        await done(person.call("POST", "/v1/auth/logout"))

        await do_part(server, due)

        again = await server.client().log_in(email, "correct horse battery", "phone")
        job = await state_of(again, answer.headers["location"])
        assert (job["state"], job["error"]["code"]) == ("failed", "session_ended")
        assert await moods_of(server, again) == imports.PART
        again.close()


async def test_a_job_whose_input_is_gone_or_that_is_late_says_so(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        lost, late = new_id("job"), new_id("job")
        await queue(server, person, lost, late)
        due = await due_jobs(server)

        await do_part(server, due[lost])
        await do_part(server, due[late], is_late=True)

        jobs = [await state_of(person, ONE.format(id=name)) for name in (lost, late)]
        assert [job["state"] for job in jobs] == ["failed", "failed"]
        assert [job["error"]["code"] for job in jobs] == ["job_input_gone", "job_late"]


async def test_a_fault_of_ours_is_tried_again_and_then_ends_the_job(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        answer = await begin(person, table(3))
        due = (await due_jobs(server))[answer.body["id"]]
        server.node.services.jobs.runner.does("import", Broken())

        with pytest.raises(ZeroDivisionError):
            await do_part(server, due)
        waiting = await state_of(person, answer.headers["location"])
        await do_part(server, msgspec.structs.replace(due, failures=TRIES - 1))

        job = await state_of(person, answer.headers["location"])
        assert (waiting["state"], job["state"]) == ("queued", "failed")
        assert job["error"]["code"] == "internal"


async def test_a_part_that_does_not_end_has_failed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        answer = await begin(person, table(3))
        due = (await due_jobs(server))[answer.body["id"]]
        runner = server.node.services.jobs.runner
        runner.does("import", Endless())
        runner.patience_s = 0.01

        with pytest.raises(TimeoutError):
            await do_part(server, due)
        await do_part(server, msgspec.structs.replace(due, failures=TRIES - 1))

        job = await state_of(person, answer.headers["location"])
        assert (job["state"], job["error"]["code"]) == ("failed", "internal")


async def test_no_reminder_waits_for_a_job(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await begin(person, table(3))
        server.node.services.jobs.runner.does("import", Endless())
        due = {"title": "Call", "due_date": "2026-01-05", "due_time": "18:00", "tz": "UTC"}
        task = (await done(person.call("POST", "/v1/tasks", due))).body["id"]
        rows, timers = server.node.database["timers"], server.node.assembly.timers
        row = {"rule": "task_due", "claim_at": START, "due": START, "failures": 0, "revision": "x"}
        row |= {"owner": scope_of(server, person).user, "about": task}
        await rows.insert_one(row | {"_id": f"{row['owner']}/{task}/task_due"})

        async with asyncio.timeout(5):
            await timers.run_due()

        assert await rows.count_documents({"rule": "task_due"}) == 0
        assert await rows.count_documents({"rule": "job", "claim": {"$exists": False}}) == 1


async def test_an_account_has_few_open_jobs_and_the_newest_records(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        old = sorted(new_id("job") for _ in range(MOST))
        await queue(server, person, *old, ended=True)

        answers = [await begin(person, table(1)) for _ in range(MOST_OPEN + 1)]

        assert [answer.status for answer in answers] == [*[202] * MOST_OPEN, 409]
        assert answers[-1].body["code"] == "jobs_too_many"
        items = (await done(person.call("GET", f"{JOBS}?limit=100"))).body["items"]
        assert [item["id"] for item in items[:-MOST_OPEN]] == old[MOST_OPEN:]
        assert len(items) == MOST


async def test_the_record_of_a_job_goes_when_its_time_is_over(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        name = new_id("job")
        await queue(server, person, name, ended=True)
        job = await server.node.services.jobs.jobs.get(scope_of(server, person), name)
        row = await server.node.database["timers"].find_one({"about": name})
        assert row is not None
        assert row["due"] == job.expires_at == job.created_at + KEPT
        due = msgspec.convert(row | {"claim": ""}, DueTimer)
        runner = server.node.services.jobs.runner

        early = await runner.fire(due, START, is_late=False)
        assert (await person.call("GET", ONE.format(id=name))).status == 200
        over = await runner.fire(due, row["due"], is_late=True)

        assert (early.next_due, over.next_due) == (job.expires_at, None)
        assert (await person.call("GET", ONE.format(id=name))).status == 404


async def test_who_waits_is_answered_in_time_and_not_after_their_login(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "TICK_S", 3_600.0)  # it ends no wait
    async with serving(settings) as server:
        person = await server.person()
        location = (await begin(person, table(1))).headers["location"]
        texts = ("wait", "wait=x", "wait=-1", "wait=0", 'wait="1', "respond-async", "wait=\u0661")

        early = await person.call("GET", location, headers={"Prefer": "wait=1"})
        unsaid = [
            await person.call("GET", location, headers={"Prefer": text.encode().decode("latin-1")})
            for text in texts
        ]
        unknown = await person.call("GET", f"{location}?x=1", headers={"Prefer": "wait=1"})
        assert (unknown.status, unknown.body["code"]) == (400, "parameter_unknown")
        waiting = asyncio.create_task(person.call("GET", location, headers={"Prefer": "wait=50"}))
        places, user = server.node._open_requests, scope_of(server, person).user
        await until(lambda: places.left(user) < places.count)
        await done(person.call("DELETE", "/v1/auth/sessions"))

        assert (early.status, early.body["state"]) == (200, "queued")
        assert early.headers["preference-applied"] == "wait=1"
        assert {(one.status, one.headers.get("preference-applied")) for one in unsaid} == {
            (200, None)
        }
        assert (await waiting).status == 401
        assert places.left(user) == places.count


@pytest.mark.chaos
async def test_another_process_goes_on_where_one_was_killed(engines: TestEngines) -> None:
    environ, number = engines.environ(UPCOACH_ROLES="web"), 12 * imports.PART
    doing_it = environ | {"UPCOACH_ROLES": "web,schedule"}
    async with serving(Settings.from_environ(environ)) as web:
        person = await web.person()
        async with ServerProcess(doing_it) as doomed:
            answer = await begin(person, table(number))
            location = answer.headers["location"]
            async with asyncio.timeout(60):
                while not (await state_of(person, location))["progress"]:
                    await asyncio.sleep(0.005)
            await doomed.kill()
        job, part = await state_of(person, location), await moods_of(web, person)
        assert round(job["progress"] * 12) * imports.PART == part < number
        # The lease of the one that was killed ends in a minute.
        await web.node.assembly.timers.timers.run_now(f"{job['owner']}/{job['id']}/job")
        async with ServerProcess(doing_it):
            after = await ended(person, location)

        assert after["result"]["moods"] == {"created": number, "kept": 0}
        assert await moods_of(web, person) == number

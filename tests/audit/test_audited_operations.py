"""What gives access or takes it is noted: the rows, and the sessions that replays end."""

from typing import Any, Final

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.operations import Operation
from tests.oauth.phones import phone_of, refreshed
from tests.support.engines import TestEngines
from tests.support.people.operators import audited
from tests.support.people.relations import relate, until, user_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.relying import party, settings_of
from tests.support.wire.sockets import mut, talking

# What is written of these is its owner's content, which is nobody's access.
CONTENT: Final = {
    "goals:write",
    "habits:write",
    "tasks:write",
    "moods:write",
    "journal:write",
    "notifications:write",
    "jobs:write",
    "coaches:write",
    "notes:write",
    "scheduling:write",
    "calendar:write",
}
# Why nothing is noted of the others.
UNNOTED: Final = {
    "POST /v1/auth/refresh": "every app does it every ten minutes; a replay is noted",
    "POST /v1/auth/nonce": "it lets nobody in by itself",
    "POST /v1/auth/verify-email/resend": "a mail to the same address",
    "POST /v1/auth/totp/enrol": "nothing holds before a code has confirmed it",
    "POST /v1/auth/passkeys/options": "the question; its answer is noted",
    "POST /v1/auth/passkeys/login/options": "the same",
    "POST /v1/auth/challenge/options": "the same",
    "POST /v1/auth/step-up/options": "the same",
    "PATCH /v1/auth/passkeys/{id}": "its name",
    "PATCH /v1/auth/sessions/{id}": "its name",
    "POST /v1/invitations/look": "it reads",
    "POST /v1/imports/habitica": "content of several kinds",
    "POST /v1/mutations": "each of its writes is an operation by itself",
    "POST /v1/live/tickets": "for the access that a token has, for seconds",
}


def named(operation: Operation[Any]) -> str:
    return f"{operation.method} {operation.path}"


def test_every_operation_that_changes_access_is_noted() -> None:
    unnoted = {
        named(operation)
        for route in ROUTER.routes
        for operation in route.operations.values()
        if operation.method != "GET" and not operation.audit and operation.needs not in CONTENT
    }

    assert unnoted == set(UNNOTED)


def test_every_read_of_what_is_somebody_elses_is_noted() -> None:
    others = ("/v1/clients/", "/v1/admin/")
    unnoted = {
        named(operation)
        for route in ROUTER.routes
        for operation in route.operations.values()
        if operation.path.startswith(others)
        and not operation.audit
        # The coach's own notes, which are nobody else's.
        and operation.needs not in ("notes:read", "notes:write")
    }

    assert unnoted == set()


async def test_a_coach_who_reads_an_entry_is_noted_let_in_or_not(settings: Settings) -> None:
    async with serving(settings) as server:
        person, coach = await server.person(), await server.person()
        await relate(person, coach)
        entry = (await person.call("POST", "/v1/journal", {"text": "A run"})).body["id"]
        shares = f"/v1/journal/{entry}/shares/{await user_of(coach)}"
        entries = f"/v1/clients/{await user_of(person)}/journal"
        assert (await coach.call("GET", f"{entries}/{entry}")).status == 404
        await done(person.call("PUT", shares, until(hours=1)))
        assert (await coach.call("GET", f"{entries}/{entry}")).body["text"] == "A run"
        assert len((await coach.call("GET", entries)).body["items"]) == 1

        noted = await audited(server, action="client_entry.read")
        assert [(one["outcome"], one["reason"]) for one in noted] == [
            ("refused", "not_found"),
            ("done", ""),
        ]
        assert all(one["target"].endswith(entry) for one in noted)
        [listed] = await audited(server, action="client_entries.read")
        assert listed["actor"] == noted[1]["actor"] != ""


async def test_an_entry_that_is_shared_no_more_is_noted(settings: Settings) -> None:
    async with serving(settings) as server:
        person, coach = await server.person(), await server.person()
        await relate(person, coach)
        entry = (await person.call("POST", "/v1/journal", {"text": "A run"})).body["id"]
        path = f"/v1/journal/{entry}/shares/{await user_of(coach)}"
        await done(person.call("PUT", path, until(hours=1)))
        await done(person.call("DELETE", path))

        [noted] = await audited(server, action="entry_share.removed")
        assert (noted["actor_kind"], noted["outcome"]) == ("user", "done")
        assert noted["target"].startswith(entry)


async def test_writes_are_noted_with_where_they_come_from_by_every_road(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person, coach = await server.person(), await server.person()
        await relate(person, coach)
        path = f"/v1/shares/{await user_of(coach)}"
        frames = [mut("PUT", path, {"kinds": kinds}) for kinds in (["goal"], ["habit"])]
        await done(person.call("PUT", path, {"kinds": ["goal", "habit"]}))
        await done(person.call("POST", "/v1/mutations", frames[:1]))
        async with talking(server, person) as wire:
            await wire.send(frames[1])
            assert [answer["status"] for answer in await wire.answers(1)] == [200]

        noted = await audited(server, action="share.given", outcome="done")
        assert [entry["ip"] for entry in noted] == ["127.0.0.0/24"] * 3
        assert len({entry["req"] for entry in noted} - {""}) == 3
        assert all(entry["ua_hash"] for entry in noted)


async def test_a_session_that_ends_by_a_replay_is_noted(engines: TestEngines) -> None:
    async with phone_of(engines) as (server, phone):
        _, _, second = await refreshed(server, phone.refresh_token)
        await refreshed(server, second)
        assert (await refreshed(server, phone.refresh_token))[0] == 401

        [noted] = await audited(server, action="session.ended")
        [started] = await audited(server, action="session.started", sid=noted["target"])
        assert (noted["reason"], noted["outcome"]) == ("token_replayed", "done")
        assert (noted["actor_kind"], noted["actor"]) == ("anonymous", "")
        assert started["seq"] < noted["seq"]


async def test_so_is_one_at_the_authorization_server(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        code = await one.code()
        first = await one.token(one.redemption(code))
        again = await one.token(one.redemption(code))
        tokens = await one.tokens()
        successor = (await one.refresh(tokens["refresh_token"])).body["refresh_token"]
        await one.refresh(successor)
        replayed = await one.refresh(tokens["refresh_token"])

        assert (first.status, again.status, replayed.status) == (200, 400, 400)
        noted = await audited(one.server, action="session.ended", reason="token_replayed")
        assert len({entry["target"] for entry in noted}) == len(noted) == 2
        assert {entry["actor_kind"] for entry in noted} == {"client"}

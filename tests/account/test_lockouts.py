"""Lockouts, case by case; `test_lockout_matrix.py` is the law."""

import ast
import asyncio
import datetime as dt
from pathlib import Path

import pytest

import upcoach
from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.base.errors import Unauthenticated
from models.goals.goal import NewGoal
from tests.account.lockout.stage import BOUND_S, start
from tests.imports.exports import TODAY, imported
from tests.support.engines import TestEngines
from tests.support.people.enrolling import LOGIN, SESSIONS, AccountHolder
from tests.support.people.panel import operator, set_roles
from tests.support.people.passwords import CHANGE, NEW
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.admin_live import LIVE, ready
from tests.support.wire.answers import done
from tests.support.wire.event_streams import reading
from tests.support.wire.relying import allowed_device, party
from tests.support.wire.relying import settings_of as issuing
from upcoach.cli.demo.history import loop_export
from upcoach.client import Response
from upcoach.services.account.sessions.sessions import MOST
from upcoach.store.base.codec import key_of
from upcoach.store.write.requests import Mutation

LOGINS = 4


async def log_in(server: Server, person: AccountHolder, number: int) -> Response:
    body = {"email": person.email, "password": PASSWORD, "device": f"tv-{number}"}
    return await server.client().call("POST", LOGIN, body)


async def let_in(server: Server, answers: list[Response]) -> list[tuple[int, bool]]:
    """Of those who were logged in: what their token gets, and whether it can be refreshed."""
    found = []
    for answer in answers:
        if answer.status == 201:
            client = server.client(answer.body["token"])
            client.refresh_token = answer.body["refresh_token"]
            found.append(((await client.call("GET", "/v1/me")).status, await client.refresh()))
    return found


async def at_once(
    server: Server, person: AccountHolder, *, is_busy: bool
) -> tuple[int, list[Response]]:
    """The status of a change of password, and the logins that were asked for before it."""
    logins = [asyncio.create_task(log_in(server, person, number)) for number in range(LOGINS)]
    archive = loop_export(TODAY, days=100)
    writing = [asyncio.create_task(imported(person.client, archive))] if is_busy else []
    body = {"current": PASSWORD, "password": NEW}
    changed = await person.client.call("POST", CHANGE, body)
    await asyncio.gather(*writing)
    return changed.status, await asyncio.gather(*logins)


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "beside an import"])
async def test_logins_beside_a_new_password_do_not_outlive_it(
    settings: Settings, *, is_busy: bool
) -> None:
    async with serving(settings) as server:
        for _ in range(3):
            ann = await AccountHolder.new(server)

            status, answers = await at_once(server, ann, is_busy=is_busy)

            assert status == 204
            assert {one.status for one in answers} <= {201, 401, 503}
            assert set(await let_in(server, answers)) <= {(401, False)}
            assert len((await done(ann.client.call("GET", SESSIONS))).body["items"]) == 1


async def test_a_session_beyond_the_thousandth_ends_and_is_listed(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        sessions = server.node.database["sessions"]
        stored = await sessions.find_one({"owner": ann.user})
        assert stored is not None
        over = stored | {"ended_at": utc_now(), "expires_at": utc_now() + dt.timedelta(days=1)}
        await sessions.insert_many(
            [over | {"_id": key_of(ann.user, f"ses_{number}")} for number in range(1_000)]
        )

        listed = (await done(ann.client.call("GET", SESSIONS))).body["items"]
        ended = await ann.client.call("DELETE", SESSIONS)
        after = await ann.client.call("GET", "/v1/me")

        assert [one["device"] for one in listed] == ["phone"]
        assert (ended.status, after.status) == (204, 401)


async def test_of_many_logins_at_once_twenty_stay(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        ann = await AccountHolder.new(server)
        nodes = (server, other)

        await asyncio.gather(*(start(nodes[at % 2], ann.user) for at in range(MOST + 10)))

        scope = Scope(user=ann.user)
        assert len(await server.node.services.account.sessions.page(scope)) == MOST


async def test_what_rests_on_a_grant_does_not_rest_on_the_next(engines: TestEngines) -> None:
    async with party(issuing(engines)) as one:
        phone, _ = await start(one.server, one.user)
        code, device = await one.code(), await allowed_device(one)

        await done(phone.call("DELETE", f"/v1/auth/grants/{one.public.id}"))
        later = await one.code()
        answers = [
            await one.token(form) for form in (one.redemption(code), device, one.redemption(later))
        ]

        assert [answer.status for answer in answers] == [400, 400, 200]


async def test_a_write_of_an_ended_session_is_refused_and_can_be_sent_again(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        phone, session = await start(server, ann.user)
        scope = Scope(user=ann.user, session=session.id)
        goals, draft = server.node.services.goals.goals, NewGoal(title="Run")
        name = Mutation("mut_1", b"the same")
        await done(phone.call("POST", "/v1/auth/logout"))

        with pytest.raises(Unauthenticated) as refusal:  # it was let in before, and waited
            await goals.create(scope, draft, name)
        nothing = await goals.page(scope)
        _, again = await start(server, ann.user)
        made = await goals.create(Scope(user=ann.user, session=again.id), draft, name)

        assert (refusal.value.code, nothing) == ("session_ended", [])
        assert (made.verb, made.replayed) == ("created", False)


def test_all_who_let_somebody_in_say_since_when() -> None:
    begun = [
        (path.name, {keyword.arg for keyword in call.keywords})
        for path in sorted(Path(upcoach.__file__).parent.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "self._sessions.start"
    ]

    assert len(begun) >= 4
    assert [name for name, given in begun if "lockouts" not in given] == []


async def test_whoever_logs_out_twice_at_once_is_out(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        calls = (ann.client.call("POST", "/v1/auth/logout") for _ in range(5))

        statuses = {answer.status for answer in await asyncio.gather(*calls)}

        assert statuses <= {204, 401}
        assert (await ann.client.call("GET", "/v1/me")).status == 401


async def test_an_operator_who_loses_the_role_loses_the_feeds_at_once(settings: Settings) -> None:
    async with serving(settings) as server, serving(settings) as other:
        ann = await operator(server)
        async with reading(other, LIVE, ann.token) as reader:
            await ready(reader)
            async with asyncio.timeout(BOUND_S):  # nodes look by themselves after ten seconds
                await set_roles(server, ann, ())
                lost = await reader.until("unsubd")

        assert lost[-1].frame["problem"]["status"] == 404

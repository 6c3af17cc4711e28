"""People are notified once, in their language, and their devices when they are awake."""

import asyncio
import datetime as dt
from typing import Any

import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.base.clock import utc_now
from models.base.errors import Conflict
from models.base.messages.push import PushRequest
from models.goals import Goal, NewGoal
from models.notifications import Notification
from tests.notifications.writing import NOTIFICATIONS, ONE, PREFERENCES
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient
from upcoach.services.notifications import NotificationRequest, notify
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
ALWAYS = {
    "quiet_hours": {
        "start": f"{utc_now() - dt.timedelta(hours=6):%H:%M}",
        "end": f"{utc_now() + dt.timedelta(hours=6):%H:%M}",
    }
}
NEVER = {"quiet_hours": {"on": False}}


def due(scope: Scope, **fields: Any) -> NotificationRequest:
    """A reason to notify somebody of a task."""
    usual: dict[str, Any] = {
        "owner": scope.user,
        "type": "task_due",
        "at": NOON,
        "key": "task_due:tsk_1",
        "values": {"task": "File taxes", "time": dt.time(18)},
        "link": "/tasks/tsk_1",
        "about": "tsk_1",
    }
    return NotificationRequest(**usual | fields)


async def tell(
    server: Server, request: NotificationRequest, *, reads: tuple[Ref, ...] | None = None
) -> tuple[Notification | None, list[PushRequest]]:
    """What comes of a request, and the pushes that go with it."""
    pushes: list[PushRequest] = []

    def decide(changes: WriteContext) -> Outcome[Notification | None]:
        made = notify(changes, request)
        pushes[:] = changes.push_requests
        return Outcome(verb="created" if made else "unchanged", document=made)

    refs = request.reads if reads is None else reads
    write_ = Write(scope=Scope(user=request.owner), reads=refs, decide=decide)
    return (await server.node.committer.commit(write_)).document, pushes


async def listed(person: RestClient) -> list[Any]:
    """The notifications of *person*."""
    items: list[Any] = (await done(person.call("GET", NOTIFICATIONS))).body["items"]
    return items


async def test_the_same_is_notified_once_also_after_it_was_deleted(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        request = due(scope_of(server, person))
        before = await snapshot(person)

        several = await asyncio.gather(*(tell(server, request) for _ in range(5)))
        again, _ = await tell(server, request, reads=())
        await assert_law(before, person, ("notification.created",))
        [item] = await listed(person)
        await done(person.call("DELETE", ONE.format(id=request.id)))
        after, pushes = await tell(server, request)
        after_unread, _ = await tell(server, request, reads=())
        other, _ = await tell(server, due(scope_of(server, person), at=NOON + dt.timedelta(1)))

        assert [made is not None for made, _ in several].count(True) == 1
        assert (again, after, after_unread, pushes) == (None, None, None, [])
        assert item["id"] == request.id
        assert item["title"] == "File taxes"
        assert item["body"] == "Due at 6:00\u202fPM."
        assert item["data"] == {"task": "File taxes", "time": "18:00:00"}
        assert (item["link"], item["about"]) == ("/tasks/tsk_1", "tsk_1")
        assert other is not None


async def test_it_is_said_in_the_language_of_its_person(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        me = (await person.call("GET", "/v1/me")).body
        await write(person, "PATCH", "/v1/me", {"locale": "de-AT"}, me["version"])

        made, _ = await tell(server, due(scope_of(server, person)))

        assert made is not None
        assert made.body == "Fällig um 18:00 Uhr."


@pytest.mark.parametrize(
    ("preferences", "fields", "pushed"),
    [
        (NEVER, {}, True),
        (ALWAYS, {}, False),
        (ALWAYS, {"is_own_time": True}, True),
        (ALWAYS | {"hold_own_times": True}, {"is_own_time": True}, False),
        (NEVER | {"channels": {"task_due": {"push": False}}}, {}, False),
        (NEVER | {"channels": {"new_login": {"push": False}}}, {}, True),
    ],
)
async def test_devices_are_told_as_their_person_prefers(
    settings: Settings,
    preferences: Any,
    fields: Any,
    pushed: bool,  # noqa: FBT001
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await done(person.call("PATCH", PREFERENCES, preferences))

        made, pushes = await tell(server, due(scope_of(server, person), **fields))

        assert made is not None
        assert [push.title for push in pushes] == ["File taxes"] * pushed
        assert all(push.topic == "tsk_1" and push.link == made.link for push in pushes)


async def test_nobody_is_notified_of_what_was_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        scope, request = scope_of(server, person), due(scope_of(server, person))

        def decide(changes: WriteContext) -> Outcome[None]:
            notify(changes, request)
            raise Conflict("no", "No.")

        goal = Goal.drafted(NewGoal(title="Run"), owner=scope.user, at=NOON)
        reads = (*request.reads, Ref(Goal, scope.user, goal.id))
        with pytest.raises(Conflict):
            await server.node.committer.commit(Write(scope=scope, reads=reads, decide=decide))

        assert await listed(person) == []


async def test_nobody_who_is_not_there_is_notified(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        scope = scope_of(server, person)
        stranger = due(scope, owner="usr_01a20c66-99df-75bd-8f37-3328887fd999")

        def decide(changes: WriteContext) -> Outcome[None]:
            assert notify(changes, stranger) is None
            return Outcome(verb="unchanged", document=None)

        await server.node.committer.commit(Write(scope=scope, reads=(), decide=decide))

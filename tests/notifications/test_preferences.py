"""Notification preferences: defaults until the first change, then a document like any other."""

from pathlib import Path

from config.settings import Settings
from tests.notifications.writing import PREFERENCES
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.mail import newest, settings_of, subjects, text_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut, talking
from tests.support.wire.writes import ask, write

NEVER = {"mail": False, "push": False}
QUIET = {"on": True, "start": "21:30", "end": "08:00"}


async def test_the_first_change_makes_them(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        before = await snapshot(person)

        default = await person.call("GET", PREFERENCES)
        stale = await person.call(
            "PATCH", PREFERENCES, {"digest": False}, headers={"If-Match": '"v1"'}
        )
        first = await person.call("PATCH", PREFERENCES, {"quiet_hours": {"end": "07:00"}})
        await assert_law(before, person, ("notification_preferences.created",))
        before = await snapshot(person)
        channels = {"task_due": {"mail": True}}
        second = await write(person, "PATCH", PREFERENCES, {"channels": channels}, 1)
        same = await person.call("PATCH", PREFERENCES, {"channels": channels})
        await assert_law(before, person, ("notification_preferences.updated",))

        assert (default.status, stale.status, first.status, second.status, same.status) == (
            200,
            404,
            201,
            200,
            200,
        )
        assert default.body["quiet_hours"] == QUIET
        assert (default.body["version"], "etag" in default.headers) == (0, False)
        assert default.body["id"] == first.body["id"]
        assert first.body["quiet_hours"] == QUIET | {"end": "07:00"}
        assert second.body["channels"] == {"task_due": {"mail": True}}
        assert (await person.call("GET", PREFERENCES)).body == same.body == second.body


async def test_two_devices_change_two_of_them_at_once(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with talking(server, person) as wire:
            first, second, third = await ask(
                wire,
                mut("PATCH", PREFERENCES, {"mood_check_in": "20:00"}),
                mut("PATCH", PREFERENCES, {"digest": False}, base=1),
                mut("PATCH", PREFERENCES, {"channels": {"new_login": {"push": False}}}, base=1),
            )

        assert [frame["status"] for frame in (first, second, third)] == [201, 200, 200]
        body = (await person.call("GET", PREFERENCES)).body
        assert (body["mood_check_in"], body["digest"]) == ("20:00", False)
        assert body["channels"] == {"new_login": {"push": False}}


async def test_their_zone_is_that_of_the_account(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        me = (await person.call("GET", "/v1/me")).body
        await write(person, "PATCH", "/v1/me", {"tz": "Asia/Tokyo"}, me["version"])

        default = await person.call("GET", PREFERENCES)
        first = await person.call("PATCH", PREFERENCES, {"digest": False})

        assert (default.body["tz"], first.body["tz"]) == ("Asia/Tokyo", "Asia/Tokyo")


async def test_who_hears_of_new_logins_no_more_is_told_so(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await server.person()
        email = (await person.call("GET", "/v1/me")).body["email"]

        async def choose(mail: bool, push: bool) -> int:  # noqa: FBT001 - as people choose
            channels = {"new_login": {"mail": mail, "push": push}}
            await done(person.call("PATCH", PREFERENCES, {"channels": channels}))
            return (await subjects(server, email)).count("Notices of new logins are off")

        chosen = ((True, False), (False, False), (False, False), (False, True), (False, False))
        counts = [await choose(*each) for each in chosen]
        other = await server.person()
        await done(other.call("PATCH", PREFERENCES, {"channels": {"new_login": NEVER}}))
        address = (await other.call("GET", "/v1/me")).body["email"]

        assert counts == [0, 1, 1, 1, 2]
        assert "Notices of new logins are off" in await subjects(server, address)
        assert "/account/forgot" in text_of(await newest(server, address))

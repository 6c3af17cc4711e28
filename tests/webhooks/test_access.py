"""A webhook is a way out: who makes one has shown a factor just now, and a mail tells of it."""

import datetime as dt
from pathlib import Path
from typing import Final

from models.account import Session
from models.base.clock import utc_now
from models.base.ids import new_id
from tests.support.engines import TestEngines
from tests.support.people.mail import newest, settings_of, text_of
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.server.receiver import WEBHOOKS, add_webhook
from tests.support.wire.answers import done

AWAY: Final = "https://hooks.example.org/"
LONG_AGO: Final = dt.timedelta(hours=1)


async def test_one_is_told_by_mail_and_takes_a_factor_that_was_shown_just_now(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await server.person()
        email = (await person.call("GET", "/v1/me")).body["email"]
        webhook = (await add_webhook(person, AWAY, "*"))["webhook"]
        mail = text_of(await newest(server, email))
        change = {"$set": {"authenticated_at": utc_now() - LONG_AGO}}
        owned = {"owner": scope_of(server, person).user}
        await server.node.database[Session.collection].update_many(owned, change)
        given = {"refresh_token": person.refresh_token}
        person.token = (await done(person.call("POST", "/v1/auth/refresh", given))).body["token"]

        refused = [
            await person.call("POST", WEBHOOKS, {"url": AWAY, "types": ["*"]}),
            await person.call("POST", f"{WEBHOOKS}/{webhook['id']}/rotate-secret"),
        ]

        assert "sent to another server, “hooks dot example dot org”, as a webhook" in mail
        assert [one.status for one in refused] == [401, 401]
        assert {one.body["code"] for one in refused} == {"insufficient_user_authentication"}
        assert len((await person.call("GET", WEBHOOKS)).body["items"]) == 1


async def test_ten_are_enough_and_no_secret_is_shown_twice(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        issued = [await add_webhook(person, AWAY, "*") for _ in range(10)]

        eleventh = await person.call("POST", WEBHOOKS, {"url": AWAY, "types": ["*"]})

        assert (eleventh.status, eleventh.body["code"]) == (409, "quota_exceeded")
        shown = [
            await person.call("GET", WEBHOOKS),
            await person.call("GET", f"{WEBHOOKS}/{issued[0]['webhook']['id']}"),
            await person.call("GET", "/v1/events?since=0"),
            await person.call("GET", "/v1/snapshot?kind=webhook"),
        ]
        stored = await server.node.database["webhooks"].find({}).to_list()
        logged = await server.node.database["events"].find({}).to_list()
        for one in issued:
            secret = one["secret"].removeprefix("whsec_")
            assert not any(secret in repr(page.body) for page in shown)
            assert secret.encode() not in repr((stored, logged)).encode()
        assert AWAY not in repr((stored, logged))


async def test_an_id_is_taken_once(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        body = {"id": new_id("whk"), "url": AWAY, "types": ["*"]}

        answers = [await person.call("POST", WEBHOOKS, body) for _ in range(2)]

        assert [one.status for one in answers] == [201, 409]

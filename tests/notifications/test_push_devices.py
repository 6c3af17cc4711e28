"""Devices that take pushes: registered once, for as long as their session lasts, and no longer."""

import asyncio
import dataclasses
import datetime as dt
import json
from typing import Final

from structlog.testing import capture_logs

from config.settings import Settings
from models.base.clock import utc_now
from tests.notifications.devices import (
    BROWSER,
    DEVICE,
    DEVICES,
    WEB_KEY,
    carried_of,
    notifications_of,
    phone,
    push,
    registered,
    sent,
    subscription,
)
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.server.push_service import PushService
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.delivery.push_carriers import TokenGone
from upcoach.services.base.push.web_push import decoded

TOKEN: Final = "token-of-a-phone"


async def until_put_off(server: Server) -> None:
    """Wait until the only push is put off, and leased no more."""
    outbox = server.node.database["push_outbox"]
    while await outbox.count_documents({"tries": 1, "wish": {"$exists": True}}) != 1 or (
        not await outbox.count_documents({"at": {"$lte": utc_now() + dt.timedelta(seconds=30)}})
    ):
        await asyncio.sleep(0.01)


async def listed(person: RestClient) -> list[str]:
    """The ids of a person's devices."""
    return [device["id"] for device in (await done(person.call("GET", DEVICES))).body["items"]]


async def test_the_same_token_is_the_same_device(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await server.person()
        first = await ann.call("POST", DEVICES, phone(TOKEN, name="Pixel", app_version="1.0"))
        again = await ann.call("POST", DEVICES, phone(TOKEN, app_version="1.1"))
        other = await registered(ann, phone("token-of-a-tablet"))

        shown = (await done(ann.call("GET", DEVICE.format(id=first.body["id"])))).body

        assert (first.status, again.status) == (201, 200)
        assert again.body["id"] == first.body["id"]
        assert (shown["name"], shown["app_version"], shown["platform"]) == (
            "Pixel",
            "1.1",
            "android",
        )
        assert TOKEN not in str(shown) + str(
            await server.node.database["push_devices"].find().to_list()
        )
        assert await listed(ann) == [first.body["id"], other]


async def test_a_new_token_takes_the_place_of_the_former(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        device = await registered(ann, phone(TOKEN))
        await registered(ann, phone("token-that-is-next"))

        path = DEVICE.format(id=device)
        turned = await done(ann.call("PATCH", path, {"token": "token-that-is-next"}))
        await push(server, ann)
        await sent(server)

        assert turned.body["version"] == 2
        assert await listed(ann) == [device]
        assert carried.tokens == ["token-that-is-next"]


async def test_a_device_that_somebody_else_has_now_is_theirs_alone(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, ben, carried = await server.person(), await server.person(), carried_of(server)
        await registered(ann, phone(TOKEN))
        of_ben = await registered(ben, phone(TOKEN))

        await push(server, ann)
        await sent(server)

        assert (await listed(ann), await listed(ben)) == ([], [of_ben])
        assert carried.pushes == []


async def test_a_push_goes_to_every_device_once(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, ben, carried = await server.person(), await server.person(), carried_of(server)
        await registered(ann, phone(TOKEN))
        web = {"platform": "web", "subscription": subscription("http://localhost:9/push")}
        await registered(ann, web)
        await registered(ben, phone("token-of-somebody"))

        await push(server, ann, link="/habits/hab_1", type="habit_reminder")
        await push(server, ann, until=utc_now())  # nobody waits for it any more
        await sent(server)

        assert carried.tokens == ["http://localhost:9/push", TOKEN]
        messages = [message for _, message in carried.pushes]
        assert {(message.title, message.link, message.type) for message in messages} == {
            ("Run", "/habits/hab_1", "habit_reminder")
        }
        assert len({message.id for message in messages}) == 2
        assert await server.node.database["push_outbox"].count_documents({}) == 0


async def test_a_device_that_is_logged_out_gets_nothing_more(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        await registered(ann, phone(TOKEN))
        owner = scope_of(server, ann).user
        await done(ann.call("POST", "/v1/auth/logout"))

        await push(server, ann, owner=owner)
        await sent(server)

        assert carried.pushes == []
        stored = server.node.database["push_devices"]
        assert await stored.count_documents({"token_hash": {"$exists": True}}) == 0


async def test_a_device_falls_with_whoever_gave_it_another_address(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        device = await registered(ann, phone(TOKEN))
        email = (await ann.call("GET", "/v1/me")).body["email"]
        thief = await server.client().log_in(email, PASSWORD, "laptop")
        path, turned = DEVICE.format(id=device), {"token": "token-of-a-thief"}
        await done(thief.call("PATCH", path, turned))
        await done(thief.call("POST", "/v1/auth/logout"))
        thief.close()

        await push(server, ann)
        await sent(server)

        assert carried.pushes == []
        assert await listed(ann) == []


async def test_a_device_goes_when_its_push_service_knows_it_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        await registered(ann, phone(TOKEN))
        left = []
        for failure in (Undeliverable("400"), TokenGone("410")):
            carried.failures[TOKEN] = [failure]
            await push(server, ann)
            await sent(server)
            left.append(len(await listed(ann)))

        assert (left, carried.pushes) == ([1, 0], [])


async def test_one_push_service_that_is_away_holds_up_no_other_device(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, carried = await server.person(), carried_of(server)
        await registered(ann, phone(TOKEN))
        await registered(ann, phone("token-of-a-tablet"))
        wait = dt.timedelta(minutes=30)
        carried.failures[TOKEN] = [CarrierAway("answered 429", wait, setting="UPCOACH_FCM")]

        before = utc_now()
        with capture_logs() as lines:
            await push(server, ann)
            await sent(server)
        [put_off] = [line for line in lines if line["event"] == "delivery_put_off"]
        [waiting] = await server.node.database["push_outbox"].find({}).to_list()

        assert carried.tokens == ["token-of-a-tablet"]
        assert (put_off["why"], put_off["setting"]) == ("android: answered 429", "UPCOACH_FCM")
        assert before + wait <= waiting["at"] <= utc_now() + wait


async def test_a_browser_gets_what_its_person_is_told(settings: Settings) -> None:
    service = PushService()
    pushing = dataclasses.replace(settings, vapid_key=16 * b"k1")
    async with service.listening() as origin, serving(pushing) as server:
        ann = await server.person()
        web = {"platform": "web", "subscription": subscription(f"{origin}/push/ann")}
        await registered(ann, web)
        service.answers = [(503, {"retry-after": "0"}, b""), (201, {}, b""), (410, {}, b"")]

        await push(server, ann, link="/tasks/tsk_1")
        await until_put_off(server)
        await server.node.database["push_outbox"].update_many({}, {"$set": {"at": utc_now()}})
        notifications_of(server).push_devices._pushing.outbox.on_added()
        await sent(server)
        await push(server, ann)
        await sent(server)

        opened = [json.loads(BROWSER.opened(one.body)) for one in service.sent]
        assert [(one["title"], one["link"]) for one in opened] == [
            ("Run", "/tasks/tsk_1"),
            ("Run", "/tasks/tsk_1"),
            ("Run", "/"),
        ]
        key = (await done(ann.call("GET", WEB_KEY))).body["public_key"]
        assert service.sent[0].headers["authorization"].endswith(f"k={key}")
        assert await listed(ann) == []


async def test_a_person_has_twenty_devices_and_the_oldest_makes_room(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await server.person()
        logins = [await another_login(server, ann) for _ in range(7)]
        ids = [
            await registered(logins[number // 3], phone(f"token-of-device-{number:02}"))
            for number in range(20)
        ]
        await registered(logins[0], phone("token-of-device-00"))  # is not the oldest any more

        last = await registered(ann, phone("token-of-device-20"))

        assert await listed(ann) == [ids[0], *ids[2:], last]


async def test_one_login_pushes_out_no_devices_of_the_others(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await server.person()
        thief = await another_login(server, ann)
        own = [await registered(ann, phone(f"token-of-device-{n}")) for n in range(3)]

        theirs = [await registered(thief, phone(f"token-of-a-thief-{n}")) for n in range(25)]

        assert await listed(ann) == [*own, *theirs[-3:]]


async def another_login(server: Server, person: RestClient) -> RestClient:
    """*person*, logged in once more."""
    email = (await done(person.call("GET", "/v1/me"))).body["email"]
    body = {"email": email, "password": PASSWORD, "device": "other"}
    answer = await done(server.client().call("POST", "/v1/auth/login", body))
    return server.client(answer.body["token"])


REFUSED: Final[list[tuple[dict[str, str], str]]] = [
    ({"endpoint": "https://10.0.0.1/push"}, "/subscription/endpoint"),
    ({"endpoint": "http://push.example.org/x"}, "/subscription/endpoint"),
    ({"endpoint": "https://user@push.example.org/x"}, "/subscription/endpoint"),
    ({"endpoint": "file:///etc/passwd"}, "/subscription/endpoint"),
    ({"p256dh": "BAAA"}, "/subscription/p256dh"),
    ({"auth": "c2hvcnQ"}, "/subscription/p256dh"),
]


async def test_a_subscription_to_which_no_push_can_go_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await server.person()
        for changed, place in REFUSED:
            keys = subscription("https://push.example.org/x") | changed
            answer = await ann.call("POST", DEVICES, {"platform": "web", "subscription": keys})

            assert answer.status == 422
            assert [error["pointer"] for error in answer.body["errors"]] == [place], changed


async def test_a_browser_gets_the_key_to_subscribe_with(settings: Settings) -> None:
    async with serving(settings) as server:
        key = (await done((await server.person()).call("GET", WEB_KEY))).body["public_key"]

        assert len(decoded(key)) == 65

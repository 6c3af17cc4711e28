"""On a page, people turn on pushes to their browser, and see which devices get any."""

import base64
import hashlib
import re
from html import unescape
from pathlib import Path
from typing import Any, Final

import msgspec

from handlers.notifications.push_views import DEVICES, WORKER
from models.access.scope import Scope
from models.notifications import PushDevice
from tests.account.html import Reader, flaws_of
from tests.account.pages import LOGIN, people
from tests.notifications.devices import notifications_of, phone, registered, subscription
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.answers import done
from tests.support.wire.relying import Answer, OAuthParty, party, settings_of

PAGE: Final = "/account/notifications"
ENDPOINT: Final = "http://127.0.0.1:9/push/1"
FIREFOX: Final = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}


def block_of(page: Answer) -> dict[str, str]:
    """What the page tells its script; nothing where there is no block."""
    sections = [one for one in Reader(page.text).all("section") if "data-key" in one]
    return sections[0] if sections else {}


def registered_in(page: Answer) -> Any:
    """The devices that the browser may know itself as."""
    return msgspec.json.decode(unescape(block_of(page)["data-registered"]))


def listed_in(page: Answer) -> list[str]:
    """The names of the devices that the page lists."""
    return re.findall(r'<strong id="device-[^"]*">([^<]*)</strong>', page.text)


async def devices_of(one: OAuthParty) -> list[PushDevice]:
    return await notifications_of(one.server).push_devices.page(Scope(user=one.user))


async def logged_in(one: OAuthParty) -> Answer:
    """The page of notifications, for who has just logged in."""
    await one.browser.log_in(await one.browser.get(LOGIN), one.email)
    return await one.browser.get(PAGE)


async def test_a_browser_is_registered_for_its_login_and_removed_on_a_page(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        page = await logged_in(one)
        proof = {"form": page.hidden["form"]}
        saved = await one.browser.post(DEVICES, proof | subscription(ENDPOINT), **FIREFOX)
        [device] = await devices_of(one)
        again = await one.browser.post(DEVICES, proof | subscription(ENDPOINT), **FIREFOX)
        on = await one.browser.get(PAGE)
        by_address = await one.browser.get(DEVICES)
        removed = await one.browser.post(DEVICES, proof | {"remove": device.id})
        twice = await one.browser.post(DEVICES, proof | {"remove": device.id})
        off = await one.browser.get(PAGE)

        key = notifications_of(one.server).push_devices.web_key
        digest = base64.urlsafe_b64encode(hashlib.sha256(ENDPOINT.encode()).digest()).decode()
        assert (block_of(page)["data-key"], block_of(page)["data-worker"]) == (key, WORKER)
        assert [flaws_of(answer) for answer in (page, on, off)] == [[], [], []]
        answers = (saved, again, by_address, removed, twice)
        assert [(one.status, one.headers["location"]) for one in answers] == [(303, PAGE)] * 5
        assert (device.name, device.token) == ("Firefox on Linux", ENDPOINT)
        assert registered_in(on) == {digest.rstrip("="): device.id}
        assert ENDPOINT not in on.text
        assert (listed_in(page), listed_in(on), listed_in(off)) == ([], ["Firefox on Linux"], [])
        assert await devices_of(one) == []


async def test_nothing_is_registered_but_by_who_was_shown_the_page(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        stranger = await one.browser.post(DEVICES, subscription(ENDPOINT))
        page = await logged_in(one)
        proof = {"form": page.hidden["form"]}
        keys = subscription(ENDPOINT)
        refused = [
            await one.browser.post(DEVICES, keys),
            await one.browser.post(DEVICES, keys | {"form": "0" * 64}),
            await one.browser.post(DEVICES, keys | proof, **{"Sec-Fetch-Site": "same-site"}),
            await one.browser.post(DEVICES, keys | proof, Origin="https://evil.example.org"),
        ]
        wrong = [
            await one.browser.post(DEVICES, proof | keys | changed)
            for changed in (
                {"endpoint": "https://10.0.0.1/push"},
                {"endpoint": ""},
                {"p256dh": "BAAA"},
                {"auth": "%"},
            )
        ]

        assert (stranger.status, stranger.headers["location"]) == (303, LOGIN)
        assert [answer.status for answer in refused] == [403] * 4
        assert [answer.status for answer in wrong] == [400] * 4
        assert ["Nothing was turned on" in answer.text for answer in wrong] == [True] * 4
        assert [flaws_of(answer) for answer in wrong] == [[]] * 4
        assert await devices_of(one) == []


async def test_the_page_lists_what_gets_pushes_and_removes_nobody_elses(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        page = await logged_in(one)
        ann = await one.server.client().log_in(one.email, PASSWORD, "phone")
        ben = await one.server.person()
        await registered(ann, phone("token-of-the-phone", name="<Pixel>"))
        of_ben = await registered(ben, phone("token-of-a-stranger"))
        proof = {"form": page.hidden["form"]}
        both = await one.browser.get(PAGE)
        gone = await one.browser.post(DEVICES, proof | {"remove": of_ben})
        await done(ann.call("POST", "/v1/auth/logout"))
        none = await one.browser.get(PAGE)

        assert listed_in(both) == ["&lt;Pixel&gt;"]
        assert registered_in(both) == {}
        assert gone.status == 303
        assert (await ben.call("GET", f"/v1/push-devices/{of_ben}")).status == 200
        assert listed_in(none) == []


async def test_the_worker_is_there_where_browsers_get_pushes_and_knows_where_links_lead(
    engines: TestEngines, tmp_path: Path
) -> None:
    app = "https://app.example.org"
    more = {"UPCOACH_DATA": str(tmp_path), "UPCOACH_WEB_ORIGINS": f"{app},https://b.test"}
    async with party(settings_of(engines, **more)) as one:
        script = await one.browser.get(WORKER, (), **FIREFOX)
        devices = notifications_of(one.server).push_devices
        devices._pushing = msgspec.structs.replace(devices._pushing, web_key="")
        without = await logged_in(one)
        none = await one.browser.get(WORKER)

    wanted = {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; connect-src 'self'; frame-ancestors 'none'",
    }
    assert script.status == 200
    assert {name: script.headers[name] for name in wanted} == wanted
    given = f'const APP = "{app}";\nconst NAME = "Firefox on Linux";\n'
    assert script.text.startswith(f'{given}"use strict";\n')
    assert "User-Agent" in script.headers["vary"]
    assert flaws_of(without) == []
    assert (block_of(without), Reader(without.text).all("script")) == ({}, [])
    assert "worker-src" not in without.headers["content-security-policy"]
    assert (none.status, none.body["code"]) == (404, "web_push_off")

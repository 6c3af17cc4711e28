"""A push of ours in Chromium: asked for on a page, opened by other code, shown by our worker.

Chromium subscribes at Google's push service alone, which no test reaches: `subscribe` answers as
that would, with keys that the test has made.  All else is Chromium's: the permission, the worker,
its policy, the push that it gets over the DevTools protocol, and what is shown.  Nothing there
clicks on a notification: the worker gets an event with the one that is shown, and only where it
would open a window is written down, because that takes a hand.
"""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from config.settings import Settings
from handlers.notifications.push_views import WORKER
from models.notifications import PushDevice
from tests.conformance.browser import PATIENCE_S, Page, browsing
from tests.conformance.visitors import NARROW, Person
from tests.notifications.devices import BROWSER, notifications_of, push, sent, subscription
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.server.push_service import PushService
from upcoach.client import RestClient

pytestmark = pytest.mark.conformance

EMAIL: Final = "ann@example.org"
PAGE: Final = "/account/notifications"
STATE: Final = "#this-browser [role=status]"
# In the place of Google's push service; what was subscribed is kept from page to page.
SUBSCRIBE: Final = """
const subscribed = (key) => ({
  endpoint: given.endpoint,
  options: { applicationServerKey: Uint8Array.from(key).buffer },
  toJSON: () => ({ endpoint: given.endpoint, keys: given }),
  unsubscribe: async () => { localStorage.removeItem("subscribed"); },
});
PushManager.prototype.getSubscription = async () =>
  localStorage.subscribed ? subscribed(JSON.parse(localStorage.subscribed)) : null;
PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
  localStorage.subscribed = JSON.stringify([...applicationServerKey]);
  return subscribed(applicationServerKey);
};
"""
SHOWN: Final = """
navigator.serviceWorker.getRegistration(WORKER).then((one) => one.getNotifications())
  .then((all) => JSON.stringify(all.map(({ title, body, tag }) => [title, body, tag])))
"""
CLICK: Final = """
(async () => {
  const went = [];
  clients.openWindow = async (url) => { went.push(["open", new URL(url).pathname]); };
  WindowClient.prototype.focus = async function () {
    went.push(["focus", new URL(this.url).pathname]);
  };
  const [notification] = await registration.getNotifications();
  const event = new NotificationEvent("notificationclick", { notification });
  event.waitUntil = (work) => { event.work = work; };
  dispatchEvent(event);
  await event.work;
  return JSON.stringify([went, (await registration.getNotifications()).length]);
})()
"""
CHANGE: Final = """
(async () => {
  const event = new ExtendableEvent("pushsubscriptionchange");
  event.newSubscription = { toJSON: () => ({ endpoint: given.endpoint, keys: given }) };
  event.waitUntil = (work) => { event.work = work; };
  dispatchEvent(event);
  await event.work;
})()
"""
NOTHING: Final = [["UpCoach", "There is something new.", "upcoach"]]
BROKEN: Final = {
    "": NOTHING,
    "<b>no JSON": NOTHING,
    "null": NOTHING,
    '["Run"]': NOTHING,
    '{"title": {"a": 1}, "body": "b"}': NOTHING,
    '{"title": "Walk", "body": 5, "topic": [], "link": {}}': [["Walk", "", "upcoach"]],
}
OURS: Final = "http://127.0.0.1"
# Where links lead, without a web app and with one.
PLACES: Final = {
    "/account/profile?a=1": (f"{OURS}/account/profile?a=1", "https://app.test/account/profile?a=1"),
    "/habits/hab_1": (f"{OURS}/account", "https://app.test/habits/hab_1"),
    "/accounts": (f"{OURS}/account", "https://app.test/accounts"),
    "": (f"{OURS}/account", "https://app.test/"),
    "//evil.test/x": (f"{OURS}/account", "https://app.test/"),
    "/\\evil.test/x": (f"{OURS}/account", "https://app.test/"),
    "https://evil.test/account": (f"{OURS}/account", "https://app.test/"),
    "javascript:alert(1)": (f"{OURS}/account", "https://app.test/"),
    "https://[": (f"{OURS}/account", "https://app.test/"),
}


class Pushed(Person):
    """Ann, who has logged in with a Chromium that lets our pages notify her."""

    def __init__(self, page: Page, server: Server, ann: RestClient) -> None:
        super().__init__(page)
        self.page = page
        self.server = server
        self.ann = ann

    async def turn_on(self, endpoint: str) -> None:
        """Turn pushes on, with a push service that gives *endpoint*."""
        given = f"const given = {json.dumps(subscription(endpoint))};"
        script = f"{{ {given} {SUBSCRIBE} }}"
        await self.page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        await self.visit(f"{self.server.url}{PAGE}")
        await self.until_state("Off in this browser.")
        await self.click("#this-browser button")
        await self.until_state("On in this browser.")

    async def until_state(self, words: str) -> None:
        """Return when the block of this browser says *words*."""
        await self._until(lambda said: said == words, _text_of(STATE))

    async def allow(self, setting: str) -> None:
        """Let our pages notify, or not."""
        await self.page.call(
            "Browser.setPermission",
            permission={"name": "notifications"},
            setting=setting,
            origin=self.server.url,
        )

    async def worker(self) -> Page:
        """Our service worker."""
        return await self.page.worker(f"{self.server.url}{WORKER}")

    async def deliver(self, data: str) -> Any:
        """Have *data* come as a push; what is shown then."""
        told = self.page.events["ServiceWorker.workerRegistrationUpdated"]["registrations"]
        [registration] = [row["registrationId"] for row in told if not row["isDeleted"]]
        await self.page.call(
            "ServiceWorker.deliverPushMessage",
            origin=self.server.url,
            registrationId=registration,
            data=data,
        )
        return json.loads(await self.read(SHOWN.replace("WORKER", f"'{WORKER}'")))

    async def until_shown(self, data: str, shown: Any) -> None:
        """Have *data* come until that is *shown*; what comes again takes its own place.

        Chromium may look at what is shown before it shows the first one, and forgets that then.
        """
        async with asyncio.timeout(PATIENCE_S):
            while await self.deliver(data) != shown:
                await asyncio.sleep(0.1)

    async def devices(self) -> list[PushDevice]:
        """What gets Ann's pushes."""
        devices = notifications_of(self.server).push_devices
        return list(await devices.page(scope_of(self.server, self.ann)))

    async def endpoints(self) -> list[str]:
        """Where they go."""
        return [device.token for device in await self.devices()]


def _text_of(selector: str) -> str:
    return f"document.querySelector('{selector}')?.textContent"


@contextlib.asynccontextmanager
async def at_notifications(settings: Settings, folder: Path) -> AsyncIterator[Pushed]:
    """Ann at her page, on a server that pushes to browsers."""
    pushing = dataclasses.replace(settings, vapid_key=16 * b"k1")
    async with serving(pushing) as server:
        await server.client().register(EMAIL, PASSWORD, "Ann")
        ann = await server.client().log_in(EMAIL, PASSWORD, "phone")
        async with browsing(folder, f"{server.url}/account/login", lambda _: None) as page:
            await page.call("Page.setBypassCSP", enabled=False)
            person = Pushed(page, server, ann)
            await page.call("ServiceWorker.enable")
            await person.visit(f"{server.url}/account/login")
            await person.type("email", EMAIL)
            await person.type("password", PASSWORD)
            await person.click()
            await person.see("Hello")
            await person.allow("granted")
            yield person
            assert "ServiceWorker.workerErrorReported" not in page.events


async def evaluated(worker: Page, script: str) -> Any:
    """What *script* comes to in a worker."""
    done = await worker.call(
        "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
    )
    assert "exceptionDetails" not in done, done
    return done["result"].get("value")


def change_to(endpoint: str) -> str:
    """What tells a worker that its subscription goes to *endpoint* now."""
    return f"{{ const given = {json.dumps(subscription(endpoint))}; {CHANGE} }}"


async def test_a_push_of_ours_is_shown_and_leads_where_it_says(
    settings: Settings, tmp_path: Path
) -> None:
    service = PushService()
    async with service.listening() as origin, at_notifications(settings, tmp_path) as person:
        await person.turn_on(f"{origin}/push/ann")
        await push(person.server, person.ann, link="/account/profile")
        await sent(person.server)
        [got] = service.sent
        plain = BROWSER.opened(got.body).decode()
        topic = json.loads(plain)["topic"]
        await person.until_shown(plain, [["Run", "It is time.", topic]])
        await person.until_shown(plain, [["Run", "It is time.", topic]])  # in the place of itself
        worker = await person.worker()
        opened = json.loads(await evaluated(worker, CLICK))
        await person.visit(f"{person.server.url}/account/profile")
        await person.until_shown(plain, [["Run", "It is time.", topic]])
        focused = json.loads(await evaluated(worker, CLICK))

        assert topic == "ntf_1"
        assert opened == [[["open", "/account/profile"]], 0]
        assert focused == [[["focus", "/account/profile"]], 0]


async def test_what_is_no_push_of_ours_does_no_harm(settings: Settings, tmp_path: Path) -> None:
    async with at_notifications(settings, tmp_path) as person:
        await person.turn_on("http://127.0.0.1:9/push/ann")
        for data, shown in BROKEN.items():
            await person.until_shown(
                '{"title": "Before", "body": "it"}', [["Before", "it", "upcoach"]]
            )
            await person.until_shown(data, shown)
        worker = await person.worker()
        places = {
            link: [
                await evaluated(worker, f"place({json.dumps(link)}, {json.dumps(app)})")
                for app in ("", "https://app.test")
            ]
            for link in PLACES
        }

        ours = {
            link: [without.replace(OURS, person.server.url), with_app]
            for link, (without, with_app) in PLACES.items()
        }
        assert places == ours


async def test_somebody_turns_pushes_on_and_off_in_a_browser(
    settings: Settings, tmp_path: Path
) -> None:
    async with at_notifications(settings, tmp_path) as person:
        await person.turn_on("http://127.0.0.1:9/push/1")
        on = await person.endpoints()
        wide = await person.width(f"{person.server.url}{PAGE}")
        worker = await person.worker()
        await evaluated(worker, change_to("http://127.0.0.1:9/push/2"))
        changed = await person.endpoints()
        names = [device.name for device in await person.devices()]
        await person.click("#this-browser button")
        await person.until_state("Off in this browser.")
        off = await person.endpoints()
        await person.allow("denied")
        await person.visit(f"{person.server.url}{PAGE}")
        blocked = await person.hear(STATE)
        is_hidden = await person.read("document.querySelector('#this-browser button').hidden")
        await person.page.call("Network.clearBrowserCookies")
        await evaluated(worker, change_to("http://127.0.0.1:9/push/3"))

        assert on == ["http://127.0.0.1:9/push/1"]
        assert changed == ["http://127.0.0.1:9/push/1", "http://127.0.0.1:9/push/2"]
        assert names == ["Chrome on Linux"] * 2
        assert off == ["http://127.0.0.1:9/push/2"]
        assert blocked.startswith("Blocked: ")
        assert is_hidden is True
        assert wide <= NARROW
        assert await person.endpoints() == off


async def test_a_browser_that_cannot_subscribe_says_so(settings: Settings, tmp_path: Path) -> None:
    refusing = "PushManager.prototype.subscribe = async () => { throw new Error('away'); };"
    async with at_notifications(settings, tmp_path) as person:
        await person.page.call("Page.addScriptToEvaluateOnNewDocument", source=refusing)
        await person.visit(f"{person.server.url}{PAGE}")
        await person.until_state("Off in this browser.")
        await person.click("#this-browser button")
        said = await person.hear("#this-browser [role=alert]")

        assert said.startswith("This browser could not do that")
        assert await person.read(_text_of(STATE)) == "Off in this browser."
        assert await person.endpoints() == []

"""A whole login in Chromium, which runs no script of ours and holds us to our policy."""

import contextlib
import socket
from pathlib import Path

import pytest
from tornado.web import Application, RequestHandler

from config.settings import Settings
from models.account.user import Registration
from tests.conformance.visitors import NARROW, at_chromium, query_of
from tests.support.engines import TestEngines
from tests.support.people.mail import confirm
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.relying import VERIFIER, Browser
from upcoach.node import app

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}
CODE = "authorization_code"
CALLED = "Fitness & Füße"


class Callback(RequestHandler):
    """Where the app waits for its code."""

    def initialize(self, heard: dict[str, str]) -> None:
        self.heard = heard

    def get(self) -> None:
        self.heard |= {name: self.get_argument(name) for name in self.request.arguments}
        self.finish("<title>Back in the app</title>")


async def redeemed(server: Server, code: str, client: str, redirect: str) -> int:
    browser = Browser(server.url)
    form = {"grant_type": CODE, "code": code, "client_id": client, "redirect_uri": redirect}
    answer = await browser.post("/oauth/token", form | {"code_verifier": VERIFIER})
    browser.close()
    return answer.status


@pytest.mark.conformance
async def test_no_page_scrolls_sideways_on_a_narrow_phone(
    settings: Settings, tmp_path: Path
) -> None:
    paths = ("/docs", "/account/login", "/account/register", "/account/forgot", "/oauth/device")
    widths = {}
    async with (
        serving(settings) as server,
        at_chromium(tmp_path, f"{server.url}/livez", scripts=True) as person,
    ):
        for path in paths:
            widths[path] = await person.width(f"{server.url}{path}")

    assert {path: width for path, width in widths.items() if width > NARROW} == {}


@pytest.mark.conformance
async def test_somebody_registers_logs_in_and_agrees_without_a_script(
    settings: Settings, tmp_path: Path
) -> None:
    heard: dict[str, str] = {}
    waiting = Application([("/cb", Callback, {"heard": heard})])
    async with serving(settings) as server, app.listening(waiting, "127.0.0.1", 0) as port:
        redirect = f"http://127.0.0.1:{port}/cb"
        client, _ = await server.node.services.oauth.clients.register(
            name=CALLED,
            kind="public",
            redirects=("http://127.0.0.1/cb",),
            permissions=("openid", "goals:read", "journal:read"),
            auth="none",
        )
        asked = query_of(client.id, redirect, lambda text: text.replace("/", "%2F"))
        async with at_chromium(tmp_path, f"{server.url}/livez") as person:
            await person.go(f"{server.url}/oauth/authorize?{asked}")
            await person.see(f"Log in to continue to {CALLED}")
            await person.click("nav li:last-child a")
            await person.see("Create an account")
            for name, text in {"name": "Ann", "email": "ann@example.org"}.items():
                await person.type(name, text)
            await person.type("password", PASSWORD)
            await person.click()
            await person.see("Check your email")
            await person.click("nav a")
            await person.see("Log in to continue")
            await person.type("email", "ann@example.org")
            await person.type("password", "not the password")
            await person.click()
            alert = await person.hear("#problem")
            focused = await person.read("document.activeElement.name")
            await person.type("password", PASSWORD)
            await person.click()
            await person.see(f"{CALLED} asks for access")
            corner = await person.read("getComputedStyle(document.querySelector('main')).maxWidth")
            await person.click()
            await person.see("Back in the app")

        assert alert == "Wrong email or password."
        assert focused == "password"
        assert corner == "432px"  # the style is there: the policy lets it be
        assert heard.keys() == {"code", "state", "iss"}
        assert await redeemed(server, heard["code"], client.id, redirect) == 200


@pytest.mark.conformance
async def test_somebody_logs_in_with_a_passkey_alone(engines: TestEngines, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://localhost:{port}"  # passkeys are for domains, and an address is none
    settings = engines.settings(UPCOACH_PUBLIC_URL=url)
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        app.running_node(settings, settings.mongo_url, settings.redis_url) as node,
        app.listening(node.application, "127.0.0.1", port),
        at_chromium(tmp_path, f"{url}/livez", scripts=True) as person,
    ):
        draft = Registration(email="ann@example.org", password=PASSWORD, name="Ann")
        await node.services.account.accounts.create(draft)
        await person.take(AUTHENTICATOR)
        await person.go(f"{url}/account/login")
        await person.see("Log in")
        await person.type("email", "ann@example.org")
        await person.type("password", PASSWORD)
        await person.click()
        await person.see("Hello, Ann")
        await person.go(f"{url}/account/passkeys")
        await person.see("Add a passkey")
        await person.click()
        assert await person.hear("#passkey button.main") == "Create the passkey"
        await person.click("#passkey button.main")
        await person.see("Your passkey is added")
        with contextlib.closing(Server(url, node)) as server:
            await confirm(server, "ann@example.org")
        await person.go(f"{url}/account/login?switch=1")
        await person.see("Log in")

        await person.click("#passkey button")
        await person.see("Hello, Ann")

        session = await node.database["sessions"].find_one({}, sort=[("_id", -1)])
        assert session is not None
        assert (session["acr"], session["app"]) == (2, "web")


@pytest.mark.conformance
async def test_the_documentation_is_searched_under_its_policy(
    settings: Settings, tmp_path: Path
) -> None:
    async with (
        serving(settings) as server,
        at_chromium(tmp_path, f"{server.url}/docs", scripts=True) as person,
    ):
        await person.see("UpCoach API")
        await person.type("q", "undo goal")
        found = await person.hear("#found")
        shown = await person.read(
            "[...document.querySelectorAll('details:not([hidden])')].map(one => one.id)"
        )

    # The operation, and its body among the types.
    assert (found, shown) == ("2 found", ["undoGoalChange"])

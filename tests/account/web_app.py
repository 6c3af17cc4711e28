"""A web app of ours: its user's browser has a cookie, and its pages know a word of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from config.settings import Settings
from models.base.ids import new_id
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.relying import Answer, Browser

JSON: Final = {"Content-Type": "application/json"}
SAME: Final = {"Sec-Fetch-Site": "same-origin"}
CSRF: Final = "X-UpCoach-CSRF"
GOALS: Final = "/v1/goals"


class WebApp(msgspec.Struct, frozen=True):
    """A server, and somebody at a browser."""

    server: Server
    browser: Browser
    email: str

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask as a page of ours does, but for the proof."""
        raw = None if body is None else msgspec.json.encode(body)
        sent = SAME | (JSON if raw is not None else {}) | headers
        return await self.browser.ask(method, path, raw, sent)

    async def log_in(self, app: str = "web", **headers: str) -> Answer:
        """Log the browser in."""
        body = {"email": self.email, "password": PASSWORD, "device": "browser", "app": app}
        return await self.call("POST", "/v1/auth/login", body, **headers)

    async def proof(self) -> dict[str, str]:
        """The header that shows that a page of ours asks."""
        return {CSRF: (await self.call("GET", "/v1/auth/csrf")).body["token"]}

    async def add_goal(self, **headers: str) -> Answer:
        """Change something."""
        return await self.call("POST", GOALS, {"title": "Run"}, **headers)

    async def goals(self) -> int:
        """How many goals there are of anybody."""
        return await self.server.node.database["goals"].count_documents({})

    async def use_again_after(self, **time: int) -> None:
        """Let nobody have used any session for some *time*."""
        to_date = {"$dateSubtract": {"startDate": "$at", "unit": next(iter(time))}}
        to_date["$dateSubtract"]["amount"] = next(iter(time.values()))  # type: ignore[assignment]
        await self.server.node.database["rotations"].update_many({}, [{"$set": {"at": to_date}}])


async def log_in_at_a_browser(server: Server) -> None:
    """What only a browser asks for, by a client that keeps no cookies."""
    client, email = server.client(), f"{new_id('test')}@example.org"
    await client.register(email, PASSWORD, "Ann Example")
    body = {"email": email, "password": PASSWORD, "device": "browser", "app": "web"}
    entered = await client.call("POST", "/v1/auth/login", body)
    cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
    proof = await client.call("GET", "/v1/auth/csrf", headers=cookie)
    headers = cookie | {CSRF: proof.body["token"]}
    assert (await client.call("POST", "/v1/auth/logout", headers=headers)).status == 204


@asynccontextmanager
async def web_app(settings: Settings) -> AsyncIterator[WebApp]:
    """A web app at a server of its own, whose user has not logged in yet."""
    async with serving(settings) as server:
        email = f"{new_id('test')}@example.org"
        await server.client().register(email, PASSWORD, "Ann Example")
        browser = Browser(server.url)
        try:
            yield WebApp(server, browser, email)
        finally:
            browser.close()

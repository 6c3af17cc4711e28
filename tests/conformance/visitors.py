"""Somebody at Chromium, who visits our pages."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from models.base.merge_patch import Json
from tests.conformance.browser import PATIENCE_S, Navigated, Page, browsing
from tests.support.wire.relying import CHALLENGE

NARROW = 360  # CSS pixels: the narrowest phones that are sold


class Person:
    """Somebody at Chromium: they type, tick and click, and read what is there."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def read(self, expression: str) -> Any:
        done = await self._page.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return done["result"].get("value")

    async def see(self, words: str) -> None:
        """Return when the page says *words*, and is all there."""
        await self._until(lambda title: words in title, "document.title")

    async def hear(self, selector: str) -> str:
        """What *selector* says, once it is there."""
        return await self._until(bool, f"document.querySelector('{selector}')?.textContent")

    async def _until(self, is_right: Callable[[str], bool], expression: str) -> str:
        whole = f"document.readyState == 'complete' && {expression}"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(Navigated):
                    found = str(await self.read(whole) or "")
                    if is_right(found):
                        return found
                await asyncio.sleep(0.05)

    async def go(self, url: str) -> None:
        await self._page.call("Page.navigate", url=url)

    async def visit(self, url: str) -> None:
        """Go to *url*, and wait until it is all there."""
        await self.go(url)
        await self._until(bool, f"location.href == '{url}' && 'there'")

    async def type(self, name: str, text: str) -> None:
        await self.read(f"document.querySelector('[name={name}]').focus()")
        await self._page.call("Input.insertText", text=text)

    async def click(self, selector: str = "button.main") -> None:
        await self.read(f"document.querySelector('{selector}').click()")

    async def width(self, url: str) -> int:
        """How wide *url* is on a narrow phone, with all open that can be opened."""
        narrow: Json = {"width": NARROW, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        await self._page.call("Emulation.setDeviceMetricsOverride", **narrow)
        await self.visit(url)
        await self.read("document.querySelectorAll('details').forEach(one => one.open = true)")
        return int(await self.read("document.documentElement.scrollWidth"))

    async def prefer(self, scheme: str) -> None:
        """Prefer the colors `light` or `dark`."""
        preferred = [{"name": "prefers-color-scheme", "value": scheme}]
        await self._page.call("Emulation.setEmulatedMedia", features=preferred)

    async def take(self, authenticator: Json) -> None:
        """Have an authenticator at hand."""
        await self._page.call("WebAuthn.enable")
        await self._page.call("WebAuthn.addVirtualAuthenticator", options=authenticator)


@contextlib.asynccontextmanager
async def at_chromium(folder: Path, url: str, *, scripts: bool = False) -> AsyncIterator[Person]:
    """Somebody whose Chromium does what our policy says, and runs *scripts* or not."""
    async with browsing(folder, url, lambda _: None) as page:
        await page.call("Page.setBypassCSP", enabled=False)
        await page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        yield Person(page)


def query_of(client: str, redirect: str, quoted: Callable[[str], str]) -> str:
    asked = {
        "client_id": client,
        "redirect_uri": quoted(redirect),
        "response_type": "code",
        "scope": "openid%20goals:read%20journal:read",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return "&".join(f"{name}={value}" for name, value in asked.items())

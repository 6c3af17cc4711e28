"""No page has a flaw that axe-core finds: landmarks, labels, contrast, headings, names."""

import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from config.settings import Settings
from tests.conformance.outside import VAR, node
from tests.conformance.visitors import Person, at_chromium, query_of
from tests.notifications.devices import registered
from tests.support.server import PASSWORD, serving

STRANGERS: Final = (
    *("/", "/docs", "/oauth/device", "/account/verify", "/account/reset"),
    *("/account/login", "/account/register", "/account/forgot"),
)
OWN: Final = (
    *("", "/profile", "/address", "/password", "/sessions", "/grants", "/identities"),
    *("/passkeys", "/authenticator", "/notifications"),
)
RUN: Final = """
document.querySelectorAll("details").forEach(one => one.open = true);
axe.run({resultTypes: ["violations"]}).then(found => JSON.stringify(
  found.violations.map(({id, nodes}) => [
    id, nodes.length, nodes[0].html, nodes[0].failureSummary,
  ])))
"""


async def flaws_of(person: Person, axe: str) -> Any:
    """What axe finds in the page that *person* looks at."""
    await person.read(axe)
    return msgspec.json.decode(await person.read(RUN))


@pytest.mark.conformance
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_a_flaw_that_axe_finds(
    settings: Settings, tmp_path: Path, scheme: str
) -> None:
    await asyncio.to_thread(node)
    axe = (VAR / "node/node_modules/axe-core/axe.min.js").read_text()
    async with (
        serving(settings) as server,
        at_chromium(tmp_path, f"{server.url}/livez", scripts=True) as visitor,
    ):
        email = "ann@example.org"
        await server.client().register(email, PASSWORD, "Ann")
        client, _ = await server.node.services.oauth.clients.register(
            name="Diary",
            kind="public",
            redirects=("http://127.0.0.1/cb",),
            permissions=("openid", "goals:read"),
            auth="none",
        )
        flaws = {}
        await visitor.prefer(scheme)
        for path in STRANGERS:
            await visitor.visit(f"{server.url}{path}")
            flaws[path] = await flaws_of(visitor, axe)
        await visitor.visit(f"{server.url}/account/login")
        await visitor.type("email", email)
        await visitor.type("password", "wrong")
        await visitor.click()
        await visitor.hear("#problem")
        flaws["a refused login"] = await flaws_of(visitor, axe)
        await visitor.type("password", PASSWORD)
        await visitor.click()
        await visitor.see("Hello")
        phone = await server.client().log_in(email, PASSWORD, "phone")
        await registered(phone, {"platform": "android", "token": "token-of-a-phone"})
        for path in OWN:
            await visitor.visit(f"{server.url}/account{path}")
            flaws[path] = await flaws_of(visitor, axe)
        await visitor.visit(f"{server.url}/account/notifications")
        await visitor.hear("#this-browser:not([hidden]) h2")
        flaws["pushes"] = await flaws_of(visitor, axe)
        asked = query_of(client.id, "http://127.0.0.1/cb", lambda text: text)
        await visitor.go(f"{server.url}/oauth/authorize?{asked.replace('%20journal:read', '')}")
        await visitor.see("Diary asks for access")
        flaws["consent"] = await flaws_of(visitor, axe)

    assert {path: found for path, found in flaws.items() if found} == {}
    assert len(flaws) == len(STRANGERS) + len(OWN) + 3

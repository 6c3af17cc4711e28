"""The app in docs/apps.md works as it stands there."""

import asyncio
import contextlib
import json
import re
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.people.furnished import GOALS
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.relying import Browser

PAGE = Path(__file__).parents[2] / "docs" / "apps.md"
REDIRECT = "http://127.0.0.1/cb"
SCOPE = "goals:read offline_access"


def documented() -> str:
    """The program on the page."""
    [block] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


def settings_of(engines: TestEngines) -> Settings:
    """The settings of a server that knows its own URL."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    return engines.settings(UPCOACH_PORT=str(port), UPCOACH_PUBLIC_URL=f"http://127.0.0.1:{port}")


@contextlib.asynccontextmanager
async def running(server: Server, client: str) -> AsyncIterator[asyncio.StreamReader]:
    """The program at work, and what it prints."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", documented(), server.url, client), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    try:
        yield program.stdout
        assert await asyncio.wait_for(program.wait(), 10) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.kill()


async def test_the_app_on_the_page_reads_goals(engines: TestEngines) -> None:
    async with serving(settings_of(engines)) as server:
        assert f'REDIRECT={REDIRECT} SCOPE="{SCOPE}"' in PAGE.read_text(encoding="utf-8")
        client, _ = await server.node.services.oauth.clients.register(
            name="Charts",
            kind="public",
            auth="none",
            redirects=(REDIRECT,),
            permissions=tuple(SCOPE.split()),
        )
        person = await server.person()
        await done(person.call("POST", GOALS, {"title": "Run 10 km"}))
        email = (await person.call("GET", "/v1/me")).body["email"]
        browser = Browser(server.url)
        async with running(server, client.id) as printed:
            question = urlsplit((await printed.readline()).decode().strip())
            page = await browser.get(question.path, dict(parse_qsl(question.query)))
            answer = await browser.agree(await browser.log_in(page, email))
            await asyncio.to_thread(urlopen, answer.headers["location"])
            goals = json.loads(await printed.readline())
        browser.close()

    assert [goal["title"] for goal in goals["items"]] == ["Run 10 km"]

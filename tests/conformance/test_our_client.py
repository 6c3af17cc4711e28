"""Our own client for browsers, in one."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.clients.walking import (
    CLIENT,
    HERE,
    LAST,
    TRANSPORTS,
    assert_it_loses_nothing_and_writes_once,
)
from tests.conformance.browser import browsing
from upcoach.client import RestClient

# A page of the server is the place, because a browser asks nobody else for anything.
START = """
const urls = [location.origin];
const device = new Device({{ urls, token: {token}, longestMs: 1_000 }});
walk(device, {transports}, {last}, say).catch((failure) => say(String(failure.stack)));
undefined;
"""


@pytest.mark.conformance
async def test_it_loses_nothing_and_writes_once_in_chromium(
    settings: Settings, tmp_path: Path
) -> None:
    @contextlib.asynccontextmanager
    async def walk(url: str, person: RestClient, said: asyncio.Queue[str]) -> AsyncIterator[None]:
        values = {"token": person.token, "transports": TRANSPORTS, "last": LAST}
        start = START.format(**{name: json.dumps(value) for name, value in values.items()})
        async with browsing(tmp_path, f"{url}/livez", said.put_nowait) as page:
            await page.run(f"{{ {_script(CLIENT)} {_script(HERE / 'walk.mjs')} {start} }}")
            yield

    await assert_it_loses_nothing_and_writes_once(settings, walk)


def _script(module: Path) -> str:
    """The text of a module that imports nothing, as a script."""
    return re.sub("^export ", "", module.read_text(), flags=re.MULTILINE)

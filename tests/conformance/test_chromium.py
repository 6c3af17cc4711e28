"""Chromium's WebSocket and EventSource, which nobody here wrote."""

import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Settings
from tests.conformance.browser import browsing
from tests.conformance.following import Heard, assert_nothing_is_lost
from tests.conformance.outside import HERE
from upcoach.client import RestClient

BY_SOCKET = "follow(WebSocket, `ws://${location.host}/v1/live`, token, say)"
# An EventSource sets no header: it shows a ticket, which works once, so each one needs another.
BY_EVENTS = """
const open = async (since) => {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch("/v1/live/tickets", { method: "POST", headers });
  const { ticket } = await answer.json();
  return new EventSource(`/v1/events?feed=u:me&since=${since}&ticket=${ticket}`);
};
follow(open, say);
"""


@contextlib.asynccontextmanager
async def following(
    folder: Path, script: str, call: str, port: int, person: RestClient, heard: Heard
) -> AsyncIterator[None]:
    """A page that follows with the function of *script*."""
    text = (HERE / script).read_text().replace("export function", "function")
    async with browsing(folder, f"http://127.0.0.1:{port}/livez", heard.hear) as page:
        await page.run(f'{{ const token = "{person.token}"; {text} {call} }}')
        yield


@pytest.mark.conformance
async def test_a_websocket_of_chromium_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    await assert_nothing_is_lost(
        settings, functools.partial(following, tmp_path, "live.mjs", BY_SOCKET)
    )


@pytest.mark.conformance
async def test_an_eventsource_of_chromium_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    await assert_nothing_is_lost(
        settings, functools.partial(following, tmp_path, "events.mjs", BY_EVENTS)
    )

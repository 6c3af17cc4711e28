"""A page of another origin in Chromium: it calls and follows where the server knows its origin."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.browser import browsing
from tests.support.engines import TestEngines
from tests.support.server import serving

# The page imports the client from the server that it calls, which is not its own.
SCRIPT = """
(async () => {{
  const told = {{ origin: location.origin !== {url} }};
  const attempt = async (name, work) => {{
    try {{ told[name] = await work(); }} catch (failure) {{ told[name] = failure.name; }}
  }};
  const {{ Client, Device }} = await import({url} + "/upcoach.mjs");
  const client = new Client({url}, {token});
  await attempt("read", async () => (await client.call("GET", "/v1/me")).headers.etag);
  const headers = {{ "If-Match": '"v1"', "Idempotency-Key": crypto.randomUUID() }};
  await attempt("write", async () =>
    (await client.call("PATCH", "/v1/me", {{ name: "Page" }}, {{ headers }})).status);
  await attempt("refused", async () =>
    (await client.call("GET", "/v1/goals/gol_1")).body.code);
  await attempt("cookie", async () =>
    (await fetch({url} + "/v1/auth/csrf", {{ credentials: "include" }})).status);
  for (const transport of ["websocket", "sse"]) {{
    await attempt(transport, () => new Promise((resolve) => {{
      const done = (word) => {{ device.stop(); resolve(word); }};
      const device = new Device({{
        urls: [{url}], token: {token}, transport, onEvent: () => done("live"), longestMs: 200,
      }});
      setTimeout(() => done("nothing"), {patience_ms});
      device.start();
      const wait = setInterval(() => {{
        if (device.live) {{ clearInterval(wait); done("live"); }}
      }}, 20);
    }}));
  }}
  say(JSON.stringify(told));
}})();
undefined;
"""
KNOWN = {
    "origin": True,
    "read": '"v1"',
    "write": 200,
    "refused": "not_found",
    "cookie": "TypeError",
    "websocket": "live",
    "sse": "live",
}
UNKNOWN = dict.fromkeys(KNOWN, "TypeError") | {
    "origin": True,
    "websocket": "nothing",
    "sse": "nothing",
}


@pytest.mark.conformance
@pytest.mark.parametrize(
    ("origins", "expected"), [("http://127.0.0.1", KNOWN), ("https://app.example.org", UNKNOWN)]
)
async def test_a_page_of_another_origin(
    engines: TestEngines, tmp_path: Path, origins: str, expected: dict[str, Any]
) -> None:
    settings = engines.settings(UPCOACH_WEB_ORIGINS=origins)
    async with serving(settings) as server, serving(engines.settings()) as elsewhere:
        person = await server.person()
        said: asyncio.Queue[str] = asyncio.Queue()
        values = {"url": server.url, "token": person.token, "patience_ms": 3_000}
        script = SCRIPT.format(**{name: json.dumps(value) for name, value in values.items()})
        async with browsing(tmp_path, f"{elsewhere.url}/livez", said.put_nowait) as page:
            await page.run(script)
            async with asyncio.timeout(60):
                told = json.loads(await said.get())

        assert told == expected

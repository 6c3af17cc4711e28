"""A headless Chromium, driven over its DevTools protocol."""

import asyncio
import contextlib
import copy
import itertools
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import websockets

from models.base.merge_patch import Json
from tests.conformance.outside import chromium, ended

PATIENCE_S: Final = 60.0
# Nothing but our pages: no phone calls home, and no name but that of this machine.
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-port=0",
)


class Navigated(Exception):
    """The page that was asked has given way to another one."""


class Page:
    """A page, or a worker of it: it runs scripts, and what they `say` is heard.

    Attributes
    ----------
    events
        The newest event of each name that Chromium has told.

    """

    def __init__(self, socket: websockets.ClientConnection, hear: Callable[[str], None]) -> None:
        self._socket = socket
        self._hear = hear
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._session: str | None = None
        self.events: dict[str, Json] = {}

    async def open(self, url: str) -> None:
        """Open *url*, and give its scripts the function `say`."""
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        await self.call("Page.enable")
        await self.call("Runtime.enable")
        await self.call("Page.setBypassCSP", enabled=True)  # ours lets a page do nothing at all
        await self.call("Runtime.addBinding", name="say")
        await self.call("Page.navigate", url=url)

    async def worker(self, url: str) -> "Page":
        """The service worker with the script *url*."""
        targets = await self.call("Target.getTargets")
        [found] = [row for row in targets["targetInfos"] if row["url"] == url]
        attached = await self.call(
            "Target.attachToTarget", targetId=found["targetId"], flatten=True
        )
        worker = copy.copy(self)
        worker._session = attached["sessionId"]
        return worker

    async def run(self, script: str) -> None:
        """Run *script*, which must not throw."""
        done = await self.call("Runtime.evaluate", expression=script, awaitPromise=True)
        assert "exceptionDetails" not in done, done

    async def call(self, method: str, **parameters: Any) -> Json:
        """Call a method of the DevTools protocol."""
        number = next(self._numbers)
        message: Json = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._answers[number] = answered = asyncio.get_running_loop().create_future()
        await self._socket.send(msgspec.json.encode(message).decode())
        async with asyncio.timeout(PATIENCE_S):
            answer = await answered
        if "navigated" in answer.get("error", {}).get("message", ""):
            raise Navigated
        assert "error" not in answer, answer
        result: Json = answer["result"]
        return result

    async def listen(self) -> None:
        """Take what Chromium says."""
        async for message in self._socket:
            said = msgspec.json.decode(message)
            if said.get("method") == "Runtime.bindingCalled":
                self._hear(said["params"]["payload"])
            elif said.get("id") in self._answers:
                self._answers.pop(said["id"]).set_result(said)
            elif "method" in said:
                self.events[said["method"]] = said["params"]


@contextlib.asynccontextmanager
async def browsing(folder: Path, url: str, hear: Callable[[str], None]) -> AsyncIterator[Page]:
    """A page of *url* in a Chromium of its own, whose profile is in *folder*."""
    process = await asyncio.create_subprocess_exec(
        chromium(),
        *FLAGS,
        f"--user-data-dir={folder}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    stderr = process.stderr
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = None
            while found is None:
                found = re.search(rb"listening on (ws://\S+)", await stderr.readline())
        drained = asyncio.create_task(stderr.read())
        async with websockets.connect(found[1].decode(), max_size=None) as socket:
            page = Page(socket, hear)
            listener = asyncio.create_task(page.listen())
            await page.open(url)
            yield page
            assert not listener.done(), "Chromium has gone"
        await listener
    finally:
        await ended(process)
    await drained

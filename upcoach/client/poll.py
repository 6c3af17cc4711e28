"""Long-poll and plain REST: pages of events, one request after the other."""

import asyncio
from typing import Final

import msgspec

from upcoach.client.channel import HELLO_S
from upcoach.client.web import WebChannel, events_path

WAIT_S: Final = 25
PAUSE_S: Final = 1.0  # between two requests that do not wait
LIMIT: Final = 500


class PollChannel(WebChannel):
    """`GET /v1/events` with `wait`: answered at the first event."""

    wait_s = WAIT_S
    patience_s = WAIT_S + HELLO_S

    async def feed(self, name: str, since: str, *, snap: bool) -> None:
        """See `WebChannel.feed`."""
        cursor = await self.pages(name) if snap else since
        is_known = snap
        is_current = False
        while True:
            wait = str(self.wait_s) if is_current and self.wait_s else ""
            path = events_path(name, since=cursor, limit=str(LIMIT), wait=wait)
            answer = await self.ask(name, path)
            if not is_known:
                is_known = True
                self._hear({"t": "subd", "f": name, "cur": cursor, "mode": "resume"})
            for frame in msgspec.json.decode(answer.body) if answer.status == 200 else ():
                self._hear(frame)
            cursor = answer.headers["upcoach-cursor"]
            was_current = is_current
            is_current = "link" not in answer.headers
            if is_current and not was_current:
                self._hear({"t": "live", "f": name, "cur": cursor})
            else:
                self._hear(None)
            if is_current and not self.wait_s:
                await asyncio.sleep(PAUSE_S)


class RestChannel(PollChannel):
    """`GET /v1/events` once a second."""

    wait_s = 0
    patience_s = HELLO_S

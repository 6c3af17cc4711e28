"""Pushes as files, in the place of a push service."""

import asyncio
import datetime as dt
from pathlib import Path

import msgspec

from upcoach.services.base.delivery.folder import MessageFolder
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget


class ShownPush(msgspec.Struct, frozen=True, kw_only=True):
    """A push as it would have come to a device: to which, and when; no token is kept."""

    platform: str
    device: str
    at: dt.datetime
    message: PushMessage


class PushFolder:
    """Writes pushes into files, in the place of a push service."""

    def __init__(self, path: Path) -> None:
        self._files = MessageFolder(path, ".json")

    async def carry(self, target: PushTarget, message: PushMessage, at: dt.datetime) -> None:
        """See `PushCarrier`."""
        push = ShownPush(platform=target.platform, device=target.name, at=at, message=message)
        raw = msgspec.json.format(msgspec.json.encode(push))
        await asyncio.to_thread(self._files.write, message.id, raw)

    def names(self) -> list[str]:
        """The names of the pushes, the newest first."""
        return self._files.names()

    def raw(self, name: str) -> bytes | None:
        """The file of the push *name*, if it is one."""
        return self._files.read(name)

    def read(self, name: str) -> ShownPush | None:
        """The push *name*, if it is one."""
        raw = self.raw(name)
        return None if raw is None else msgspec.json.decode(raw, type=ShownPush)

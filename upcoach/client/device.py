"""A device that follows its owner's feed, through every interruption, over every transport."""

import asyncio
from collections.abc import Callable
from typing import Any, Self

from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from upcoach.client.driver import Driver, Stopped
from upcoach.client.followed_feeds import OWN
from upcoach.client.machine import ClientEvent, State
from upcoach.client.replica import Documents, Replica


class SyncDevice(Driver):
    """A device: documents, a position in each feed, and the writes that have no answer yet.

    What it does when stands in `machine.TABLE`.

    Parameters
    ----------
    urls
        The nodes; each attempt goes to the next.
    on_event
        Called with every `ev` frame that was applied.
    on_told
        Called with every `eph` frame.
    on_write
        Called with every write that is kept, before it is sent: who saves then makes none twice
        when the application is killed.
    on_refused
        Called with every refusal that nobody waits for; see `refusals`.
    on_login
        Called with the `login` of `saved` as soon as there are new tokens: who keeps it at once
        stays logged in, whenever the application ends.
    token, refresh_token
        What the login gave; the newer tokens in *saved* count when they follow from the same login,
        or none are given.  Without a refresh token the device stops when its token ends.
    dev
        The device's name: a second connection under it replaces the first.
    transport, transports
        The name of one of the transports, until `hop` says otherwise; and what there is to choose
        from.
    feeds, channels
        What to follow beside the own feed.
    longest_s
        The most that a back-off may take.
    ack_s, ack_events
        After how long, or how many events, the server is told how far this device has come.
    behind_s
        How long a position may stay below the server's before it is asked for again.
    saved
        What `saved` gave when the application was closed.

    """

    async def __aenter__(self) -> Self:
        self.happen(ClientEvent.START)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.happen(ClientEvent.STOP)
        self._links.close()
        await self._links.wait_closed()
        await self._login.wait_closed()

    @property
    def own(self) -> Replica:
        """The copy of the own feed."""
        return self.replicas[OWN]

    @property
    def documents(self) -> Documents:
        """The documents of the own feed; this and what follows are explained in `Replica`."""
        return self.own.documents

    @property
    def epoch(self) -> str:
        """See `Replica`."""
        return self.own.epoch

    @property
    def seq(self) -> int:
        """See `Replica`."""
        return self.own.seq

    @property
    def applied(self) -> dict[int, int]:
        """See `Replica`."""
        return self.own.applied

    @property
    def repeats(self) -> int:
        """See `Replica`."""
        return self.own.repeats

    @property
    def gaps(self) -> int:
        """See `Replica`."""
        return self.own.gaps

    @property
    def resets(self) -> list[str]:
        """See `Replica`."""
        return self.own.resets

    async def mutate(self, op: str, path: str, body: Any = None, base: int | None = None) -> Json:
        """Send a write until it is answered, and return the `res` frame."""
        if self.state is State.STOPPED:
            raise Stopped(self.stopped_by)
        frame: Json = {"t": "mut", "id": new_mutation_id(), "op": op, "path": path}
        if body is not None:
            frame["body"] = body
        if base is not None:
            frame["base"] = base
        answer = self._outbox.add(frame)
        if self._on_write is not None:
            self._on_write(frame)
        self.happen(ClientEvent.WRITE, frame)
        return await answer

    async def until(self, condition: Callable[[Self], bool], timeout_s: float = 30.0) -> None:
        """Wait until *condition* holds, which is checked after every event."""
        async with asyncio.timeout(timeout_s):
            while not condition(self):
                await self._changed.wait()

    def hop(self, transport: str = "", url: str = "") -> None:
        """Reconnect over another transport, to another node, or both; nothing is missed."""
        self.transport = transport or self.transport
        self._url = url.rstrip("/")
        self.happen(ClientEvent.HOP)

    def saved(self) -> Json:
        """The state to save, in order to go on after the application was closed."""
        feeds = [replica.saved() for replica in self.replicas.values()]
        return {"feeds": feeds, **self._outbox.saved(), "login": self._login.saved()}

    @property
    def refusals(self) -> list[Json]:
        """The writes (`write`) that were refused (`answer`) while nobody waited for the answer.

        They are part of `saved` until `dismiss` is called.
        """
        return list(self._outbox.refusals.values())

    def dismiss(self, mutation_id: str) -> None:
        """Delete the refusal of a write: its user knows."""
        self._outbox.refusals.pop(mutation_id, None)

    def send(self, frame: Json) -> None:
        """Send a frame of the application's own, such as `eph`, if there is a connection."""
        self._links.send(frame)

    def cut(self) -> None:
        """Drop the connection, as a lost network does; the device reconnects by itself."""
        self._links.cut()

"""The writes of one connection: in the order in which they come, no faster than the node takes."""

import asyncio
from collections.abc import Callable

from handlers.live import limits
from handlers.live.mutations import mutate, refused
from handlers.operations import Router
from handlers.rest import Edge
from models.caller import Caller
from models.errors import Unavailable
from models.frames import Mut, Res


class Writing:
    """What is under way, and how much more may be."""

    def __init__(self, edge: Edge, router: Router, say: Callable[[Res], None], rate_s: int) -> None:
        self._edge = edge
        self._router = router
        self._say = say
        self._rate = limits.Bucket(rate_s, limits.BURST)
        self._slots = asyncio.Semaphore(limits.WRITES_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._written: tuple[str, ...] = ()
        self._is_closed = False

    @property
    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """What is under way."""
        return tuple(self._tasks)

    def close(self) -> None:
        """Begin nothing any more."""
        self._is_closed = True

    def refuses(self, frame: Mut, now: float) -> bool:
        """Whether *frame* comes too soon; then the client was told when to send it again."""
        wait_s = self._rate.take(now)
        if wait_s:
            self._say(refused(frame, _too_many(wait_s)))
        return wait_s > 0

    async def begin(self, caller: Caller, frame: Mut) -> None:
        """Carry *frame* out, as soon as there is a slot; the answer comes when it comes."""
        await self._slots.acquire()
        if self._is_closed:
            self._slots.release()
            return
        follows, self._written = self._written, (*self._written, frame.id)[-limits.FOLLOWED :]
        task = asyncio.create_task(self._mutate(caller, frame, follows))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _mutate(self, caller: Caller, frame: Mut, follows: tuple[str, ...]) -> None:
        try:
            self._say(await mutate(self._edge, self._router, caller, frame, follows))
        finally:
            self._slots.release()


def _too_many(wait_s: float) -> Unavailable:
    return Unavailable(
        "writes_too_many",
        "Too many writes at once. Send this one again, under the same id, a little later.",
        extra={"after": round(wait_s * 1000) + 1},
    )

"""The order of writes that build on each other, over all roads: the one place that keeps it.

A write that was told to come again (429, 503) is held, under its name, on all nodes.  What names it
among those it follows is told to come again, too, until it was carried out or refused for good.

Whoever sends a named write away says `refuse`, whoever has carried one out says `settle`.  Each
road looks before it begins a write: where several are begun in order, nothing may be awaited
between that and the committer's queue, which keeps their order.
"""

from collections.abc import Collection
from typing import Final

from handlers.http.operations import Call
from models.base.errors import Refusal, Unavailable
from streams.limits.held_writes import HeldWrites
from upcoach.store.write.refused_writes import RefusedWrites

AGAIN_MS: Final = 1_000  # until a write comes again that found no database
RUNNING: Final = "mutation_running"


class WriteOrder:
    """Holds what was told to come again, and what follows it.

    Attributes
    ----------
    held
        The held writes of all nodes.

    """

    def __init__(
        self, refused: RefusedWrites | None = None, held: HeldWrites | None = None
    ) -> None:
        self._refused = RefusedWrites() if refused is None else refused
        self.held = HeldWrites() if held is None else held

    async def look(self, user: str, names: Collection[str], follows: Collection[str]) -> float:
        """Take it that the writes *names* are there; the seconds that what they follow takes."""
        await self.held.look(user, names)
        return self.held.wait_s(user, [name for name in follows if name not in names])

    def require_turn(self, call: Call) -> None:
        """Refuse what follows a write that was told to come again, and is not there."""
        if call.caller is None or call.mutation is None:
            return
        self._refused.require_turn(call.caller.scope.user, call.mutation)
        if call.wait_s:
            words = "It follows a write that was told to come again. Send both again, in order."
            raise Unavailable("writes_too_many", words, extra={"after": after_ms(call.wait_s)})

    async def refuse(self, user: str, names: Collection[str], refusal: Unavailable) -> None:
        """Hold the writes *names*, which *refusal* tells to come again."""
        await self.held.hold(user, names, refusal.extra.get("after", AGAIN_MS) / 1000)

    async def settle(
        self, call: Call, names: Collection[str], refusal: Refusal | None = None
    ) -> None:
        """Let what follows *call* go on, unless *refusal* tells its *names* to come again."""
        if call.caller is None or not names:
            return
        user = call.caller.scope.user
        if isinstance(refusal, Unavailable):
            if call.mutation is not None:
                self._refused.add(user, call.mutation, refusal)
            await self.refuse(user, names, refusal)
        elif call.mutation is not None and (refusal is None or refusal.code != RUNNING):
            await self.held.release(user, call.mutation.id)


def after_ms(wait_s: float) -> int:
    """*wait_s* as a client is told it."""
    return round(wait_s * 1000) + 1

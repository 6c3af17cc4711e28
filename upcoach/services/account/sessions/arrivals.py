"""Notes which refreshed tokens have reached their devices: those that were used since.

`upcoach.store.secrets.refresh_generations` says what that is good for.  Nobody waits for a note: it
may be lost, and then a theft is found a step later.
"""

import contextlib
from typing import Final

from models.base.errors import Unavailable
from models.base.periodic_jobs import PeriodicJob
from upcoach.store.secrets.refresh_generations import RefreshGenerations

EVERY_S: Final = 1.0


class Arrivals:
    """Collects the generations of tokens that this node was shown, and saves them together."""

    def __init__(self, rotations: RefreshGenerations) -> None:
        self._rotations = rotations
        self._shown: dict[str, int] = {}

    def note(self, session: str, generation: int) -> None:
        """Note a token of *generation*; the first of a session has no predecessor."""
        if generation > 1:
            self._shown[session] = max(generation, self._shown.get(session, 0))

    async def flush(self) -> None:
        """Save what was shown since the last call."""
        shown, self._shown = self._shown, {}
        if shown:
            with contextlib.suppress(Unavailable):
                await self._rotations.note_arrivals(shown)

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic flush."""
        return (PeriodicJob(name="arrivals", every_s=EVERY_S, run=self.flush),)

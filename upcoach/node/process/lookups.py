"""Look-ups of names in threads of their own, of which slow name servers hold up only so many.

Nothing stops `getaddrinfo`: a name that nobody answers for keeps its thread for as long as the
machine's resolver is patient.  So one thread at most looks up a name, whoever waits for it; names
that nobody waits for any more are skipped; and what is more than *bounds* is refused at once.  The
threads are daemons: the end of the process waits for none of them.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

Addresses = list[tuple[int, Any]]
LookUp = Callable[[str, int], Addresses]


class LookUpBounds(NamedTuple):
    """How many threads there are, and how many names are looked up or wait for it.

    Attributes
    ----------
    threads
        At most; none is started before it is needed.
    names
        At once, looked up or waiting for a thread.
    per_suffix
        Of them, those that end in the same two labels: whoever makes names has few such ends.

    """

    threads: int
    names: int
    per_suffix: int


# Of the operator's servers there are few: none is refused.
OPERATORS: Final = LookUpBounds(threads=16, names=1_024, per_suffix=1_024)
PEOPLES: Final = LookUpBounds(threads=64, names=128, per_suffix=8)


def look_up(host: str, port: int) -> Addresses:
    """The addresses of *host*, from the machine's resolver, as long as that takes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def suffix_of(host: str) -> str:
    """The last two labels of *host*, in lower case.

    Examples
    --------
    >>> suffix_of("a.b.Example.com"), suffix_of("localhost")
    ('example.com', 'localhost')

    """
    return ".".join(host.lower().rsplit(".", 2)[-2:])


class _Job:
    """A name that is looked up, and how many wait for it."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Addresses] = self.loop.create_future()
        self.waiting = 0


class LookUps:
    """Looks names up, each in a thread; cancel who waits for one to give it up."""

    def __init__(self, bounds: LookUpBounds, of: LookUp = look_up) -> None:
        self._bounds = bounds
        self._look_up = of
        self._jobs: dict[tuple[str, int], _Job] = {}
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._threads = 0

    async def __call__(self, host: str, port: int) -> Addresses:
        """The addresses of *host*, or `OSError`, also where too many names are looked up."""
        job = self._jobs.get((host, port)) or self._begun(host, port)
        job.waiting += 1
        try:
            return await asyncio.shield(job.answer)
        finally:
            job.waiting -= 1

    def close(self) -> None:
        """End the threads that have nothing to do; whoever still waits for a name gets none."""
        for job in self._jobs.values():
            job.answer.cancel()
        for _ in range(self._threads):
            self._queue.put(None)

    def _begun(self, host: str, port: int) -> _Job:
        suffix = suffix_of(host)
        alike = sum(suffix_of(name) == suffix for name, _ in self._jobs)
        if len(self._jobs) >= self._bounds.names or alike >= self._bounds.per_suffix:
            raise OSError("too many names are looked up just now")
        job = self._jobs[host, port] = _Job(host, port)
        if self._threads < min(self._bounds.threads, len(self._jobs)):
            self._threads += 1
            threading.Thread(target=self._work, name="look-up", daemon=True).start()
        self._queue.put(job)
        return job

    def _work(self) -> None:
        """Look up one name after another: what a thread does."""
        while (job := self._queue.get()) is not None:
            answer: Addresses | Exception | None = None
            if job.waiting:
                try:
                    answer = self._look_up(job.host, job.port)
                except (OSError, ValueError) as failure:  # also of a name that cannot be encoded
                    answer = failure
            with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
                job.loop.call_soon_threadsafe(self._ended, job, answer)

    def _ended(self, job: _Job, answer: Addresses | Exception | None) -> None:
        if answer is None and job.waiting and not job.answer.done():
            self._queue.put(job)  # somebody came as it was skipped
            return
        del self._jobs[job.host, job.port]
        if job.answer.done() or not job.waiting:
            return
        if isinstance(answer, list):
            job.answer.set_result(answer)
        else:
            job.answer.set_exception(answer or OSError("nobody waited for it"))

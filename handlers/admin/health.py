"""Whether the process lives, whether it can work, and what it counts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec

from handlers.http.problem_handler import ProblemHandler
from models.base.errors import Refusal

Check = Callable[[], Awaitable[None]]


FRESH_S: Final = 1.0  # for which an answer of an engine is that of everybody who asks
PATIENCE_S: Final = 2.0
# Less than the second that a balancer waits: what a node goes on without takes it nowhere.
SHORT_PATIENCE_S: Final = 0.5


class SharedCheck:
    """A check that is made once for all who ask while it runs, or shortly after."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._result: asyncio.Task[Refusal | None] | None = None
        self._fresh_until = 0.0

    async def __call__(self) -> None:
        """Return if all is well, or raise the `Refusal` that was found."""
        now = asyncio.get_running_loop().time()
        if self._result is None or (self._result.done() and now >= self._fresh_until):
            self._result = asyncio.create_task(self._ask())
        refusal = await asyncio.shield(self._result)
        if refusal is not None:
            raise refusal.with_traceback(None)

    async def _ask(self) -> Refusal | None:
        try:
            await self._check()
        except Refusal as refusal:
            return refusal
        finally:
            self._fresh_until = asyncio.get_running_loop().time() + FRESH_S
        return None


class HealthChecks(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of a node, by name.

    Attributes
    ----------
    required
        What a node cannot serve without, while another one may.
    reported
        What it goes on without, and says so.

    """

    required: Mapping[str, Check]
    reported: Mapping[str, Check] = {}

    async def results(self) -> dict[str, str]:
        """What each check says, `ok` or what is wrong; what hangs is waited for shortly."""
        results = await asyncio.gather(
            *(_result(check, PATIENCE_S) for check in self.required.values()),
            *(_result(check, SHORT_PATIENCE_S) for check in self.reported.values()),
        )
        return dict(zip((*self.required, *self.reported), results, strict=True))


class Readiness(msgspec.Struct, frozen=True):
    """Whether this server can serve, and what each check says: `ok`, or what is wrong.

    Attributes
    ----------
    ready
        Whether all checks have passed that it cannot serve without: it goes on without Redis.
    checks
        The result of each check, by name.

    """

    ready: bool
    checks: dict[str, str]


class Livez(ProblemHandler):
    """Liveness: answers as long as the event loop turns."""

    def get(self) -> None:
        """Answer."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("ok\n")

    head = get


class Readyz(ProblemHandler):
    """Readiness: whether another node would do better (docs/decisions/0048)."""

    def initialize(self, checks: HealthChecks) -> None:
        """Take the checks."""
        self._checks = checks

    async def get(self) -> None:
        """Answer 200 when all required checks pass, else 503, with each by name."""
        results = await self._checks.results()
        ready = all(results[name] == "ok" for name in self._checks.required)
        self.set_status(200 if ready else 503)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(Readiness(ready, results)))

    head = get


async def _result(check: Check, patience_s: float) -> str:
    try:
        async with asyncio.timeout(patience_s):
            await check()
    except Refusal as refusal:
        return refusal.detail
    except TimeoutError:
        return f"No answer within {patience_s} s."
    return "ok"

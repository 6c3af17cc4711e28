"""What a way in costs: a password, a refresh and a token, and what a flood of logins delays."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from tests.bench.child import Child
from tests.bench.cpu import used_s
from tests.bench.node import PASSWORD
from tests.bench.report import Table, median, ms, percentile, say, times, us
from tests.support.engines import TestEngines
from upcoach.client import RestClient

PEOPLE: Final = 20
FLOOD: Final = 100
CONNECTIONS: Final = 10  # of one client
HASHES, LOGINS, ASKED, TOKENS = 20, 20, 300, 500
Ask = Callable[[], Awaitable[int]]


class Turn(msgspec.Struct, frozen=True):
    """What was found in one turn: CPU of the node in seconds for one, times, and the loop's lag."""

    hash_s: float
    cpu_s: dict[str, float]
    check_s: dict[str, float]
    logins: list[float]
    refreshes: list[float]
    lag: dict[str, list[float]]
    let_in: int


async def measure(engines: TestEngines, repeats: int) -> list[Table]:
    """Stand at the door of a new node in each turn."""
    turns = []
    for repeat in range(repeats):
        say(f"logins: turn {repeat + 1} of {repeats}")
        async with Child("door", engines.environ(UPCOACH_TOKEN_MINUTES="60")) as node:
            turns.append(await Visit(node).turn())
    return [_costs(turns), _lags(turns), _goals(turns)]


class Device:
    """A session that is refreshed by one request after the other, as its token asks for."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._turn = asyncio.Lock()

    async def refresh(self) -> int:
        """Go on."""
        async with self._turn:
            return 200 if await self._client.refresh() else 401


class Visit:
    """One turn."""

    def __init__(self, node: Child) -> None:
        self._node = node
        self._emails: list[str] = []
        self._clients: list[RestClient] = []
        self._devices: list[RestClient] = []
        self._next = 0

    async def turn(self) -> Turn:
        """Ask for one thing after the other."""
        opened = await self._node.ask("open", count=PEOPLE)
        url = f"http://127.0.0.1:{opened['port']}"
        self._emails = opened["emails"]
        self._clients = [RestClient(url) for _ in range(FLOOD // CONNECTIONS)]
        client = await self._device(self._emails[0])
        asked: dict[str, tuple[int, Ask]] = {
            "GET /livez": (ASKED, lambda: _status(self._clients[0].call("GET", "/livez"))),
            "a token shown": (ASKED, lambda: _status(client.call("GET", "/v1/auth/csrf"))),
            "a refresh": (ASKED, Device(client).refresh),
            "a login": (LOGINS, self._log_in),
        }
        cpu = {what: await self._cost(ask, count) for what, (count, ask) in asked.items()}
        lag = {}
        lag["nothing"], _ = await self._watched(asyncio.sleep(3))
        lag["5 logins a second"], logins = await self._watched(_paced(self._log_in, 5, 50))
        devices = itertools.cycle([Device(await self._device(email)) for email in self._emails])
        lag["50 refreshes a second"], refreshes = await self._watched(
            _paced(lambda: next(devices).refresh(), 50, 250)
        )
        flood = asyncio.gather(*(self._log_in() for _ in range(FLOOD)))
        lag[f"{FLOOD} logins at once"], statuses = await self._watched(flood)
        hash_s, check_s = (
            await self._node.ask("hash", count=HASHES),
            await self._node.ask("check", count=TOKENS),
        )
        for one in (*self._devices, *self._clients):
            one.close()
        return Turn(hash_s, cpu, check_s, logins, refreshes, lag, list(statuses).count(201))

    async def _device(self, email: str) -> RestClient:
        device = await self._clients[0].log_in(email, PASSWORD, "tablet")
        self._devices.append(device)
        return device

    async def _log_in(self) -> int:
        self._next += 1
        email = self._emails[self._next % len(self._emails)]
        body = {"email": email, "password": PASSWORD, "device": "phone"}
        client = self._clients[self._next % len(self._clients)]
        return await _status(client.call("POST", "/v1/auth/login", body))

    async def _cost(self, ask: Ask, count: int) -> float:
        await ask()
        before = used_s(self._node.pid)
        for _ in range(count):
            assert await ask() < 400
        return (used_s(self._node.pid) - before) / count

    async def _watched(self, work: Awaitable[Any]) -> tuple[list[float], Any]:
        await self._node.ask("watch")
        found = await work
        return await self._node.ask("lag"), found


async def _status(asked: Awaitable[Any]) -> int:
    status: int = (await asked).status
    return status


async def _paced(ask: Ask, rate: int, count: int) -> list[float]:
    """How long each of *count* took, of which *rate* begin in a second."""

    async def one(at: float) -> float:
        await asyncio.sleep(at - time.monotonic())
        began = time.monotonic()
        assert await ask() < 400
        return time.monotonic() - began

    start = time.monotonic()
    return await asyncio.gather(*(one(start + number / rate) for number in range(count)))


def _costs(turns: Sequence[Turn]) -> Table:
    livez = "GET /livez"

    def row(name: str, cost: Callable[[Turn], float]) -> list[str]:
        return [
            name,
            us(median(map(cost, turns))),
            times(median(cost(turn) / turn.cpu_s[livez] for turn in turns)),
            times(median(cost(turn) / turn.hash_s for turn in turns)),
        ]

    rows = [
        row("a password hashed, nothing around it", lambda turn: turn.hash_s),
        row("a login", lambda turn: turn.cpu_s["a login"]),
        row("a refresh", lambda turn: turn.cpu_s["a refresh"]),
        row("an operation that shows a token", lambda turn: turn.cpu_s["a token shown"]),
        row(livez, lambda turn: turn.cpu_s[livez]),
        row("the check of a token, at first", lambda turn: turn.check_s["new"]),
        row("the check of a token, from then on", lambda turn: turn.check_s["seen"]),
    ]
    columns = ("what", "CPU of the node", f"beside {livez}", "beside a hash")
    return Table("Logins: what each costs", columns, rows, [f"Medians of {len(turns)} turns."])


def _lags(turns: Sequence[Turn]) -> Table:
    rows = []
    for what in turns[0].lag:
        late = [late for turn in turns for late in turn.lag[what]]
        rows.append([what, *(ms(percentile(late, share)) for share in (0.5, 0.99, 1.0))])
    let_in = median(turn.let_in for turn in turns)
    notes = [f"Of {FLOOD} at once {let_in:.0f} are let in, the others sent away after a second."]
    return Table(
        "Logins: how late the node's loop is", ("during", "p50", "p99", "max"), rows, notes
    )


def _goals(turns: Sequence[Turn]) -> Table:
    flood = [late for turn in turns for late in turn.lag[f"{FLOOD} logins at once"]]
    some = [late for turn in turns for late in turn.lag["5 logins a second"]]
    logins = [took for turn in turns for took in turn.logins]
    refreshes = [took for turn in turns for took in turn.refreshes]
    check = median(turn.check_s["new"] for turn in turns)
    found = (
        ("check of a token, CPU", 0.0003, check),
        ("refresh at 50/s, p99", 0.1, percentile(refreshes, 0.99)),
        ("login at 5/s, p99", 0.6, percentile(logins, 0.99)),
        ("lag of the loop at 5/s, p99", 0.02, percentile(some, 0.99)),
        (f"lag of the loop with {FLOOD} at once, p99", 0.02, percentile(flood, 0.99)),
    )
    rows = [
        [name, f"at most {ms(goal)}", ms(it), "reached" if it <= goal else "not reached"]
        for name, goal, it in found
    ]
    return Table("Logins: goals", ("figure", "goal", "measured", ""), rows)

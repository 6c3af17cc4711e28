"""The tables of a fan-out, and what was asked for beside what was found."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from tests.bench.report import Table, median, ms, times
from tests.bench.turns import Opened, Turn

OURS: Final = "UpCoach"
FLOOR: Final = "C, only sends"

Results = Mapping[str, Mapping[str, Sequence[Turn | Opened]]]  # by server, by measure


class Goal(msgspec.Struct, frozen=True):
    """One line of what has to be reached: ours beside another's, at most or at least so much."""

    name: str
    what: str
    other: str
    bound: float
    figure: Callable[[Turn], float]
    at_least: bool = False


def cost(turn: Turn) -> float:
    """CPU seconds a delivery."""
    return turn.cpu_s


def slowest(turn: Turn) -> float:
    """What 99 of 100 deliveries take at most."""
    return turn.arrivals.p99


def speed(turn: Turn) -> float:
    """Deliveries a second."""
    return turn.per_second


GOALS: Final = (
    Goal("broadcast to 1,000: CPU beside C", "broadcast", FLOOR, 1.25, cost),
    Goal("frames joined: deliveries/s beside C", "flood", FLOOR, 0.9, speed, at_least=True),
    Goal("the same to 5,000", "flood many", FLOOR, 0.6, speed, at_least=True),
    Goal("broadcast: CPU beside picows", "broadcast", "picows", 1.0, cost),
    Goal("broadcast: CPU beside Bun", "broadcast", "Bun", 1.0, cost),
    Goal("CPU beside Socket.IO", "broadcast", "Socket.IO (Node, Redis streams)", 1 / 2, cost),
    Goal("CPU beside FastAPI", "broadcast", "FastAPI (uvicorn, Redis)", 1 / 2, cost),
    Goal("CPU beside naive Tornado", "broadcast", "naive Tornado", 1 / 5, cost),
    Goal("CPU beside python-socketio", "broadcast", "python-socketio (uvicorn)", 1 / 9, cost),
    Goal("CPU beside Channels", "broadcast", "Django Channels (uvicorn, Redis)", 1 / 20, cost),
    Goal("unicast at 10,000/s: CPU beside C", "unicast", FLOOR, 1.3, cost),
    Goal("p99 of a broadcast at 10,000/s beside C", "broadcast", FLOOR, 1.3, slowest),
)


def tables(results: Results, absent: Sequence[str], repeats: int) -> list[Table]:
    """What was found, in tables."""
    machine = f"Medians of {repeats} turns. Each server on one core, all else on the other."
    limits = [_limit(results, "broadcast", "one by one"), _limit(results, "flood", "joined")]
    return [
        _paced(
            "broadcast to 1,000 sockets", "broadcast", results, absent, [machine, *_HOW, *limits]
        ),
        _half(results, absent),
        _paced("broadcast to 5,000 sockets", "many", results, absent, []),
        _opened(results, absent),
        _paced("unicast over 1,000 sockets", "unicast", results, absent, []),
        _flood(results),
        _goals(results),
    ]


_HOW: Final = (
    "Rate: deliveries/s that were asked for: 10,000, or half of what the server can.",
    "C, picows, Bun, ws, naive Tornado and python-socketio publish in their own process;",
    "UpCoach, Socket.IO, FastAPI and Channels get each event from another one, through Redis.",
    "UpCoach also sequences and decrypts each event, with all that a product needs turned on.",
    "p50, p99: publication to arrival. Generator: the share of a core that it needed.",
)


def _paced(
    title: str, what: str, results: Results, absent: Sequence[str], notes: Sequence[str]
) -> Table:
    columns = ("server", "rate", "CPU a delivery", "beside C", "p50", "p99", "generator")
    floor = _turns(results, FLOOR, what)

    def row(turns: Sequence[Turn]) -> list[str]:
        return [
            f"{median(turn.rate for turn in turns):,.0f}",
            f"{median(turn.cpu_s for turn in turns) * 1e6:.1f} us",
            _ratio(turns, floor, cost),
            ms(median(turn.arrivals.p50 for turn in turns)),
            ms(median(turn.arrivals.p99 for turn in turns)),
            f"{median(turn.generator for turn in turns):.0%}",
        ]

    return Table(f"Fan-out: {title}", columns, _rows(results, what, row, absent, 6), notes)


def _limit(results: Results, what: str, how: str) -> str:
    """What the load generator itself could take on a core."""
    turns = [turn.arrivals for turn in _turns(results, FLOOR, what)]
    most = median(one.deliveries / one.cpu for one in turns) if turns else 0
    return f"The generator's own limit, events {how}: {most:,.0f} deliveries/s."


def _half(results: Results, absent: Sequence[str]) -> Table:
    columns = ("server", "rate", "CPU a delivery", "per CPU second", "p50", "p99")

    def row(turns: Sequence[Turn]) -> list[str]:
        return [
            f"{median(turn.rate for turn in turns):,.0f}",
            f"{median(turn.cpu_s for turn in turns) * 1e6:.1f} us",
            f"{median(1 / turn.cpu_s for turn in turns):,.0f}",
            ms(median(turn.arrivals.p50 for turn in turns)),
            ms(median(turn.arrivals.p99 for turn in turns)),
        ]

    title = "Fan-out: broadcast to 1,000 sockets, each server at half of what it can"
    return Table(title, columns, _rows(results, "half", row, absent, 5))


def _opened(results: Results, absent: Sequence[str]) -> Table:
    rows = []
    for name, found in results.items():
        opened = [one for one in found.get("opened", ()) if isinstance(one, Opened)]
        if opened:
            cpu = f"{median(one.cpu_s for one in opened) * 1e6:,.0f} us"
            rows.append([name, cpu, f"{median(one.kilobytes for one in opened):.1f} kB"])
        else:
            rows.append([name, "gave up", ""])
    rows += [[name, "absent", ""] for name in absent]
    columns = ("server", "CPU to open", "memory")
    notes = ["UpCoach checks a token, and its sockets follow a feed."]
    return Table("Fan-out: 5,000 sockets, each", columns, rows, notes)


def _flood(results: Results) -> Table:
    columns = ("server, sockets", "deliveries/s", "beside C", "per CPU second", "generator")
    rows = []
    for what, sockets in (("flood", "1,000"), ("flood many", "5,000")):
        floor = _turns(results, FLOOR, what)
        for name in (OURS, FLOOR):
            turns = _turns(results, name, what)
            if turns:
                rows.append(
                    [
                        f"{name}, {sockets}",
                        f"{median(turn.per_second for turn in turns):,.0f}",
                        _ratio(turns, floor, speed),
                        f"{median(1 / turn.cpu_s for turn in turns):,.0f}",
                        f"{median(turn.generator for turn in turns):.0%}",
                    ]
                )
    title = "Fan-out: as much as there can be, frames joined"
    return Table(title, columns, rows, ["UpCoach joins what one read brings; C as many: 500."])


def _goals(results: Results) -> Table:
    rows = []
    for goal in GOALS:
        ours, its = _turns(results, OURS, goal.what), _turns(results, goal.other, goal.what)
        if not ours or not its:
            rows.append([goal.name, _bound(goal), "not measured", ""])
            continue
        ratio = _ratio_of(ours, its, goal.figure)
        reached = ratio >= goal.bound if goal.at_least else ratio <= goal.bound
        rows.append(
            [goal.name, _bound(goal), times(ratio), "reached" if reached else "not reached"]
        )
    return Table("Fan-out: goals", ("figure", "goal", "measured", ""), rows)


def _bound(goal: Goal) -> str:
    return f"{'at least' if goal.at_least else 'at most'} {times(goal.bound)}"


def _rows(
    results: Results,
    what: str,
    row: Callable[[Sequence[Turn]], list[str]],
    absent: Sequence[str],
    cells: int,
) -> list[list[str]]:
    rows = []
    for name in results:
        turns = _turns(results, name, what)
        rows.append([name, *(row(turns) if turns else ["gave up", *[""] * (cells - 1)])])
    return [*rows, *([name, "absent", *[""] * (cells - 1)] for name in absent)]


def _turns(results: Results, name: str, what: str) -> list[Turn]:
    return [one for one in results.get(name, {}).get(what, ()) if isinstance(one, Turn)]


def _ratio(turns: Sequence[Turn], others: Sequence[Turn], figure: Callable[[Turn], float]) -> str:
    return times(_ratio_of(turns, others, figure)) if others else ""


def _ratio_of(
    turns: Sequence[Turn], others: Sequence[Turn], figure: Callable[[Turn], float]
) -> float:
    return median(figure(turn) for turn in turns) / median(figure(turn) for turn in others)

"""Figures as people read them."""

import statistics
from collections.abc import Iterable, Sequence

import msgspec


class Table(msgspec.Struct, frozen=True):
    """A title, the columns' names, rows of text, and what a reader must know."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        """The table in columns as wide as they must be."""
        lines = [self.columns, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        drawn = [self.title, _line(self.columns, widths), _line(["-" * w for w in widths], widths)]
        drawn += [_line(row, widths) for row in self.rows]
        drawn += [f"  {note}" for note in self.notes]
        return "\n".join(drawn)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if column else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  " + "  ".join([first, *others])


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that *share* of all do not exceed.

    Examples
    --------
    >>> percentile(range(1, 101), 0.99)
    99

    """
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered)) - 1))]


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:.2f} ms"


def us(seconds: float) -> str:
    """Seconds as microseconds."""
    return f"{seconds * 1e6:,.0f} us"


def times(ratio: float) -> str:
    """A ratio."""
    return f"{ratio:.2f} x"


def say(text: str) -> None:
    """Tell what is being done."""
    print(text, flush=True)

"""What was found, a line for each shape of a query."""

import statistics
from collections.abc import Iterator
from typing import Final

from upcoach.cli.explain.explaining import Explained, ExplainedQuery

PROLOGUE: Final = (
    "Five years of history are written on engines of its own, and asked for: this takes some two "
    "minutes, and says nothing meanwhile; a running server and its data are left alone."
)


def report(found: Explained) -> str:
    """*found* in words; what is bad comes last."""
    shapes: dict[tuple[str, str, str, str], list[ExplainedQuery]] = {}
    for query in found.queries:
        ran = query.ran
        shapes.setdefault((ran.collection, ran.what, ran.shape, ran.plan), []).append(query)
    lines = ["Queries: collection, what is looked for, plan, keys/documents/returned (largest)", ""]
    lines += [_line(queries) for _, queries in sorted(shapes.items())]
    lines += ["", "CPU of each question, ms: median, largest (decoding and encoding included)", ""]
    lines += _costs(found)
    lines += [f"\nNothing was written by {one}" for one in found.unsown]
    bad = sorted({_line([query]) for query in found.bad})
    lines += ["", *(f"BAD  {one}" for one in bad)] if bad else ["", "No scan, no sort in memory."]
    return "\n".join(lines)


def _line(queries: list[ExplainedQuery]) -> str:
    ran = queries[0].ran
    paths = sorted({one.path for one in queries})
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    keys, documents, returned = (
        max(numbers)
        for numbers in zip(
            *((one.ran.keys, one.ran.documents, one.ran.returned) for one in queries), strict=True
        )
    )
    sorts = " +SORT" if ran.sorts else ""
    return (
        f"{ran.collection:<14} {ran.what:<9} {ran.shape:<50} {ran.plan}{sorts}  "
        f"{keys}/{documents}/{returned}  {len(queries)}x  {paths[0]}{more}"
    )


def _costs(found: Explained) -> Iterator[str]:
    for path, costs in sorted(found.cpu_s.items(), key=lambda one: -max(one[1])):
        median, most = statistics.median(costs) * 1000, max(costs) * 1000
        yield f"{median:8.1f} {most:8.1f}  {len(costs):4}x  {path}"

"""The report of query plans: a line for each shape of a query."""

import statistics
from collections.abc import Iterator
from typing import Final

from upcoach.cli.explain.explaining import Explained, ExplainedQuery

PROLOGUE: Final = (
    "Five years of history are written on engines of its own, and asked for: this takes some two "
    "minutes, and says nothing meanwhile; a running server and its data are left alone."
)


def report(results: Explained) -> str:
    """Format *results*; bad queries come last."""
    shapes: dict[tuple[str, str, str, str], list[ExplainedQuery]] = {}
    for query in results.queries:
        ran = query.ran
        shapes.setdefault((ran.collection, ran.what, ran.shape, ran.plan), []).append(query)
    lines = ["Queries: collection, what is looked for, plan, keys/documents/returned (largest)", ""]
    lines += [_line(queries) for _, queries in sorted(shapes.items())]
    lines += ["", "CPU of each question, ms: median, largest (decoding and encoding included)", ""]
    lines += _costs(results)
    lines += [f"\nNothing was written by {operation}" for operation in results.unsown]
    bad = sorted({_line([query]) for query in results.bad})
    lines += ["", *(f"BAD  {line}" for line in bad)] if bad else ["", "No scan, no sort in memory."]
    return "\n".join(lines)


def _line(queries: list[ExplainedQuery]) -> str:
    ran = queries[0].ran
    paths = sorted({query.path for query in queries})
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    keys, documents, returned = (
        max(numbers)
        for numbers in zip(
            *((query.ran.keys, query.ran.documents, query.ran.returned) for query in queries),
            strict=True,
        )
    )
    sorts = " +SORT" if ran.sorts else ""
    return (
        f"{ran.collection:<14} {ran.what:<9} {ran.shape:<50} {ran.plan}{sorts}  "
        f"{keys}/{documents}/{returned}  {len(queries)}x  {paths[0]}{more}"
    )


def _costs(results: Explained) -> Iterator[str]:
    for path, costs in sorted(results.cpu_s.items(), key=lambda item: -max(item[1])):
        median, most = statistics.median(costs) * 1000, max(costs) * 1000
        yield f"{median:8.1f} {most:8.1f}  {len(costs):4}x  {path}"

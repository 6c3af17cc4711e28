"""What a node counts of itself, for `streams.admin.kpis`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from prometheus_client import Counter

from handlers.live.base.connections import LiveConnections
from models.base.metrics import Metrics
from models.wire.close_codes import CloseCode

WRITING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# What is posted there writes nothing, or is counted one by one.
ASIDE: Final = frozenset({"/v1/mutations", "/v1/live/tickets", "/v1/auth/refresh"})
FAULT: Final = 500  # the statuses from here on are the server's fault


class NodeNumbers:
    """See `streams.admin.kpis.FiguresSource`."""

    def __init__(self, connections: LiveConnections, metrics: Metrics) -> None:
        self._connections = connections
        self._metrics = metrics

    def kinds(self) -> Mapping[str, int]:
        """See `FiguresSource.kinds`."""
        return self._connections.kinds()

    def people(self) -> Collection[str]:
        """See `FiguresSource.people`."""
        return self._connections.people()

    def writes(self) -> int:
        """See `FiguresSource.writes`."""
        return sum(
            count
            for labels, count in self._answers()
            if _writes(labels) and int(labels["status"]) < 400
        )

    def errors(self) -> int:
        """See `FiguresSource.errors`."""
        closes = sum(
            count
            for labels, count in _counts(self._metrics.closes)
            if int(labels["code"]) == CloseCode.INTERNAL
        )
        return closes + sum(
            count for labels, count in self._answers() if int(labels["status"]) >= FAULT
        )

    def _answers(self) -> Iterator[tuple[Mapping[str, str], int]]:
        """How often each answer was given, to requests and to `mut` frames."""
        yield from _counts(self._metrics.requests)
        yield from _counts(self._metrics.mutations)


def _writes(labels: Mapping[str, str]) -> bool:
    """Whether an answer with these *labels* is one to a write; a `mut` frame has no method."""
    return labels.get("method", "POST") in WRITING and labels.get("route") not in ASIDE


def _counts(counter: Counter) -> Iterator[tuple[Mapping[str, str], int]]:
    for metric in counter.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                yield sample.labels, int(sample.value)

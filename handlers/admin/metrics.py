"""The metrics of a process, for Prometheus."""

from typing import Any

from handlers.http.problem_handler import ProblemHandler
from models.base.metrics import Metrics


class MetricsHandler(ProblemHandler):
    """The metrics, as Prometheus text."""

    def initialize(self, metrics: Metrics, **_: Any) -> None:
        """Take the metrics."""
        self._metrics = metrics

    def get(self) -> None:
        """Answer."""
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self._metrics.exposition())

    head = get

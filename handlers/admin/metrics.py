"""The metrics of a process, for Prometheus."""

from handlers.admin.health import HealthChecks
from handlers.http.problem_handler import ProblemHandler
from models.base.metrics import Metrics


class MetricsHandler(ProblemHandler):
    """The metrics, as Prometheus text."""

    def initialize(self, metrics: Metrics, checks: HealthChecks) -> None:
        """Take the metrics, and the checks that are among them."""
        self._metrics = metrics
        self._checks = checks

    async def get(self) -> None:
        """Answer."""
        for name, result in (await self._checks.results()).items():
            self._metrics.checks.labels(name).set(result == "ok")
        self.set_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.finish(self._metrics.exposition())

    head = get

"""The Prometheus metrics.  None holds personal data: labels are routes, codes and kinds."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "upcoach_http_requests",
            "HTTP requests.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.request_s = Histogram(
            "upcoach_http_request_duration_seconds",
            "Time from a request to its answer.",
            ("method", "route"),
            buckets=_LATENCIES,
            registry=registry,
        )
        self.connections = Gauge(
            "upcoach_live_connections",
            "Open sockets, event streams and long-polls.",
            ("kind",),
            registry=registry,
        )
        self.closes = Counter(
            "upcoach_live_closes", "Sockets closed by the server.", ("code",), registry=registry
        )
        self.starts = Counter(
            "upcoach_resume", "Subscriptions by the way they began.", ("result",), registry=registry
        )
        self.gap_reports = Counter(
            "upcoach_gap_reports",
            "Clients that missed a number; none should.",
            registry=registry,
        )
        self.sum_mismatches = Counter(
            "upcoach_sum_mismatch", "Clients whose documents were not ours.", registry=registry
        )
        self.mutations = Counter(
            "upcoach_mutations", "Answers to mut frames.", ("status",), registry=registry
        )
        self.conflicts = Counter(
            "upcoach_conflicts",
            "Writes that others' edits came before, by what became of them.",
            ("resolution",),
            registry=registry,
        )
        self.replays = Counter(
            "upcoach_idempotent_replays",
            "Writes that came again and got their first answer.",
            registry=registry,
        )
        self.delivered = Counter(
            "upcoach_events_delivered", "Events handed to subscriptions.", registry=registry
        )
        self.delivery_s = Histogram(
            "upcoach_event_delivery_seconds",
            "Time from the decision of a write to its event reaching the sockets of this node.",
            buckets=_LATENCIES,
            registry=registry,
        )
        self.loop_held_s = Histogram(
            "upcoach_loop_held_seconds",
            "How long something kept the loop, of what kept it for a second or longer.",
            buckets=(1.0, 2.5, 5.0, 10.0, 30.0),
            registry=registry,
        )
        self.learned = Counter(
            "upcoach_model_updates", "Events that a learner took.", ("model",), registry=registry
        )

        self.broken = Gauge(
            "upcoach_documents_broken",
            "Documents that were found to be unreadable, and are there still.",
            registry=registry,
        )
        self.parked = Counter(
            "upcoach_dead_letters", "Events that broke a consumer.", ("group",), registry=registry
        )
        self.lag_s = Gauge(
            "upcoach_consumer_lag_seconds",
            "Age of the oldest event that waits for a durable consumer of this process.",
            ("group",),
            registry=registry,
        )

    def exposition(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return generate_latest(self.registry)

"""The Prometheus metrics.  None holds personal data: labels are routes, codes and kinds."""

import functools
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_LATENCIES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = functools.partial(Counter, registry=self.registry)
        gauge = functools.partial(Gauge, registry=self.registry)
        histogram = functools.partial(Histogram, registry=self.registry)
        self.requests = counter(
            "upcoach_http_requests", "HTTP requests.", ("method", "route", "status")
        )
        self.request_s = histogram(
            "upcoach_http_request_duration_seconds",
            "Time from a request to its answer.",
            ("method", "route"),
            buckets=_LATENCIES,
        )
        self.connections = gauge(
            "upcoach_live_connections", "Open sockets, event streams and long-polls.", ("kind",)
        )
        self.closes = counter("upcoach_live_closes", "Sockets closed by the server.", ("code",))
        self.starts = counter("upcoach_resume", "Subscriptions by the way they began.", ("result",))
        self.gap_reports = counter(
            "upcoach_gap_reports", "Clients that missed a number; none should."
        )
        self.sum_mismatches = counter(
            "upcoach_sum_mismatch", "Clients whose documents were not ours."
        )
        self.mutations = counter("upcoach_mutations", "Answers to mut frames.", ("status",))
        self.conflicts = counter(
            "upcoach_conflicts",
            "Writes that others' edits came before, by what became of them.",
            ("resolution",),
        )
        self.replays = counter(
            "upcoach_idempotent_replays", "Writes that came again and got their first answer."
        )
        self.delivered = counter("upcoach_events_delivered", "Events handed to subscriptions.")
        self.delivery_s = histogram(
            "upcoach_event_delivery_seconds",
            "Time from the decision of a write to its event reaching the sockets of this node.",
            buckets=_LATENCIES,
        )
        self.loop_held_s = histogram(
            "upcoach_loop_held_seconds",
            "How long something kept the loop, of what kept it for a second or longer.",
            buckets=(1.0, 2.5, 5.0, 10.0, 30.0),
        )
        self.checks = gauge(
            "upcoach_check_passing",
            "Whether what /readyz looks at passes: 1, or 0 where something is wrong.",
            ("check",),
        )
        self.learned = counter("upcoach_model_updates", "Events that a learner took.", ("model",))
        self.broken = gauge(
            "upcoach_documents_broken",
            "Documents that were found to be unreadable, and are there still.",
        )
        self.parked = counter("upcoach_dead_letters", "Events that broke a consumer.", ("group",))
        self.webhooks_sent = counter(
            "upcoach_webhook_deliveries",
            "Attempts to send to webhooks, by the status of the answer.",
            ("status",),
        )
        self.webhook_s = histogram(
            "upcoach_webhook_delivery_seconds",
            "How long an attempt to send to a webhook took.",
            buckets=_LATENCIES,
        )
        self.lag_s = gauge(
            "upcoach_consumer_lag_seconds",
            "Age of the oldest event that waits for a durable consumer of this process.",
            ("group",),
        )
        self.timers = counter(
            "upcoach_timers", "Timers that fired, by what became of them.", ("rule", "result")
        )
        self.timer_late_s = histogram(
            "upcoach_timer_lateness_seconds",
            "Time from the moment of a timer to when it was done.",
            ("rule",),
            buckets=(0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0, 600.0, 3600.0),
        )
        self.timers_overdue_s = gauge(
            "upcoach_timers_overdue_seconds", "Age of the oldest timer that is due and not begun."
        )

    def exposition(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return generate_latest(self.registry)

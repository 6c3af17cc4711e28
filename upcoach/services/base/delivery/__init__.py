"""Delivery: what waits in an outbox is taken out, carried where it goes, and tried again."""

from upcoach.services.base.delivery.outbox_worker import (
    CarrierAway,
    Later,
    OutboxWorker,
    Undeliverable,
)

__all__ = ["CarrierAway", "Later", "OutboxWorker", "Undeliverable"]

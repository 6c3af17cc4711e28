"""Webhooks: made, changed, tried, and what was sent to them."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.webhooks import webhooks
from handlers.webhooks.webhooks import WebhookOperations

CONTEXT: Final = Context(
    service=lambda runner: WebhookOperations(runner.services.webhooks.webhooks, runner.epoch),
    operations=webhooks.OPERATIONS,
    areas=(
        Area(
            name="Webhooks",
            meaning="Servers of others that are told of what changes.",
            paths=("/v1/webhooks",),
        ),
    ),
)

"""Webhooks: endpoints of other servers, and the deliveries to them (Standard Webhooks).

`webhooks` is what their owners do.  `delivery_runner` finds which of them are due for what has come
in their feeds, and gives them places; `delivery_turns` sends to each that has one, for a turn, by
`sending` and `signing`.  How far each has come is in the database (`upcoach.store.collections`),
and no process is needed for any of them.
"""

from typing import Self

import msgspec

from models.base.messages.mail import Mail
from models.webhooks import WebhookDisabledMail
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.mail import texts
from upcoach.services.webhooks.sending import WebhookSender
from upcoach.services.webhooks.webhooks import IssuedWebhook, Webhooks
from upcoach.store.collections.webhook_deliveries import WebhookDeliveries
from upcoach.store.collections.webhook_progress import WebhookProgressStore

__all__ = ["IssuedWebhook", "WebhookServices", "Webhooks"]


class WebhookServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of webhooks."""

    webhooks: Webhooks
    sender: WebhookSender
    progress: WebhookProgressStore
    deliveries: WebhookDeliveries

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        progress = WebhookProgressStore(dependencies.database)
        deliveries = WebhookDeliveries(dependencies.database, dependencies.keyring)
        documents, committer = dependencies.documents, dependencies.committer
        poster, clock = dependencies.poster, dependencies.clock

        async def disabled(request: WebhookDisabledMail) -> Mail:
            return texts.webhook_disabled(request.to, request.host, request.reason)

        dependencies.mail.writes(WebhookDisabledMail, disabled)
        return cls(
            webhooks=Webhooks(documents, committer, progress, deliveries, poster, clock),
            sender=WebhookSender(poster, clock),
            progress=progress,
            deliveries=deliveries,
        )

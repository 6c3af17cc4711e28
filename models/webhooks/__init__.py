"""Webhooks: other servers that are told of what changes in a person's feed."""

from models.access.limits import Quota
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.webhooks.delivery import WebhookDelivery, WebhookProgress
from models.webhooks.mails import WebhookDisabledMail
from models.webhooks.retries import RETRY_WAITS, retry_wait
from models.webhooks.webhook import (
    DisabledReason,
    NewWebhook,
    Webhook,
    WebhookDraft,
    WebhookKeys,
)

CONTEXT = ModelContext(
    ways=(Webhook,),
    mails=(WebhookDisabledMail,),
    # Whoever may do this is sent everything, whatever else they may see: it is for nobody's app.
    permissions={
        "webhooks:manage": Permission("have what changes sent to other servers", first_party=True),
    },
    quotas={
        Webhook: Quota(10, 1),
    },
)

__all__ = [
    "CONTEXT",
    "RETRY_WAITS",
    "DisabledReason",
    "NewWebhook",
    "Webhook",
    "WebhookDelivery",
    "WebhookDisabledMail",
    "WebhookDraft",
    "WebhookKeys",
    "WebhookProgress",
    "retry_wait",
]

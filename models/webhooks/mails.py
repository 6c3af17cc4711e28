"""Mails to the owner of a webhook."""

from models.base.messages.mail import MailRequest
from models.webhooks.webhook import DisabledReason


class WebhookDisabledMail(MailRequest, frozen=True, tag="WebhookDisabled"):
    """We have disabled a webhook that leads to *host*, for a *reason*."""

    host: str
    reason: DisabledReason

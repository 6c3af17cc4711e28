"""Deliveries: what was sent to a webhook, what came of it, and how far it has come."""

import datetime as dt

import msgspec


class WebhookDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt to send a message to a webhook.

    Attributes
    ----------
    id
        The id of the attempt.
    at
        When it was made.
    message
        The message's `webhook-id`, which is the same in every attempt.
    type
        The type of its event.
    attempt
        Which one it was of the message.
    delivered
        Whether it was taken: the answer was 200 to 299.
    duration_ms
        How long it took, in milliseconds.
    cursor
        The position of the event in the feed; none of a ping.
    status
        The status of the answer, if there was one.
    error
        Why it was not delivered.
    answer
        The first KiB of the answer's body, if it was not delivered.

    """

    id: str
    at: dt.datetime
    message: str
    type: str
    attempt: int
    delivered: bool
    duration_ms: int
    cursor: str | None = None
    status: int | None = None
    error: str | None = None
    answer: str | None = None


class WebhookProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a webhook has come in its owner's feed.

    Attributes
    ----------
    seq
        The number of the last event that it was sent, or did not want.
    tries
        How often the event after that was tried in vain.
    at
        When it is looked at again: for the next try, or because whoever has taken it may have
        ended by then; none while it has all that there is.
    is_off
        Whether it was disabled when it was last looked at.

    """

    owner: str
    webhook: str
    seq: int
    tries: int = 0
    at: dt.datetime | None = None
    is_off: bool = False

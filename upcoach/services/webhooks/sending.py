"""Sends one message to a webhook, once, and says what came of it."""

import datetime as dt
import time
from typing import Final, NamedTuple

import msgspec

from models.base.clock import Clock
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.webhooks import Webhook, WebhookDelivery
from upcoach.services.base.fetching import Fetched, FetchFailed, Poster, retry_after_of
from upcoach.services.webhooks.signing import message_id, new_message_id, sign

ANSWER_BYTES: Final = 1_024  # of an answer that refuses, which the log keeps
GONE: Final = 410
PING: Final = "webhook.ping"
ATTEMPT_PREFIX: Final = "wda"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message: its identifier, the type of its event and the payload that is sent."""

    id: str
    type: str
    payload: bytes
    cursor: str | None = None


class Sent(NamedTuple):
    """A delivery, and for how long the receiver asks to be left alone."""

    delivery: WebhookDelivery
    retry_after: dt.timedelta | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no message any more."""
        return self.delivery.status == GONE


def event_message(
    webhook: Webhook, event_type: str, at: dt.datetime, cursor: str, line: bytes
) -> Message:
    """The message that tells a webhook of an event: its frame as clients see it, and the cursor."""
    return Message(
        id=message_id(webhook.id, cursor),
        type=event_type,
        payload=_payload(event_type, at, {"cursor": cursor, "event": msgspec.Raw(line.strip())}),
        cursor=cursor,
    )


def ping_message(webhook: Webhook, at: dt.datetime) -> Message:
    """A message that tells of no event."""
    payload = _payload(PING, at, {"webhook": webhook.id})
    return Message(id=new_message_id(), type=PING, payload=payload)


def _payload(message_type: str, at: dt.datetime, content: Json) -> bytes:
    return msgspec.json.encode({"type": message_type, "timestamp": at, "data": content})


class WebhookSender:
    """Sends messages, each signed as of now."""

    def __init__(self, poster: Poster, clock: Clock) -> None:
        self._poster = poster
        self._clock = clock

    async def send(self, webhook: Webhook, message: Message, attempt: int = 1) -> Sent:
        """Send *message* to where *webhook* leads."""
        at, began = self._clock(), time.perf_counter()
        headers = await sign(webhook.keys_at(at), message.id, at, message.payload)
        try:
            answer = await self._poster.post(webhook.url, message.payload, headers, ANSWER_BYTES)
            outcome, retry_after = outcome_of(answer), retry_after_of(answer, at)
        except FetchFailed as failure:
            outcome, retry_after = {"delivered": False, "error": str(failure)}, None
        delivery = WebhookDelivery(
            id=new_id(ATTEMPT_PREFIX),
            at=at,
            message=message.id,
            type=message.type,
            attempt=attempt,
            duration_ms=round((time.perf_counter() - began) * 1_000),
            cursor=message.cursor,
            **outcome,
        )
        return Sent(delivery, retry_after)


def outcome_of(answer: Fetched) -> Json:
    """What a delivery says of an answer."""
    is_taken = 200 <= answer.status < 300
    outcome: Json = {"delivered": is_taken, "status": answer.status}
    if is_taken:
        return outcome
    outcome["error"] = _error(answer.status)
    if answer.body:
        # A byte that is no text becomes three.
        text = answer.body.decode(errors="replace").encode()[:ANSWER_BYTES]
        outcome["answer"] = text.decode(errors="ignore")
    return outcome


def _error(status: int) -> str:
    if status == GONE:
        return "it answers 410: it wants no more"
    if 300 <= status < 400:
        return f"it answers {status}, and redirects are not followed"
    return f"it answers {status}"

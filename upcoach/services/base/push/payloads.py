"""The bytes of a push, within what the services take."""

from collections.abc import Callable
from typing import Any

import msgspec

from models.base.text.counting import counted
from upcoach.services.base.delivery.push_carriers import PushMessage


def encoded_within(most: int, message: PushMessage, form: Callable[[PushMessage], Any]) -> bytes:
    r"""*message* in its *form* as JSON; its text is cut until that has *most* bytes.

    Examples
    --------
    >>> import datetime as dt
    >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    >>> words = {"title": "Run", "body": "now " * 9, "link": "/", "type": ""}
    >>> push = PushMessage(id="psh_1", topic="t", until=noon, **words)
    >>> encoded_within(30, push, lambda push: {"body": push.body})
    b'{"body":"now now now now\xe2\x80\xa6"}'

    """
    raw = msgspec.json.encode(form(message))
    while len(raw) > most:
        part = "body" if message.body else "title"
        words = getattr(message, part)
        if not words:
            raise ValueError(f"A push without any words has {counted(len(raw), 'byte')}.")
        kept = words[: min(len(words) - 2, len(words) * most // len(raw))].rstrip()
        cut = f"{kept}…" if kept else ""
        message = msgspec.structs.replace(message, **{part: cut})
        raw = msgspec.json.encode(form(message))
    return raw

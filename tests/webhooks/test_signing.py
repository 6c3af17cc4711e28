"""Signatures as the library of Standard Webhooks makes them, and what answers ask for."""

import base64
import datetime as dt
import threading
from collections.abc import Iterator
from typing import Final

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from models.webhooks import RETRY_WAITS, retry_wait
from upcoach.services.base.fetching import Fetched, retry_after_of
from upcoach.services.webhooks.sending import ANSWER_BYTES, outcome_of
from upcoach.services.webhooks.signing import (
    SMALL,
    message_id,
    new_keys,
    sign,
    signed_headers,
)

NOW: Final = dt.datetime(2026, 1, 5, 12, 0, 0, 654_321, tzinfo=dt.UTC)


@given(st.text())
def test_signatures_are_those_of_the_library(text: str) -> None:
    keys, payload = new_keys(), text.encode(errors="replace")

    headers = signed_headers([(keys.secret, keys.private_key)], "msg_1", NOW, payload)

    ours, asymmetric = headers["Webhook-Signature"].split(" ")
    library = standardwebhooks.Webhook(keys.secret)
    assert ours == library.sign("msg_1", NOW, payload.decode())
    assert asymmetric.startswith("v1a,")
    assert headers["Webhook-Timestamp"] == str(int(NOW.timestamp()))


@pytest.mark.parametrize(("size", "is_here"), [(SMALL, True), (SMALL + 1, False)])
async def test_a_large_payload_is_signed_in_a_thread(size: int, is_here: bool) -> None:  # noqa: FBT001
    keys, payload = new_keys(), b"x" * size
    threads = []

    def read() -> Iterator[tuple[str, str]]:
        threads.append(threading.current_thread())
        yield keys.secret, keys.private_key

    headers = await sign(read(), "msg_1", NOW, payload)

    pair = (keys.secret, keys.private_key)
    assert headers == signed_headers([pair], "msg_1", NOW, payload)
    assert [thread is threading.main_thread() for thread in threads] == [is_here]


def test_keys_have_the_forms_of_the_standard() -> None:
    keys = new_keys()
    sizes = {
        text.partition("_")[0]: len(base64.b64decode(text.partition("_")[2], validate=True))
        for text in (keys.secret, keys.private_key, keys.public_key)
    }

    assert sizes == {"whsec": 32, "whsk": 64, "whpk": 32}
    assert new_keys() != keys


def test_an_identifier_is_of_one_webhook_and_one_event() -> None:
    ids = {message_id(webhook, cursor) for webhook in ("a", "b") for cursor in ("x.1", "x.2")}

    assert len(ids) == 4
    assert message_id("a", "x.1") == message_id("a", "x.1")
    assert not any("." in one for one in ids)  # which stands between the parts that are signed


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("120", 120),
        ("0", 0),
        ("9" * 40, 999_999_999),
        ("Mon, 05 Jan 2026 12:01:00 GMT", 59.345679),
        ("Mon, 05 Jan 2026 13:00:00 +0100", -0.654321),
        ("Mon, 05 Jan 2026 12:01:00 -0000", None),
        ("Mon, 05 Jan 99999 12:01:00 GMT", None),
        ("Mon, 99999999999999999999 Jan 2026 12:01:00 GMT", None),
        ("Mon, 05 Jan 2026 12:01:00 +99999999999999999999", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661\u0662", None),
        ("soon", None),
        ("", None),
    ],
)
def test_what_an_answer_asks_for_is_read(text: str, wait_s: float | None) -> None:
    wait = retry_after_of(Fetched(503, b"", {"retry-after": text}), NOW)

    assert wait == (None if wait_s is None else dt.timedelta(seconds=wait_s))


@given(st.integers(1, len(RETRY_WAITS)), st.floats(0, 1), st.none() | st.timedeltas())
def test_a_wait_is_that_of_the_table_or_what_was_asked_for(
    tries: int, share: float, asked: dt.timedelta | None
) -> None:
    wait = retry_wait(tries, share, asked)

    assert wait is not None
    assert RETRY_WAITS[tries - 1] * 0.899 <= wait <= max(RETRY_WAITS) * 1.101
    assert asked is None or wait >= min(asked, max(RETRY_WAITS))
    assert retry_wait(len(RETRY_WAITS) + 1, share, asked) is None


def test_all_waits_together_are_28_hours() -> None:
    assert dt.timedelta(hours=27) < sum(RETRY_WAITS, dt.timedelta()) < dt.timedelta(hours=28)


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b"taken", None),
        (299, b"\xff", None),
        (500, b"", None),
        (500, b"no", "no"),
        (302, b"x" * 2_000, "x" * 1_024),
        (500, b"\xff" * 1_024, "\ufffd" * 341),
        (500, b"a" + "\u20ac".encode() * 1_000, "a" + "\u20ac" * 341),
    ],
)
def test_of_an_answer_that_refuses_a_kibibyte_is_kept(
    status: int, body: bytes, answer: str | None
) -> None:
    kept = outcome_of(Fetched(status, body)).get("answer")

    assert kept == answer
    assert len((kept or "").encode()) <= ANSWER_BYTES

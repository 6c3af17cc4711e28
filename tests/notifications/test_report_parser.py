"""What is read of reports about mails, and that none of them takes long."""

import base64
import itertools
import time
from collections.abc import Callable
from typing import Final

import pytest

from models.base.errors import Invalid
from tests.notifications import mail_reports
from tests.notifications.report_forms import dsn, report_of
from upcoach.services.base.mail.report_parser import (
    HEAD_BYTES,
    REPORT_BYTES,
    TOKENS,
    read_report,
)

TOKEN: Final = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
SOON_S: Final = 1.5  # many times what a report takes, and a small part of what a bomb would
HEAD: Final = f"To: {mail_reports.bounces_of(TOKEN)}"
FIELDS: Final = "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1"


def of(fields: str, kind: str = "message/delivery-status", encoding: str = "7bit") -> bytes:
    """A short report with *fields*."""
    head = f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n"
    return report_of(HEAD, "delivery-status", "b", head + fields)


@pytest.mark.parametrize("name", mail_reports.BOUNCES)
def test_a_bounce_is_read_in_every_shape(name: str) -> None:
    report = read_report(mail_reports.BOUNCES[name](TOKEN))

    assert (report.finding, report.tokens) == ("bounce", (TOKEN,))


@pytest.mark.parametrize("name", mail_reports.COMPLAINTS)
def test_a_complaint_is_read_in_every_shape(name: str) -> None:
    report = read_report(mail_reports.COMPLAINTS[name](TOKEN))

    assert (report.finding, report.tokens) == ("complaint", (TOKEN,))


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        (mail_reports.postfix(TOKEN, "4.1.1", "delayed"), "harmless"),
        (mail_reports.postfix(TOKEN, "5.1.1", "delayed"), "harmless"),
        (mail_reports.postfix(TOKEN, "4.4.7"), "harmless"),
        (mail_reports.postfix(TOKEN, "2.1.5", "delivered"), "harmless"),
        (mail_reports.postfix(TOKEN, "5.1.1", "relayed"), "harmless"),
        (mail_reports.postfix(TOKEN, "5.2.2"), "harmless"),
        (mail_reports.postfix(TOKEN, "5.7.1"), "harmless"),
        (mail_reports.postfix(TOKEN, "5.1.8"), "harmless"),
        (mail_reports.postfix(TOKEN, "5.4.4"), "bounce"),
        (mail_reports.postfix(TOKEN, "5.2.1"), "bounce"),
        (mail_reports.exchange(TOKEN, "5.4.1"), "bounce"),
        (mail_reports.exchange(TOKEN, "5.4.14"), "harmless"),
        (mail_reports.amazon(TOKEN, "5.7.26"), "harmless"),
        (mail_reports.exim(TOKEN, "550-5.1.1 no mailbox"), "bounce"),
        (mail_reports.exim(TOKEN, "550 5.7.1 taken for spam"), "harmless"),
        (mail_reports.exim(TOKEN, "552 mailbox is full"), "harmless"),
        (mail_reports.exim(TOKEN, "550 Administrative prohibition"), "harmless"),
        (mail_reports.exim(TOKEN, "550 [1.2.3.4]: 5.7.1 user unknown"), "harmless"),
        (mail_reports.exim(TOKEN, "550 Sorry (#5.1.1)"), "bounce"),
        (mail_reports.exim(TOKEN, "421 later"), "harmless"),
        (mail_reports.abuse(TOKEN, "fraud"), "complaint"),
        (mail_reports.abuse(TOKEN, "Abuse"), "complaint"),
        (mail_reports.abuse(TOKEN, "not-spam"), "harmless"),
        (mail_reports.abuse(TOKEN, "auth-failure"), "harmless"),
        (of("Action: failed"), "harmless"),
        (of("Status: 5.1.1"), "harmless"),
        (of("Action: failed\nStatus: 5"), "harmless"),
        (of("Action: failed\nStatus: 5.1.1.1"), "harmless"),
        (of("ACTION: Failed (at last)\nstatus: 5.1.1 (nobody)"), "bounce"),
        (of("Action: failed\nStatus: 5.0.0"), "harmless"),
        (of("Action: failed\nStatus: 5.1.0"), "harmless"),
        (of("Action: failed\nStatus: 5.1.0\nDiagnostic-Code: smtp; 550-no\n such user"), "bounce"),
        (of("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: x-unix; user unknown"), "bounce"),
        (
            of("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 5.7.1 user unknown"),
            "harmless",
        ),
        (
            of("X: y\n\n\n\nAction: delayed\nStatus: 4.0.0\n \t\nAction: failed\nStatus: 5.1.1"),
            "bounce",
        ),
        (of(base64.b64encode(FIELDS.encode()).decode(), encoding="BASE64"), "bounce"),
        (of(FIELDS.replace(": 5", ": =35"), encoding="quoted-printable"), "bounce"),
        (of(FIELDS, "message/global-delivery-status"), "bounce"),
        (of("", "message/feedback-report"), "harmless"),
    ],
)
def test_only_what_says_that_nobody_is_there_or_complains_counts(raw: bytes, finding: str) -> None:
    assert read_report(raw).finding == finding


def test_where_the_report_came_to_is_looked_at_first() -> None:
    other = "z" * len(TOKEN)

    report = read_report(mail_reports.amazon(other), mail_reports.bounces_of(TOKEN))

    assert report.tokens == (TOKEN, other)


def test_of_many_tokens_few_are_looked_at() -> None:
    letters = itertools.product("abcd", repeat=4)
    many = ", ".join(mail_reports.bounces_of("".join(four) * 12) for four in letters)

    report = read_report(of(FIELDS).replace(HEAD.encode(), f"To: {many}".encode()))

    assert len(report.tokens) == TOKENS


def nested(levels: int) -> bytes:
    """Parts within parts, the report in the innermost."""
    opened = "".join(
        f'Content-Type: multipart/mixed; boundary="n{level}"\n\n--n{level}\n'
        for level in range(levels)
    )
    return report_of(
        HEAD, "delivery-status", "b", f"{opened}Content-Type: message/delivery-status\n\n{FIELDS}"
    )


def digested(levels: int) -> bytes:
    """Messages within messages."""
    opened = "Content-Type: message/rfc822\n\n" * levels
    return report_of(HEAD, "delivery-status", "b", opened + FIELDS)


GARBAGE: Final[dict[str, Callable[[], bytes]]] = {
    "nothing": lambda: b"",
    "an empty line": lambda: b"\n",
    "no text": lambda: bytes(range(256)) * 40,
    "a mail": f"{HEAD}\nSubject: Hi\n\nHello\n".encode,
    "an answer of a holiday": lambda: report_of(
        HEAD,
        "disposition-notification",
        "b",
        "Content-Type: message/disposition-notification\n\nDisposition: x; displayed",
    ),
    "no boundary": f"{HEAD}\nContent-Type: multipart/report\n\n{FIELDS}".encode,
    "a boundary in an alphabet that takes none": (
        b"Content-Type: multipart/report; boundary*=idna'x'%00%ff\n\n--b\n"
    ).strip,
    "a boundary in no alphabet": b"Content-Type: multipart/report; boundary*=nix'x'b\n\n--b".strip,
    "a boundary in an undefined one": (
        b"Content-Type: multipart/report; boundary*=undefined'x'b\n\n--b\n"
    ).strip,
    "no parts": lambda: report_of(HEAD, "delivery-status", "b"),
    "a report that is not at the top": lambda: nested(1),
    "not base64": lambda: of("A", encoding="base64"),
    "10 MB": lambda: mail_reports.postfix(TOKEN) + b"x" * 10_000_000,
    "a byte too many": lambda: mail_reports.postfix(TOKEN).ljust(REPORT_BYTES + 1),
    "20,000 parts within parts": lambda: nested(20_000),
    "20,000 messages within messages": lambda: digested(20_000),
    "a long header": lambda: f"X: {'y' * HEAD_BYTES}\n".encode() + mail_reports.postfix(TOKEN),
    "many headers": lambda: b"X:\n" * HEAD_BYTES + mail_reports.postfix(TOKEN),
    "a type of many parameters": f'Content-Type: multipart/report; x="{";" * 50_000}\n\n'.encode,
    "many fields": lambda: of("a: b\n" * 100_000),
    "parts behind the last that is read": lambda: report_of(
        HEAD,
        "delivery-status",
        "b",
        *["Content-Type: text/plain\n\n"] * 12,
        f"Content-Type: message/delivery-status\n\n{FIELDS}",
    ),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_report_is_refused_soon(name: str) -> None:
    raw = GARBAGE[name]()
    began = time.process_time()

    with pytest.raises(Invalid) as refusal:
        read_report(raw)

    assert time.process_time() - began < SOON_S
    assert refusal.value.code in ("mail_report_unreadable", "mail_report_too_large")


HEAVY: Final[dict[str, Callable[[], bytes]]] = {
    "a part whose type has many parameters": lambda: report_of(
        HEAD,
        "delivery-status",
        "b",
        f'Content-Type: message/rfc822; x="{";" * 50_000}\n\nx',
        f"Content-Type: message/delivery-status\n\n{FIELDS}",
    ),
    "many recipients": lambda: of("Action: delayed\n\n" * 3_500),
    "a part of many lines": lambda: of(FIELDS) + b"\n--b" * 200_000,
    "lines of spaces": lambda: of("a: b\n" + " \n" * 30_000 + FIELDS),
    "a head of small headers": lambda: b"a:\n" * 20_000 + of(FIELDS),
    "a head of no text": lambda: b"To: " + b"\xff+" * 30_000 + b"\n" + of(FIELDS),
    "a head that comes back": lambda: dsn(
        head=HEAD, boundary="b", fields=FIELDS, back="Message-ID: " + "+" * 900_000
    ),
    "folded lines": lambda: b"X: y\n" + b"\t;\n" * 20_000 + of(FIELDS),
    "an encoded word": lambda: of("Action: =?utf-8?q?" + "=41" * 20_000 + "?=\n"),
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_report_takes_long(name: str) -> None:
    raw = HEAVY[name]()
    began = time.process_time()

    report = read_report(raw)

    assert time.process_time() - began < SOON_S
    assert report.tokens in ((TOKEN,), ())

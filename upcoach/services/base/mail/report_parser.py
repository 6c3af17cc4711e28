"""Reads the reports that come back about mails: bounces (RFC 3464) and complaints (RFC 5965).

Anybody can write one, so nothing is read but what is needed: the head of the message, the parts at
its top (RFC 6522), and of these the fields of the report and the head of the message that came
back.  Each has a bound, and nothing in a part is taken apart any further: Python's parser goes
through what is nested once a level, and through some headers in the square of their length.
"""

import base64
import binascii
import itertools
import quopri
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import BytesHeaderParser  # noqa: TID251 - of heads within `HEAD_BYTES`
from typing import Final, Literal

import msgspec

from models.base.errors import Invalid
from upcoach.services.base.mail.reply_codes import MailStatus, refuses_mailbox, reply_code
from upcoach.services.base.mail.report_tokens import PATTERN

REPORT_BYTES: Final = 1 << 20  # of a message; ours have a few dozen KiB
HEAD_BYTES: Final = 64 * 1024
FIELDS_BYTES: Final = 64 * 1024  # of the fields of a report
PARTS: Final = 8
RECIPIENTS: Final = 50
TOKENS: Final = 4
_PERMANENT: Final = 5  # RFC 3463, 3.1
_VALUE: Final = 1_000  # characters of a structured header
_PARSER: Final = BytesHeaderParser()

Finding = Literal["bounce", "complaint", "harmless"]
# Of whoever gets the message wrongly, or by no wish of theirs; "virus" is about its sender, "other"
# and "auth-failure" (RFC 6591) are about nobody's wish.
_COMPLAINTS: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FEEDBACK_TYPE: Final = "message/feedback-report"
_RETURNED_TYPES: Final = frozenset(
    {
        "message/global",
        "message/global-headers",
        "message/rfc822",
        "message/rfc822-headers",
        "text/rfc822-headers",
    }
)
# In which headers of the report, its fields and the message that came back a token may stand.
_OF_REPORT: Final = (
    "To",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "In-Reply-To",
    "References",
)
_OF_FIELDS: Final = ("Original-Mail-From",)
_OF_RETURNED: Final = ("Return-Path", "Message-ID")


class MailReport(msgspec.Struct, frozen=True):
    """What a report says, and the tokens by which it may be attributed."""

    finding: Finding
    tokens: tuple[str, ...]


class _Part(msgspec.Struct, frozen=True):
    kind: str
    body: bytes


def read_report(raw: bytes, recipient: str = "") -> MailReport:
    """The report in the message *raw*, which came to *recipient*; or `Invalid` if it is none."""
    if len(raw) > REPORT_BYTES:
        raise Invalid("mail_report_too_large", f"A report has at most {REPORT_BYTES:,} bytes.")
    head, body = _split(raw.replace(b"\r\n", b"\n"))
    report = _headers(head)
    parts = list(_parts(report, body))
    fields = _fields_of(parts)
    places = [
        recipient,
        *_values((report,), _OF_REPORT),
        *_values(fields, _OF_FIELDS),
        *_values(map(_returned, parts), _OF_RETURNED),
    ]
    matches = itertools.chain.from_iterable(map(PATTERN.finditer, places))
    tokens = dict.fromkeys(match[0].lower() for match in matches)
    return MailReport(_finding(fields), tuple(tokens)[:TOKENS])


def _fields_of(parts: Iterable[_Part]) -> list[Message]:
    """The groups of fields of the report that is one of *parts*."""
    for part in parts:
        if part.kind in _STATUS_TYPES or part.kind == _FEEDBACK_TYPE:
            if len(part.body) > FIELDS_BYTES:
                raise _no_report()
            groups = re.split(rb"\n[ \t]*\n", part.body.strip(b"\n"), maxsplit=RECIPIENTS)
            return [_headers(group.lstrip(b"\n")) for group in groups[:RECIPIENTS]]
    raise _no_report()


def _finding(fields: list[Message]) -> Finding:
    feedback = _value(fields[0], "Feedback-Type").lower()
    if feedback:
        return "complaint" if feedback in _COMPLAINTS else "harmless"
    return "bounce" if any(map(_is_bounce, fields)) else "harmless"


def _is_bounce(recipient: Message) -> bool:
    """Whether a mail could not be delivered because nobody is there, nor will be."""
    action = _value(recipient, "Action").partition(" ")[0].lower()
    status = MailStatus.find(_value(recipient, "Status"))
    if action != "failed" or status is None or status.kind != _PERMANENT:
        return False
    if not status.is_vague:
        return status.means_no_mailbox
    # Some servers (Exim) say no more than that, but have the words of the other one.
    words = _value(recipient, "Diagnostic-Code")
    return refuses_mailbox(reply_code(words), words, is_of_recipient=True)


def _parts(report: Message, body: bytes) -> Iterator[_Part]:
    """The parts at the top of a `multipart/report`."""
    if len(str(report.get("Content-Type", ""))) > _VALUE:
        raise _no_report()
    try:
        boundary = report.get_boundary()
    except (LookupError, ValueError):  # of an alphabet that nobody has (RFC 2231)
        raise _no_report() from None
    if report.get_content_type() != "multipart/report" or not boundary:
        raise _no_report()
    line = re.compile(
        rb"^--" + re.escape(boundary.encode(errors="replace")) + rb"(--)?[ \t]*$", re.MULTILINE
    )
    marks = list(itertools.islice(line.finditer(body), PARTS + 1))
    for mark, following in itertools.zip_longest(marks, marks[1:]):
        if mark[1] is not None:
            return
        yield _part(body[mark.end() + 1 : following.start() if following else None])


def _part(raw: bytes) -> _Part:
    head, body = _split(raw)
    headers = _headers(head)
    kind = headers.get_content_type()
    if kind not in _STATUS_TYPES | _RETURNED_TYPES | {_FEEDBACK_TYPE}:
        return _Part(kind, b"")
    return _Part(kind, _decoded(_value(headers, "Content-Transfer-Encoding").lower(), body))


def _decoded(encoding: str, body: bytes) -> bytes:
    """*body* without the encoding that RFC 3464 does not want, but RFC 6533 allows."""
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding != "base64":
        return body
    try:
        return base64.b64decode(body).replace(b"\r\n", b"\n")
    except binascii.Error:
        raise _no_report() from None


def _returned(part: _Part) -> Message:
    """The head of the message that came back, if *part* is that."""
    if part.kind not in _RETURNED_TYPES:
        return Message()
    return _headers(_split(part.body.lstrip(b"\n"), HEAD_BYTES)[0])


def _split(raw: bytes, longest: int | None = None) -> tuple[bytes, bytes]:
    """The head and the body of an entity; a head that is longer is refused, or cut at *longest*."""
    if raw.startswith(b"\n"):
        return b"", raw[1:]
    head, _, body = raw.partition(b"\n\n")
    if longest is not None:
        return head[:longest], b""
    if len(head) > HEAD_BYTES:
        raise _no_report()
    return head, body


def _headers(head: bytes) -> Message:
    return _PARSER.parsebytes(head)


def _value(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:_VALUE].strip()


def _values(messages: Iterable[Message], names: Iterable[str]) -> Iterator[str]:
    for message, name in itertools.product(messages, names):
        yield from map(str, message.get_all(name, ()))


def _no_report() -> Invalid:
    return Invalid("mail_report_unreadable", "This is no report about a mail (RFC 3464, RFC 5965).")

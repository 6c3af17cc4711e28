"""Reports about mails, in the shapes in which mail servers write them."""

import textwrap
from collections.abc import Callable
from typing import Final

from tests.notifications.report_forms import complaint, dsn

SENT_TO: Final = "ann@example.org"


def returned(token: str) -> str:
    """The head of a notification, as it comes back."""
    return textwrap.dedent(f"""\
        Received: from app.upcoach.test (app.upcoach.test [192.0.2.7])
        \tby out.upcoach.test with ESMTPS id 4XyZ1; Mon, 5 Jan 2026 12:00:01 +0000
        To: {SENT_TO}
        From: UpCoach <coach@upcoach.test>
        Subject: Taxes
        Date: Mon, 05 Jan 2026 12:00:00 +0000
        Message-ID: <let_019b8e07.{token}@upcoach.test>
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset="utf-8"
        """)


def bounces_of(token: str) -> str:
    """The return path of a notification."""
    return f"bounces+{token}@upcoach.test"


def postfix(token: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    """As Postfix writes it: addresses with their types, and the mail whole."""
    return dsn(
        head=f"""\
            Return-Path: <>
            Delivered-To: {bounces_of(token)}
            Date: Mon,  5 Jan 2026 12:00:03 +0000 (UTC)
            From: MAILER-DAEMON@out.upcoach.test (Mail Delivery System)
            Subject: Undelivered Mail Returned to Sender
            To: {bounces_of(token)}
            Auto-Submitted: auto-replied""",
        boundary="4XyZ2.1767614403/out.upcoach.test",
        fields=f"""\
            Reporting-MTA: dns; out.upcoach.test
            X-Postfix-Queue-ID: 4XyZ2
            X-Postfix-Sender: rfc822; {bounces_of(token)}
            Arrival-Date: Mon,  5 Jan 2026 12:00:01 +0000 (UTC)

            Final-Recipient: rfc822; {SENT_TO}
            Original-Recipient: rfc822;{SENT_TO}
            Action: {action}
            Status: {status}
            Remote-MTA: dns; mx.example.org
            Diagnostic-Code: smtp; 550 {status} <{SENT_TO}>: Recipient address
                rejected: User unknown in virtual mailbox table""",
        back=returned(token),
    )


def exim(token: str, words: str = "550 No such user here", action: str = "failed") -> bytes:
    """As Exim writes it: a status that says no more than that it is for good."""
    return dsn(
        head=f"""\
            X-Failed-Recipients: {SENT_TO}
            Auto-Submitted: auto-replied
            From: Mail Delivery System <Mailer-Daemon@out.upcoach.test>
            To: {bounces_of(token)}
            References: <let_019b8e07.{token}@upcoach.test>
            Subject: Mail delivery failed: returning message to sender
            Message-Id: <E1tUaXx-000abc-2f@out.upcoach.test>""",
        boundary="1767614403-eximdsn-1804289383",
        fields=f"""\
            Reporting-MTA: dns; out.upcoach.test

            Action: {action}
            Final-Recipient: rfc822;{SENT_TO}
            Status: 5.0.0
            Remote-MTA: dns; mx.example.org
            Diagnostic-Code: smtp; {words}""",
        back=returned(token),
        back_type="text/rfc822-headers",
    )


def exchange(token: str, status: str = "5.1.10") -> bytes:
    """As Exchange Online writes it: a long head, Windows' line ends, and names of its own."""
    trail = "\n".join(
        f"            X-MS-Exchange-Organization-Hop-{number}: {'a1b2' * 15}"
        for number in range(60)
    )
    return dsn(
        head=f"""\
            Received: from DB9PR.eurprd.prod.example (2603:10a6:10:2c1::12) by AS8PR.example
            From: <postmaster@tenant.example>
            To: <{bounces_of(token)}>
            Subject: Undeliverable: Taxes
            In-Reply-To: <let_019b8e07.{token}@upcoach.test>
            Auto-Submitted: auto-replied
{trail}
            X-MS-Exchange-Message-Is-Ndr:""",
        boundary="8f2f6f9c-5c1a-4e1e-9d52-2b0a8e0c1d11",
        fields=f"""\
            Reporting-MTA: dns;AS8PR.eurprd.prod.example
            Received-From-MTA: dns;out.upcoach.test
            Arrival-Date: Mon, 5 Jan 2026 12:00:02 +0000

            Original-Recipient: rfc822;{SENT_TO}
            Final-Recipient: rfc822;{SENT_TO}
            Action: failed
            Status: {status}
            Diagnostic-Code: smtp;550 {status} RESOLVER.ADR.RecipientNotFound; not found by lookup
            X-Display-Name: {SENT_TO}""",
        back=returned(token),
    ).replace(b"\n", b"\r\n")


def gmail(token: str) -> bytes:
    """As Gmail writes it: parts within parts for people, and the token in another case."""
    return dsn(
        head=f"""\
            Delivered-To: someone-else@upcoach.test
            From: Mail Delivery Subsystem <mailer-daemon@mail.example>
            To: {bounces_of(token.upper())}
            Auto-Submitted: auto-replied
            Subject: Delivery Status Notification (Failure)""",
        boundary="000000000000abcdef0612345678",
        fields=f"""\
            Reporting-MTA: dns; mail.example
            Arrival-Date: Mon, 05 Jan 2026 04:00:02 -0800 (PST)
            X-Original-Message-ID: <let_019b8e07.{token}@upcoach.test>

            Final-Recipient: rfc822; {SENT_TO}
            Action: failed
            Status: 5.1.1
            Remote-MTA: dns; mx.example.org. (192.0.2.25, the server for the domain example.org.)
            Diagnostic-Code: smtp; 550-5.1.1 The account that you tried to reach does not exist.
             550 5.1.1 Please try double-checking the address.
            Last-Attempt-Date: Mon, 05 Jan 2026 04:00:03 -0800 (PST)""",
        back="",
        words=textwrap.dedent("""\
            Content-Type: multipart/related; boundary="000000000000abcdef06123456"

            --000000000000abcdef06123456
            Content-Type: multipart/alternative; boundary="000000000000abcdef061234"

            --000000000000abcdef061234
            Content-Type: text/plain; charset="UTF-8"

            ** Address not found **
            --000000000000abcdef061234--
            --000000000000abcdef06123456--"""),
    )


def amazon(token: str, status: str = "5.1.1") -> bytes:
    """As Amazon SES writes it: with a Message-ID of its own in the mail that comes back."""
    return dsn(
        head=f"""\
            Return-Path: <>
            X-Original-To: {bounces_of(token)}
            From: MAILER-DAEMON@ses.example
            To: {bounces_of(token)}
            Subject: Delivery Status Notification (Failure)""",
        boundary="----=_Part_2141_1987.1767614403",
        fields=f"""\
            Reporting-MTA: dns; a1-2.smtp-out.ses.example

            Action: failed
            Final-Recipient: rfc822; {SENT_TO}
            Diagnostic-Code: smtp; 550 {status} user unknown
            Status: {status}""",
        back=returned("x").replace("let_019b8e07.x@upcoach.test", "0100019b8e07@ses.example"),
    )


def abuse(token: str, kind: str = "abuse") -> bytes:
    """A complaint with all that RFC 5965 knows, and the mail whole."""
    return complaint(
        fields=f"""\
            Feedback-Type: {kind}
            User-Agent: ExampleFeedback/1.0
            Version: 1
            Original-Mail-From: <{bounces_of(token)}>
            Original-Rcpt-To: <{SENT_TO}>
            Arrival-Date: Mon, 05 Jan 2026 12:00:02 +0000
            Source-IP: 192.0.2.7
            Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=upcoach.test
            Reported-Domain: upcoach.test""",
        back=returned("x"),
    )


def redacted_abuse(token: str) -> bytes:
    """A complaint that names nobody: the heads alone, without whom they were to."""
    return complaint(
        fields="""\
            Feedback-Type: abuse
            User-Agent: Feedback-Loop/2.3
            Version: 0.1""",
        back=returned(token).replace(SENT_TO, "redacted@example.org"),
        back_type="text/rfc822-headers",
    )


BOUNCES: Final[dict[str, Callable[[str], bytes]]] = {
    "Postfix": postfix,
    "Exim": exim,
    "Exchange": exchange,
    "Gmail": gmail,
    "Amazon": amazon,
}
COMPLAINTS: Final[dict[str, Callable[[str], bytes]]] = {"whole": abuse, "redacted": redacted_abuse}

"""The forms of reports (RFC 6522), which their writers fill in."""

import textwrap


def report_of(head: str, kind: str, boundary: str, *parts: str) -> bytes:
    """A `multipart/report` of *kind* with *parts*, each with a head of its own."""
    return "\n".join(
        (
            textwrap.dedent(head),
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type={kind};\n\tboundary="{boundary}"',
            "",
            "This is a MIME-encapsulated message.",
            "",
            *(f"--{boundary}\n{part}\n" for part in parts),
            f"--{boundary}--",
            "",
        )
    ).encode()


def dsn(
    *,
    head: str,
    boundary: str,
    fields: str,
    back: str,
    back_type: str = "message/rfc822",
    words: str = "Content-Type: text/plain; charset=us-ascii\n\nIt could not be delivered.",
) -> bytes:
    """A delivery status notification (RFC 3464)."""
    parts = [
        words,
        f"Content-Type: message/delivery-status\n\n{textwrap.dedent(fields)}",
    ]
    if back:
        body = "" if back_type.startswith("text/") else "\nDue today.\n"
        parts.append(f"Content-Type: {back_type}\n\n{back}{body}")
    return report_of(head, "delivery-status", boundary, *parts)


def complaint(*, fields: str, back: str, back_type: str = "message/rfc822") -> bytes:
    """A complaint (RFC 5965)."""
    head = """\
        From: <feedback@mail.example>
        To: <abuse@upcoach.test>
        Subject: FW: Taxes"""
    return report_of(
        head,
        "feedback-report",
        "part1_13d.2e68ed54_boundary",
        "Content-Type: text/plain; charset=US-ASCII\n\nThis is an email abuse report.",
        f"Content-Type: message/feedback-report\n\n{textwrap.dedent(fields)}",
        f"Content-Type: {back_type}\n\n{back}\nDue today.\n",
    )

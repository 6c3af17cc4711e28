"""The command that a mail server hands reports about mails to, and its exit codes (sysexits.h).

A mail server keeps a message, and tries again, for EX_TEMPFAIL alone: that is the code of whatever
is not the message's fault.
"""

import os
import sys
from typing import BinaryIO, Final

from config.settings import Settings
from models.base.errors import Invalid
from upcoach.cli.operating import operating
from upcoach.node.connecting import joined_urls
from upcoach.services.base.mail.report_parser import REPORT_BYTES, read_report
from upcoach.services.notifications.mail_stops import ReportOutcome, outcome_at_sight

CHUNK: Final = 64 * 1024
WORDS: Final[dict[ReportOutcome, str]] = {
    "stopped": "Stopped the notifications by mail to whom the report is about.",
    "unchanged": "Nothing to do: they are stopped, or were chosen again since that mail.",
    "harmless": "Nothing to do: it says neither that nobody is there nor that they complain.",
    "expired": "Nothing was done: the report is about a mail that is too old.",
    "unknown": "Nothing was done: the report is about no mail of ours, or an address of nobody.",
}


def read_message(source: BinaryIO) -> bytes:
    """A message of *source*, of which no more is kept than a report may have, and a byte."""
    message = source.read(REPORT_BYTES + 1)
    while source.read(CHUNK):  # a mail server takes it ill when nobody reads on
        pass
    return message


async def take_report(settings: Settings, raw: bytes, recipient: str) -> tuple[int, str]:
    """Do what the report in *raw* asks for; return the exit code, and what was done.

    Most that comes to such an address asks for nothing, and needs no engines to be answered.
    """
    try:
        report = read_report(raw, recipient)
    except Invalid as refusal:
        return os.EX_DATAERR, refusal.detail
    outcome = outcome_at_sight(report)
    if outcome is None:
        async with joined_urls(settings) as urls, operating(settings, *urls) as node:
            outcome = await node.services.notifications.mail_stops.take(report)
    return os.EX_NOUSER if outcome == "unknown" else os.EX_OK, WORDS[outcome]


def read_standard_input() -> bytes:
    """The message in standard input."""
    return read_message(sys.stdin.buffer)

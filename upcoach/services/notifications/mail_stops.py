"""Stops notifications by mail to addresses where nobody is, or where somebody complained.

A mail server says so at once (`take_bounce`), or a report comes back later (`take_report`).  A
report is believed for the token that it brings, and for nothing else: it was signed for one person
and one address, which must still be theirs.  Mails of the account itself have none, and go on.
"""

import asyncio
import datetime as dt
from typing import Final, Literal

import structlog

from models.account import User, normalised_email
from models.audit import AuditAction
from models.base.errors import NotFound
from models.base.messages.mail import Mail
from models.notifications import StopReason
from upcoach.services.audit import ADDRESS, AuditServices
from upcoach.services.base.mail import report_tokens
from upcoach.services.base.mail.report_parser import Finding, MailReport, read_report
from upcoach.services.base.mail.report_tokens import ReportToken, ReportTokens
from upcoach.services.notifications.preferences import Preferences
from upcoach.store.collections.documents import Documents

# "stopped" and "unchanged": it counted, now or before; "harmless": it says nothing that counts;
# "expired": its token has ended; "unknown": none in it is ours, of an address that somebody has.
ReportOutcome = Literal["stopped", "unchanged", "harmless", "expired", "unknown"]
_REASONS: Final[dict[Finding, StopReason]] = {"bounce": "bounce", "complaint": "complaint"}

_log = structlog.get_logger(__name__)


def outcome_at_sight(report: MailReport) -> ReportOutcome | None:
    """What comes of *report* whatever is stored; None where that counts."""
    if report.finding not in _REASONS:
        return "harmless"
    return None if any(map(report_tokens.parse, report.tokens)) else "unknown"


class MailStops:
    """Stops the notifications by mail to addresses."""

    def __init__(
        self,
        documents: Documents,
        preferences: Preferences,
        tokens: ReportTokens,
        audit: AuditServices,
    ) -> None:
        self._documents = documents
        self._preferences = preferences
        self._tokens = tokens
        self._audit = audit

    async def take_bounce(self, letter: Mail) -> None:
        """Stop mails like *letter*, which the mail server has refused for good."""
        try:
            await self.stop(letter.subscriber, letter.to, "bounce")
        except NotFound:  # the account went meanwhile
            return

    async def take_report(self, raw: bytes, recipient: str = "") -> ReportOutcome:
        """Do what the report in the message *raw* asks for, which came to *recipient*.

        `Invalid` if it is no report.
        """
        return await self.take(await asyncio.to_thread(read_report, raw, recipient))

    async def take(self, report: MailReport) -> ReportOutcome:
        """Do what *report* asks for."""
        at_sight = outcome_at_sight(report)
        if at_sight is not None:
            return at_sight
        attributed = await self._attributed(report)
        if attributed is None:
            return "unknown"
        token, address = attributed
        if self._tokens.is_over(token):
            return "expired"
        is_new = await self.stop(token.user, address, _REASONS[report.finding], token.sent_at)
        return "stopped" if is_new else "unchanged"

    async def stop(
        self,
        user: str,
        address: str,
        because: StopReason,
        sent_at: dt.datetime | None = None,
    ) -> bool:
        """Send no notifications by mail to *user* at *address* any more, until they choose some.

        Returns whether there were any to stop.
        """
        is_new = await self._preferences.stop_mail(user, address, because, sent_at)
        if is_new:
            _log.info("mail_stopped", because=because)
        if is_new or because == "operator":
            target = ADDRESS + normalised_email(address)
            await self._audit.log.note(
                AuditAction(action="mail.stopped", kind="system", target=target)
            )
        return is_new

    async def _attributed(self, report: MailReport) -> tuple[ReportToken, str] | None:
        """The first token of *report* that is one of ours, and the address that it is for."""
        for text in report.tokens:
            token = report_tokens.parse(text)
            if token is None:
                continue
            try:
                user = await self._documents.get(User, token.user, token.user)
            except NotFound:
                continue
            if self._tokens.is_ours(token, user.email):
                return token, user.email
        return None

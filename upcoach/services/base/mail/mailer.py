"""Sends mails in the background, from the outbox.

A mail that notifies somebody gets a token, by which a report about it is attributed later; where
the mail server says at once that nobody is at the address, `on_bounce` is called.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

import msgspec

from models.base.clock import Clock
from models.base.messages.mail import Mail, MailRequest
from models.base.periodic_jobs import PeriodicJob
from upcoach.services.base.delivery import OutboxWorker
from upcoach.services.base.mail.carriers import Carrier, MailboxRefused
from upcoach.services.base.mail.report_tokens import ReportTokens
from upcoach.store.outbox.mail_outbox import MailOutbox
from upcoach.store.outbox.outbox import Pending, Tries

# Somebody waits for a link; of notifications there may be thousands in one minute.
PLACES: Final[Mapping[Tries, int]] = {"urgent": 1, "rest": 1}

W = TypeVar("W", bound=MailRequest)
Writer = Callable[[W], Awaitable[Mail | None]]


async def _ignore(_: Mail) -> None:
    """Do nothing about a bounce."""


class Mailer:
    """Keeps mail requests in the outbox, and has them written and sent.

    Attributes
    ----------
    report_tokens
        Signs what reports are attributed by.
    on_bounce
        Called with each mail to a subscriber whose mailbox the mail server has refused for good.

    """

    def __init__(
        self, outbox: MailOutbox, carrier: Carrier, report_tokens: ReportTokens, clock: Clock
    ) -> None:
        self.report_tokens = report_tokens
        self.on_bounce: Callable[[Mail], Awaitable[None]] = _ignore
        self._outbox = outbox
        self._carrier = carrier
        self._clock = clock
        self._writers: dict[type[MailRequest], Writer[MailRequest]] = {}
        self._worker = OutboxWorker("mail", outbox, self._deliver, PLACES)
        self.send_one = self._worker.deliver_one

    def writes(self, kind: type[W], writer: Writer[W]) -> None:
        """Register *writer* for mail requests of a *kind*; if it returns None, no mail is sent."""

        async def write(mail_request: MailRequest) -> Mail | None:
            assert isinstance(mail_request, kind)
            return await writer(mail_request)

        self._writers[kind] = write

    async def send(self, mail_request: MailRequest) -> None:
        """Queue *mail_request*: it is stored when this returns, and sent soon after."""
        await self._outbox.add(mail_request)

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic delivery."""
        return self._worker.periodic_jobs

    async def _deliver(self, pending: Pending[MailRequest]) -> None:
        letter = await self._writers[type(pending.request)](pending.request)
        if letter is None:
            return
        if letter.subscriber:
            # Of the moment of the request, so that the message is the same when it is tried again.
            token = self.report_tokens.issue(letter.subscriber, letter.to, pending.added_at)
            letter = msgspec.structs.replace(letter, report_token=token)
        try:
            await self._carrier.carry(pending.id, letter, self._clock())
        except MailboxRefused:
            if letter.subscriber:
                await self.on_bounce(letter)
            raise

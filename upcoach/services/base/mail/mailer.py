"""Sends mails in the background, from the outbox."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from models.base.clock import Clock
from models.base.messages.mail import Mail, MailRequest
from models.base.periodic_jobs import PeriodicJob
from upcoach.services.base.delivery import OutboxWorker
from upcoach.services.base.mail.carriers import Carrier
from upcoach.store.outbox.mail_outbox import MailOutbox
from upcoach.store.outbox.outbox import Pending

W = TypeVar("W", bound=MailRequest)
Writer = Callable[[W], Awaitable[Mail | None]]


class Mailer:
    """Keeps mail requests in the outbox, and has them written and sent."""

    def __init__(self, outbox: MailOutbox, carrier: Carrier, clock: Clock) -> None:
        self._outbox = outbox
        self._carrier = carrier
        self._clock = clock
        self._writers: dict[type[MailRequest], Writer[MailRequest]] = {}
        self._worker = OutboxWorker("mail", outbox, self._deliver)
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
        if letter is not None:
            await self._carrier.carry(pending.id, letter, self._clock())

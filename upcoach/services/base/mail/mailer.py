"""Sends mails in the background, from the outbox."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.jobs import PeriodicJob
from models.base.mail import Mail, MailRequest
from upcoach.services.base.mail.carriers import Carrier, CarrierAway, Undeliverable
from upcoach.store.write.mail_outbox import MailOutbox, PendingMail

LOOK_EVERY_S: Final = 5.0  # for what others have put off, or left behind
FIRST_WAIT: Final = dt.timedelta(seconds=10)
LONGEST_WAIT: Final = dt.timedelta(minutes=10)

W = TypeVar("W", bound=MailRequest)
Writer = Callable[[W], Awaitable[Mail | None]]

_log = structlog.get_logger(__name__)


class Later(Exception):
    """Postpones a mail until *wait* is over."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__()
        self.wait = wait


class Mailer:
    """Keeps mail requests in the outbox, and has them written and sent."""

    def __init__(self, outbox: MailOutbox, carrier: Carrier, clock: Clock) -> None:
        self._outbox = outbox
        self._carrier = carrier
        self._clock = clock
        self._writers: dict[type[MailRequest], Writer[MailRequest]] = {}
        self._requested = asyncio.Event()
        outbox.on_added = self._requested.set

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
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic delivery."""
        job = PeriodicJob(
            name="mail",
            every_s=LOOK_EVERY_S,
            run=self._send_all,
            at_once=True,
            sooner=self._requested,
        )
        return (job,)

    async def _send_all(self) -> None:
        while await self.send_one():
            pass

    async def send_one(self) -> bool:
        """Send the first mail that is due, or postpone it; return whether anything was due."""
        waiting = await self._outbox.take()
        if waiting is None:
            return False
        try:
            letter = await self._writers[type(waiting.mail_request)](waiting.mail_request)
            if letter is not None:
                await self._carrier.carry(waiting.id, letter, self._clock())
        except Undeliverable:
            _log.info("mail_undeliverable", letter=waiting.id, wish=_kind(waiting))
        except CarrierAway as failure:
            _log.warning("mail_put_off", letter=waiting.id, wish=_kind(waiting), why=str(failure))
            await self._put_off(waiting)
            return True
        except Later as later:
            await self._outbox.put_off(waiting.id, later.wait)
            return True
        except Unavailable:  # the database is away: for all
            raise
        # One letter that cannot be written must not hold up those behind it.  It is logged with its
        # trace, kept, and tried again later.
        except Exception:  # noqa: BLE001
            _log.exception("mail_broken", letter=waiting.id, wish=_kind(waiting))
            await self._put_off(waiting)
            return True
        await self._outbox.discard(waiting.id)
        return True

    async def _put_off(self, waiting: PendingMail) -> None:
        wait = min(FIRST_WAIT * 2 ** min(waiting.tries - 1, 10), LONGEST_WAIT)
        await self._outbox.put_off(waiting.id, wait)


def _kind(waiting: PendingMail) -> str:
    return type(waiting.mail_request).__name__

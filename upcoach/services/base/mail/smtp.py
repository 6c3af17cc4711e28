"""Mails over a mail server (SMTP, RFC 5321)."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from models.base.messages.mail import Mail
from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.mail.carriers import MailboxRefused, as_message, recipient_of
from upcoach.services.base.mail.reply_codes import refuses_mailbox
from upcoach.services.base.mail.report_tokens import return_path

_PORTS: Final = {"smtp": 587, "smtps": 465}

PATIENCE_S: Final = 10.0  # for each step of a conversation with a mail server


class Smtp:
    """Sends mails by SMTP (RFC 5321).

    With an address for *bounces*, each notification names one of its own as its return path.
    """

    def __init__(self, url: str, sender: str, bounces: str | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._is_tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender
        self._bounces = bounces

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """See `Carrier`."""
        message = as_message(name, letter, self._sender, at)
        recipient = recipient_of(message)
        # A password never goes over a connection that anybody can read.
        start_tls = None if self._is_tls or self._user is None else True
        try:
            await aiosmtplib.send(
                message,
                sender=self._return_path(letter),
                recipients=[recipient],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._is_tls,
                start_tls=start_tls,
                timeout=PATIENCE_S,
            )
        except aiosmtplib.SMTPNotSupported:  # letters beyond ASCII before the @ (RFC 6531, 3.3)
            if not recipient.isascii():
                raise Undeliverable from None
            why = f"{self._host}:{self._port} refuses such a sender; see UPCOACH_MAIL_FROM"
            raise CarrierAway(why, setting="UPCOACH_MAIL_FROM") from None
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            raise _of_recipient(refusal.recipients[0]) from None
        except aiosmtplib.SMTPDataError as refusal:
            if refuses_mailbox(refusal.code, refusal.message, is_of_recipient=False):
                raise MailboxRefused from None
            raise CarrierAway(f"answered {refusal.code}") from None
        except (aiosmtplib.SMTPException, OSError) as failure:
            why = f"{self._host}:{self._port} {_reason(failure)}"
            raise CarrierAway(why, setting="UPCOACH_SMTP_URL") from None

    def _return_path(self, letter: Mail) -> str:
        if self._bounces and letter.report_token:
            return return_path(self._bounces, letter.report_token)
        return parseaddr(self._sender)[1]


def _of_recipient(refusal: aiosmtplib.SMTPRecipientRefused) -> Exception:
    """What it means that the only recipient was refused."""
    if refuses_mailbox(refusal.code, refusal.message, is_of_recipient=True):
        return MailboxRefused()
    if refusal.code >= 500:  # RFC 5321, 4.2.1: for good
        return Undeliverable()
    return CarrierAway("recipient refused for now")


def _reason(failure: BaseException) -> str:
    """What a failure to speak with the server means, without a word of it: it may name people."""
    match failure:
        case aiosmtplib.SMTPAuthenticationError(code=code):
            return f"refused the user or the password ({code})"
        case aiosmtplib.SMTPSenderRefused(code=code):
            return f"refused the sender ({code}); see UPCOACH_MAIL_FROM"
        case aiosmtplib.SMTPResponseException(code=code):
            return f"answered {code}"
    causes = reversed(list(_causes(failure)))  # the library has one name for many
    known = (words for cause in causes for kind, words in _REASONS if isinstance(cause, kind))
    if str(failure).startswith(("SMTP STARTTLS", "The SMTP AUTH", "No suitable")):
        return "offers no TLS, or no login that we know"
    return next(known, f"failed ({type(failure).__name__})")


_REASONS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ssl.SSLCertVerificationError, "shows a certificate that is not trusted"),
    (ssl.SSLError, "speaks no TLS, or none that we do"),
    (ConnectionRefusedError, "refuses connections"),
    (socket.gaierror, "has no address: the name is unknown"),
    (aiosmtplib.SMTPTimeoutError, "does not answer in time"),
    (TimeoutError, "does not answer in time"),
    (aiosmtplib.SMTPServerDisconnected, "hung up"),
    (ConnectionError, "hung up"),
    (OSError, "cannot be reached"),
)


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    """*failure*, and what is behind it, the first of them last."""
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__

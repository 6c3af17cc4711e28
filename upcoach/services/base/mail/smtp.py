"""Mails over a mail server (SMTP, RFC 5321)."""

import datetime as dt
from email.utils import parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from models.base.messages.mail import Mail
from upcoach.services.base.delivery import CarrierAway, Undeliverable
from upcoach.services.base.mail.carriers import as_message

_PORTS: Final = {"smtp": 587, "smtps": 465}

PATIENCE_S: Final = 10.0  # for each step of a conversation with a mail server


class Smtp:
    """Sends mails by SMTP (RFC 5321)."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._is_tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """See `Carrier`."""
        message = as_message(name, letter, self._sender, at)
        # A password never goes over a connection that anybody can read.
        start_tls = None if self._is_tls or self._user is None else True
        try:
            await aiosmtplib.send(
                message,
                sender=parseaddr(self._sender)[1],
                recipients=[letter.to],
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._is_tls,
                start_tls=start_tls,
                timeout=PATIENCE_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            if all(
                recipient.code >= 500 for recipient in refusal.recipients
            ):  # RFC 5321, 4.2.1: for good
                raise Undeliverable from None
            raise CarrierAway("recipient refused for now") from None
        except aiosmtplib.SMTPResponseException as refusal:
            raise CarrierAway(f"answered {refusal.code}") from None
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise CarrierAway(type(failure).__name__) from None

"""Mail transports: an SMTP server, or in development a folder that a page shows."""

import asyncio
import datetime as dt
import email.policy
import os
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from models.base.mail import Mail

PATIENCE_S: Final = 10.0  # for each step of a conversation with a mail server
_PORTS: Final = {"smtp": 587, "smtps": 465}
_POLICY: Final = email.policy.SMTPUTF8


class CarrierAway(Exception):
    """The letter could not be carried just now; its text is no address and no word of it."""


# What Python's parser says of what is no address: some defects break the parser itself.
_NO_ADDRESS: Final = (HeaderParseError, ValueError, LookupError, AttributeError, TypeError)


class Undeliverable(Exception):
    """The letter can never be carried."""


class Carrier(Protocol):
    """Sends mails."""

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """Carry *letter* under its *name*, which is the same however often it is tried."""


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


class MailFolder:
    """Writes mails into files, in the place of a mail server."""

    def __init__(self, path: Path, sender: str) -> None:
        self._path = path
        self._sender = sender

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """See `Carrier`."""
        message = as_message(name, letter, self._sender, at)
        await asyncio.to_thread(self._write, name, message.as_bytes(policy=_POLICY))

    def names(self) -> list[str]:
        """The names of the letters, the newest first."""
        return sorted((path.stem for path in self._path.glob("*.eml")), reverse=True)

    def read(self, name: str) -> EmailMessage | None:
        """The letter *name*, if it is one."""
        if name not in self.names():
            return None
        raw = (self._path / f"{name}.eml").read_bytes()
        return email.message_from_bytes(raw, policy=email.policy.default)

    def _write(self, name: str, raw: bytes) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        draft = self._path / f".{name}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(raw)
        draft.rename(self._path / f"{name}.eml")


def as_message(name: str, letter: Mail, sender: str, at: dt.datetime) -> EmailMessage:
    """Encode *letter* as a message (RFC 5322), or raise `Undeliverable` for a bad address."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["To"] = Address(addr_spec=letter.to)
        message["From"] = sender
    except _NO_ADDRESS:
        raise Undeliverable from None
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{name}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no vacation answers to it
    message.set_content(letter.text)
    return message

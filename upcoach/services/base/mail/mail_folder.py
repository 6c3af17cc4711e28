"""Mails as files, in the place of a mail server."""

import asyncio
import datetime as dt
import email.policy
from email.message import EmailMessage
from pathlib import Path

from models.base.messages.mail import Mail
from upcoach.services.base.delivery.folder import MessageFolder
from upcoach.services.base.mail.carriers import POLICY, as_message


class MailFolder:
    """Writes mails into files, in the place of a mail server."""

    def __init__(self, path: Path, sender: str) -> None:
        self._files = MessageFolder(path, ".eml")
        self._sender = sender

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """See `Carrier`."""
        message = as_message(name, letter, self._sender, at)
        await asyncio.to_thread(self._files.write, name, message.as_bytes(policy=POLICY))

    def names(self) -> list[str]:
        """The names of the letters, the newest first."""
        return self._files.names()

    def raw(self, name: str) -> bytes | None:
        """The file of the letter *name*, if it is one."""
        return self._files.read(name)

    def read(self, name: str) -> EmailMessage | None:
        """The letter *name*, if it is one."""
        raw = self.raw(name)
        if raw is None:
            return None
        return email.message_from_bytes(raw, policy=email.policy.default)  # noqa: TID251 - our own mails

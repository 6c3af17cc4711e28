"""Mails as files, in the place of a mail server."""

import asyncio
import datetime as dt
import email.policy
import os
from email.message import EmailMessage
from pathlib import Path

from models.base.messages.mail import Mail
from upcoach.services.base.mail.carriers import POLICY, as_message


class MailFolder:
    """Writes mails into files, in the place of a mail server."""

    def __init__(self, path: Path, sender: str) -> None:
        self._path = path
        self._sender = sender

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """See `Carrier`."""
        message = as_message(name, letter, self._sender, at)
        await asyncio.to_thread(self._write, name, message.as_bytes(policy=POLICY))

    def names(self) -> list[str]:
        """The names of the letters, the newest first."""
        return sorted((path.stem for path in self._path.glob("*.eml")), reverse=True)

    def read(self, name: str) -> EmailMessage | None:
        """The letter *name*, if it is one."""
        if name not in self.names():
            return None
        raw = (self._path / f"{name}.eml").read_bytes()
        return email.message_from_bytes(raw, policy=email.policy.default)  # noqa: TID251 - our own mails

    def _write(self, name: str, raw: bytes) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        draft = self._path / f".{name}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(raw)
        draft.rename(self._path / f"{name}.eml")

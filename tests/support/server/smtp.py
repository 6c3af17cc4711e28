"""A mail server (SMTP) that answers as a test says."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage


class MailServer:
    """Takes mails, and remembers them and every command.

    Attributes
    ----------
    answer
        What it says to each recipient.
    login
        What it says to each password.
    taken
        What it says to each message.
    knows_letters
        Whether it takes letters of every script before the @ (RFC 6531).

    """

    def __init__(self) -> None:
        self.answer = "250 fine"
        self.login = "235 come in"
        self.taken = "250 taken"
        self.knows_letters = True
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.commands: list[str] = []
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(
        self, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[str]:
        """Its URL, while it listens."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield f"{'smtps' if tls else 'smtp'}://127.0.0.1:{self.port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        writer.write(b"220 mail.test ESMTP\r\n")
        while line := await reader.readline():
            command = line.decode().strip()
            self.commands.append(command)
            match command[:4].upper():
                case "EHLO":
                    last = "SMTPUTF8" if self.knows_letters else "8BITMIME"
                    reply = f"250-mail.test\r\n250-AUTH PLAIN LOGIN\r\n250 {last}"
                case "AUTH":
                    reply = self.login
                case "RCPT":
                    recipients.append(command.partition("<")[2].partition(">")[0])
                    reply = self.answer
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    message = message_from_bytes(raw[:-3], policy=policy.default)
                    self.letters.append((list(recipients), message))
                    reply = self.taken
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    reply = "250 fine"
            writer.write(f"{reply}\r\n".encode())
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

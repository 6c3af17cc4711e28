"""Reading the mails that somebody was sent."""

import asyncio
import datetime as dt
import re
from email.message import EmailMessage
from pathlib import Path

from config.settings import Settings
from models.base.clock import utc_now
from tests.support.engines import TestEngines
from tests.support.server import Server


def settings_of(engines: TestEngines, path: Path, **more: str) -> Settings:
    """Settings of a server whose mails are in a folder of their own."""
    return engines.settings(UPCOACH_DATA=str(path), **more)


def post_of(server: Server, email: str) -> list[EmailMessage]:
    """The mails to *email*, in the order in which they were sent."""
    mailbox = server.node.assembly.mailbox
    assert mailbox is not None
    mails = (mailbox.read(name) for name in reversed(mailbox.names()))
    return [mail for mail in mails if mail is not None and mail["To"] == email]


def text_of(message: EmailMessage) -> str:
    """What *message* says to whoever reads it as plain text."""
    return _part_of(message, "plain")


def html_of(message: EmailMessage) -> str:
    """The HTML of *message*."""
    return _part_of(message, "html")


def _part_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None, message
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


async def all_sent(server: Server) -> None:
    """Wait until no mail is to be sent soon."""
    soon = {"at": {"$lte": utc_now() + dt.timedelta(minutes=2)}}
    while await server.node.database["outbox"].count_documents(soon):
        await asyncio.sleep(0.01)


async def forget_told(server: Server) -> None:
    """As if the mails that were sent were old."""
    await server.node.database["once"].delete_many({"_id": {"$regex": "^addition told:"}})


async def newest(server: Server, email: str) -> EmailMessage:
    """The newest mail to *email*, when all are sent."""
    await all_sent(server)
    mailbox = server.node.assembly.mailbox
    assert mailbox is not None
    mails = map(mailbox.read, mailbox.names())
    return next(mail for mail in mails if mail is not None and mail["To"] == email)


async def subjects(server: Server, email: str) -> list[str]:
    """What the mails to *email* are about, when all are sent."""
    await all_sent(server)
    return [mail["Subject"] for mail in post_of(server, email)]


async def confirm(server: Server, email: str) -> None:
    """Follow the link by which the owner of *email* confirms what was added last."""
    given = {"token": token_in(await newest(server, email))}
    answer = await server.client().call("POST", "/v1/auth/additions/confirm", given)
    assert answer.status == 204, answer


def token_in(message: EmailMessage) -> str:
    """The token of the link in *message*."""
    match = re.search(r"\?token=([\w-]+)", text_of(message))
    assert match is not None, message
    return match[1]

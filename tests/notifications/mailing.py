"""Somebody who is told by mail, and what they have chosen."""

import contextlib
import datetime as dt
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

from models.base.clock import utc_now
from models.base.messages.mail import MailRequest
from models.notifications import NotificationMail
from tests.notifications.writing import PREFERENCES
from tests.support.engines import TestEngines
from tests.support.people.mail import newest, settings_of, token_in
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from tests.support.wire.relying import Answer, Browser
from upcoach.client import RestClient

ANN: Final = "ann@example.org"
ONE_CLICK: Final = {"List-Unsubscribe": "One-Click"}
WANTED: Final = {"channels": {"task_due": {"mail": True}}}


@contextlib.asynccontextmanager
async def ann_at(
    engines: TestEngines, path: Path, **more: str
) -> AsyncIterator[tuple[Server, RestClient]]:
    """Somebody whose address is confirmed, and who wants mails of due tasks."""
    async with serving(settings_of(engines, path, **more)) as server:
        ann = server.client()
        await ann.register(ANN, PASSWORD, "Ann")
        ann = await ann.log_in(ANN, PASSWORD, "phone")
        token = token_in(await newest(server, ANN))
        await done(ann.call("POST", "/v1/auth/verify-email", {"token": token}))
        channels = {"task_due": {"mail": True}, "habit_reminder": {"mail": True}}
        await done(ann.call("PATCH", PREFERENCES, {"channels": channels}))
        yield server, ann


async def told(server: Server, person: RestClient, **more: Any) -> EmailMessage:
    """The newest mail to Ann, after she was to be told of a task."""
    user = scope_of(server, person).user
    fields: dict[str, Any] = {
        "to": ANN,
        "user": user,
        "kind": "task_due",
        "title": "Taxes",
        "body": "Due today.",
        "until": utc_now() + dt.timedelta(hours=1),
    }
    request: MailRequest = NotificationMail(**fields | more)
    await server.node.assembly.mail.send(request)
    return await newest(server, ANN)


async def chosen(person: RestClient) -> dict[str, bool]:
    """By type, whether it is mailed."""
    preferences = (await done(person.call("GET", PREFERENCES))).body
    return {name: channels["mail"] for name, channels in preferences["channels"].items()}


async def stops(server: Server) -> int:
    """How many stops the audit log knows of."""
    page = await server.node.services.audit.log.page(action="mail.stopped", limit=100)
    return len(page)


def link_of(mail: EmailMessage) -> str:
    """The path of the link that stops mails like *mail*."""
    match = re.fullmatch(r"<http://upcoach\.test(/.*)>", str(mail["List-Unsubscribe"]))
    assert match is not None, mail
    return match[1]


async def post(server: Server, path: str) -> Answer:
    """Post as a mail program does: with no cookie, and from no page."""
    browser = Browser(server.url)
    answer = await browser.post(path, ONE_CLICK)
    browser.close()
    return answer

"""The mails that nobody sent: a page for developers, which no production server has."""

import re
from email.message import EmailMessage
from html import escape
from typing import Any, Final

from tornado.routing import URLSpec
from tornado.web import HTTPError

from handlers.rest import Edge, Handler
from upcoach.services.mail import Folder

PATH: Final = "/dev/mail"
MOST: Final = 100
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")


class DevMail(Handler):
    """`GET /dev/mail` and `GET /dev/mail/{name}`."""

    def initialize(self, edge: Edge, mailbox: Folder | None = None, **_: Any) -> None:
        """Take the mails."""
        super().initialize(edge)
        assert mailbox is not None
        self._mailbox = mailbox

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return PATH

    def get(self, name: str = "") -> None:
        """Show the newest mails, or one."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(_page("Mail", self._letter(name) if name else self._list()))

    def _list(self) -> str:
        found = ((name, self._mailbox.read(name)) for name in self._mailbox.names()[:MOST])
        rows = (_row(name, message) for name, message in found if message is not None)
        return f"<ul>{''.join(rows)}</ul>"

    def _letter(self, name: str) -> str:
        message = self._mailbox.read(name)
        if message is None:
            raise HTTPError(404)
        heads = "".join(f"{escape(head)}: {escape(text)}\n" for head, text in message.items())
        text = _LINK.sub(
            lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(_text(message))
        )
        return f'<pre>{heads}\n{text}</pre><p><a href="{PATH}">All mails</a></p>'


def specs(edge: Edge, mailbox: Folder | None) -> list[URLSpec]:
    """The routes for Tornado; none where mails are sent."""
    if mailbox is None:
        return []
    taken = {"edge": edge, "mailbox": mailbox}
    return [URLSpec(f"{PATH}$", DevMail, taken), URLSpec(f"{PATH}/([\\w.-]+)$", DevMail, taken)]


def _row(name: str, message: EmailMessage) -> str:
    words = f"{message['Date']} {message['To']}: {message['Subject']}"
    return f'<li><a href="{PATH}/{escape(name)}">{escape(words)}</a></li>'


def _text(message: EmailMessage) -> str:
    text: str = message.get_content()
    return text


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<main><h1>{title}</h1>{body}</main></html>"
    )

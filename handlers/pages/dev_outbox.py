"""The developers' outbox: pages with what was not sent, over all channels, never in production.

Mails hold every way into every account, so only a browser on this machine is shown them: not one
that comes through a proxy or a tunnel, nor one that a page of others has sent to a name of its own
for this machine's address.
"""

import datetime as dt
import ipaddress
import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, Final, NamedTuple

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from handlers.http.manifest import ApplicationParts, HandlerRoute
from handlers.http.operation_runner import OperationRunner
from handlers.pages.base import PageHandler
from handlers.pages.rendering import PageView
from upcoach.services.base.mail import MailFolder
from upcoach.services.base.push.push_folder import PushFolder, ShownPush

PATH: Final = "/dev/outbox"
FORMER_PATH: Final = "/dev/mail"
MOST: Final = 100
_LINK: Final = re.compile(r"(https?://[^\s<>\"]+)")
# Of a mail's HTML: its own styles, and nothing else; its links leave the frame.
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; "
    "sandbox allow-top-navigation-by-user-activation"
)


class OutboxRow(NamedTuple):
    """A message as it is listed."""

    name: str
    channel: str
    to: str
    subject: str
    date: str


class LocalPage(PageHandler):
    """A page that only a browser on this machine is shown."""

    async def prepare(self) -> None:
        """Refuse whoever is not on this machine."""
        if not is_on_this_machine(self.request):
            raise HTTPError(404)
        await super().prepare()


class DevOutboxPage(LocalPage):
    """`GET /dev/outbox`, `GET /dev/outbox/{name}`, and `GET /dev/outbox/{name}/html` of a mail."""

    def initialize(
        self,
        runner: OperationRunner,
        path: str = PATH,
        mailbox: MailFolder | None = None,
        pushes: PushFolder | None = None,
        **_: Any,
    ) -> None:
        """Take the messages, of the channels over which nothing is sent."""
        super().initialize(runner, path)
        self._mailbox = mailbox
        self._pushes = pushes

    def get(self, name: str = "", part: str = "") -> None:
        """Show the newest messages, one, or the HTML of a mail."""
        mail = self._mailbox.read(name) if self._mailbox and name else None
        push = self._pushes.read(name) if self._pushes and name else None
        if not name:
            self.show(self._list())
        elif mail is not None and part:
            self._show_html(mail)
        elif mail is not None:
            self.show(self._mail(name, mail))
        elif push is not None and not part:
            self.show(self._push(name, push))
        else:
            raise HTTPError(404)

    def _list(self) -> PageView:
        rows = sorted((*self._mails(), *self._devices()), key=_made_at, reverse=True)[:MOST]
        return PageView(
            title="Outbox", template="outbox", values={"rows": rows, "path": PATH}, wide=True
        )

    def _mails(self) -> Iterator[OutboxRow]:
        for name in self._mailbox.names()[:MOST] if self._mailbox else ():
            message = self._mailbox.read(name) if self._mailbox else None
            if message is not None:
                yield _mail_row(name, message)

    def _devices(self) -> Iterator[OutboxRow]:
        for name in self._pushes.names()[:MOST] if self._pushes else ():
            push = self._pushes.read(name) if self._pushes else None
            if push is not None:
                yield _push_row(name, push)

    def _mail(self, name: str, message: EmailMessage) -> PageView:
        assert self._mailbox is not None
        raw = (self._mailbox.raw(name) or b"").decode(errors="replace")
        values = {
            "row": _mail_row(name, message),
            "parts": _LINK.split(_part(message, "plain")),  # every other one is a link
            "path": PATH,
            "raw": raw,
        }
        title = str(message["Subject"])
        return PageView(
            title=title, template="outbox_mail", values=values, wide=True, has_frame=True
        )

    def _push(self, name: str, push: ShownPush) -> PageView:
        assert self._pushes is not None
        values = {
            "row": _push_row(name, push),
            "push": push.message,
            "until": _date(push.message.until),
            "path": PATH,
            "raw": (self._pushes.raw(name) or b"").decode(),
        }
        return PageView(title=push.message.title, template="outbox_push", values=values, wide=True)

    def _show_html(self, message: EmailMessage) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", _MAIL_POLICY)
        self.finish(_part(message, "html").replace("<head>", '<head><base target="_top">', 1))


class FormerPage(LocalPage):
    """`GET /dev/mail` and what was below it: they have moved."""

    def get(self, name: str = "") -> None:
        """Lead to the same in the outbox."""
        self.see_other(f"{PATH}/{name}" if name else PATH)


def is_served(parts: ApplicationParts) -> bool:
    """Whether there is a channel over which nothing is sent."""
    return parts.mailbox is not None or parts.pushes is not None


def is_on_this_machine(request: HTTPServerRequest) -> bool:
    """Whether *request* comes from a browser on this machine, and through nothing."""
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For"))
    return not forwarded and _is_loopback(request.remote_ip) and _is_loopback(request.host_name)


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _made_at(row: OutboxRow) -> str:
    return row.name.partition("_")[2]  # a UUID that begins with the time


def _mail_row(name: str, message: EmailMessage) -> OutboxRow:
    return OutboxRow(
        name, "mail", str(message["To"]), str(message["Subject"]), str(message["Date"])
    )


def _push_row(name: str, push: ShownPush) -> OutboxRow:
    to = f"{push.device or 'a device'} ({push.platform})"
    return OutboxRow(name, "push", to, push.message.title, _date(push.at))


def _date(moment: dt.datetime) -> str:
    return f"{moment:%a, %d %b %Y %H:%M:%S} UTC"


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _folders(parts: ApplicationParts) -> dict[str, Any] | None:
    """What the pages are made with; nothing where everything is sent."""
    if not is_served(parts):
        return None
    return {"runner": parts.runner, "mailbox": parts.mailbox, "pushes": parts.pushes}


ROUTES: Final = (
    HandlerRoute(PATH, DevOutboxPage, _folders),
    HandlerRoute(PATH, DevOutboxPage, _folders, pattern=f"{PATH}/([\\w.-]+)"),
    HandlerRoute(PATH, DevOutboxPage, _folders, pattern=f"{PATH}/([\\w.-]+)/(html)"),
    HandlerRoute(FORMER_PATH, FormerPage, _folders),
    HandlerRoute(FORMER_PATH, FormerPage, _folders, pattern=f"{FORMER_PATH}/([\\w.-]+)"),
)

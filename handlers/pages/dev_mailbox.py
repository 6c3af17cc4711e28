"""The developers' mailbox: pages with the mails that were not sent, never in production.

They hold every way into every account, so only a browser on this machine is shown them: not one
that comes through a proxy or a tunnel, nor one that a page of others has sent to a name of its own
for this machine's address.
"""

import ipaddress
import re
from email.message import EmailMessage
from typing import Any, Final, NamedTuple

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from handlers.http.manifest import ApplicationParts, HandlerRoute
from handlers.http.operation_runner import OperationRunner
from handlers.pages.base import PageHandler
from handlers.pages.rendering import PageView
from upcoach.services.base.mail import MailFolder

PATH: Final = "/dev/mail"
MOST: Final = 100
_LINK: Final = re.compile(r"(https?://[^\s<>\"]+)")


class MailRow(NamedTuple):
    """A mail as it is listed."""

    name: str
    to: str
    subject: str
    date: str


class DevMailPage(PageHandler):
    """`GET /dev/mail` and `GET /dev/mail/{name}`."""

    def initialize(
        self, runner: OperationRunner, path: str = PATH, mailbox: MailFolder | None = None, **_: Any
    ) -> None:
        """Take the mails."""
        super().initialize(runner, path)
        assert mailbox is not None
        self._mailbox = mailbox

    async def prepare(self) -> None:
        """Refuse whoever is not on this machine."""
        if not is_on_this_machine(self.request):
            raise HTTPError(404)
        await super().prepare()

    def get(self, name: str = "") -> None:
        """Show the newest mails, or one."""
        self.show(self._letter(name) if name else self._list())

    def _list(self) -> PageView:
        messages = ((name, self._mailbox.read(name)) for name in self._mailbox.names()[:MOST])
        rows = [_row(name, message) for name, message in messages if message is not None]
        return PageView(
            title="Mail", template="mailbox", values={"rows": rows, "path": PATH}, wide=True
        )

    def _letter(self, name: str) -> PageView:
        message = self._mailbox.read(name)
        if message is None:
            raise HTTPError(404)
        part = message.get_body(("plain",))
        text: str = part.get_content() if part is not None else ""
        # Every other part is a link.
        values = {"row": _row(name, message), "parts": _LINK.split(text), "path": PATH}
        return PageView(title=str(message["Subject"]), template="letter", values=values, wide=True)


def _mailbox(parts: ApplicationParts) -> dict[str, Any] | None:
    """What the pages are made with; nothing where mails are sent."""
    if parts.mailbox is None:
        return None
    return {"runner": parts.runner, "mailbox": parts.mailbox}


def is_on_this_machine(request: HTTPServerRequest) -> bool:
    """Whether *request* comes from a browser on this machine, and through nothing."""
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For"))
    return not forwarded and _is_loopback(request.remote_ip) and _is_loopback(request.host_name)


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _row(name: str, message: EmailMessage) -> MailRow:
    return MailRow(name, str(message["To"]), str(message["Subject"]), str(message["Date"]))


ROUTES: Final = (
    HandlerRoute(PATH, DevMailPage, _mailbox),
    HandlerRoute(PATH, DevMailPage, _mailbox, pattern=f"{PATH}/([\\w.-]+)"),
)

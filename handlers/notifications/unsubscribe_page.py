"""The page that stops mails of a type: for whoever has its link, without a login (RFC 8058)."""

from typing import Final
from urllib.parse import quote

from handlers.http.manifest import HandlerRoute
from handlers.notifications.preferences_page import TITLES
from handlers.pages import forms
from handlers.pages.base import PageHandler
from handlers.pages.forms import PageLink
from handlers.pages.rendering import PageView
from upcoach.services.notifications import NotificationMails
from upcoach.services.notifications.notification_mails import UNSUBSCRIBE

_MORE: Final = PageLink("/account/notifications", "Choose how you are notified")


class UnsubscribePage(PageHandler):
    """`GET` and `POST /account/notifications/unsubscribe?token=`.

    Mail programs post to it, with no page of ours before and no cookie: the token says everything,
    and all that it can be used for is less mail.  Looking at the page changes nothing, because mail
    servers follow links, too.
    """

    next_steps = (_MORE,)

    async def get(self) -> None:
        """Ask whether mails of this type are to stop."""
        token = self.get_query_argument("token", "")
        _, types = self._mails.read(token)
        about = "; ".join(TITLES[type_] for type_ in types)
        values = {
            "words": (f"You will get no more mails about: {about}. The app still lists them.",),
            "action": f"{UNSUBSCRIBE}?token={quote(token)}",
            "submit": "Stop these mails",
        }
        self.show(PageView(title="Stop these mails?", template="confirm", values=values))

    async def post(self) -> None:
        """Stop them."""
        await self._mails.stop(self.get_query_argument("token", ""))
        words = "You will get no more of these mails. You can choose again in your account."
        self.show(forms.message("These mails are stopped", words, links=self.next_steps))

    @property
    def _mails(self) -> NotificationMails:
        mails: NotificationMails = self.runner.services.notifications.mails
        return mails


ROUTES: Final = (HandlerRoute(UNSUBSCRIBE, UnsubscribePage),)

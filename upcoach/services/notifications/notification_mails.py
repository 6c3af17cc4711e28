"""Writes the mails of notifications, and stops them for whoever asks for that.

Each mail has a link that stops those of its type, without a login: it is signed, for one person and
one type, and never ends, because somebody may have enough of an old mail (RFC 8058; the link does
nothing but that, and only when it is posted to).
"""

import base64
import hmac
from typing import Final, get_args

from models.access.scope import Scope
from models.account import User
from models.base.clock import Clock
from models.base.errors import Invalid, NotFound
from models.base.messages.mail import Mail
from models.notifications import NotificationType
from models.notifications.mails import NotificationMail
from upcoach.services.base.mail.html_part import SIGNATURE
from upcoach.services.base.mail.mail_links import MailLinks
from upcoach.services.notifications.preferences import Preferences
from upcoach.services.notifications.texts import language_of, text_of
from upcoach.store.collections.documents import Documents

UNSUBSCRIBE: Final = "/account/notifications/unsubscribe"
TYPES: Final = frozenset[str](get_args(NotificationType))
_PURPOSE: Final = b"upcoach unsubscribe"
_MAC_BYTES: Final = 16


class NotificationMails:
    """The mails of notifications."""

    def __init__(
        self,
        documents: Documents,
        preferences: Preferences,
        links: MailLinks,
        app: str,
        secret: bytes,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._preferences = preferences
        self._links = links
        self._app = app
        self._key = hmac.digest(secret, _PURPOSE, "sha256")
        self._clock = clock

    async def write(self, request: NotificationMail) -> Mail | None:
        """The mail to the address that its person has now; none where that is not confirmed."""
        try:
            user = await self._documents.get(User, request.user, request.user)
        except NotFound:
            return None
        preferences = await self._preferences.get(Scope(user=user.id))
        is_wanted = request.kind not in TYPES or preferences.channels_of(_known(request.kind)).mail
        if user.verified_at is None or self._clock() >= request.until or not is_wanted:
            return None
        stop = self._links.to(UNSUBSCRIBE, self.token(user.id, request.kind))
        words = text_of("mail", "", {"unsubscribe": stop}, user.locale)
        link = f"\n\n{self._app}{request.link}" if self._app else ""
        return Mail(
            to=user.email,
            subject=request.title,
            text=f"{_plain(request.body)}{link}\n{SIGNATURE}{words.body}\n",
            lang=language_of(user.locale),
            button=words.title,
            unsubscribe=stop,
            subscriber=user.id,
        )

    def token(self, user: str, type_: str) -> str:
        """What the link has that stops the mails of a type to *user*."""
        return f"{user}.{type_}.{self._mac(user, type_)}"

    def read(self, token: str) -> tuple[str, NotificationType]:
        """The person and the type of a *token*, or `Invalid`."""
        user, _, rest = token.partition(".")
        type_, _, mac = rest.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(user, type_).encode()):
            raise _link_wrong()
        return user, _known(type_)

    async def stop(self, token: str) -> None:
        """Send no mails any more of the type, and to the person, of *token*."""
        user, type_ = self.read(token)
        try:
            await self._preferences.change(
                Scope(user=user), {"channels": {type_: {"mail": False}}}, None
            )
        except NotFound:  # of the account, which gets no mail any more either
            raise _link_wrong() from None

    def _mac(self, user: str, type_: str) -> str:
        digest = hmac.digest(self._key, f"{user}\0{type_}".encode(errors="replace"), "sha256")
        return base64.urlsafe_b64encode(digest[:_MAC_BYTES]).decode().rstrip("=")


def _known(type_: str) -> NotificationType:
    for known in get_args(NotificationType):
        if known == type_:
            wanted: NotificationType = known
            return wanted
    raise _link_wrong()


def _link_wrong() -> Invalid:
    return Invalid(
        "link_over", "This link is not one of ours. Log in to choose what we write to you about."
    )


def _plain(body: str) -> str:
    """*body* in one paragraph: a line of its own that leads somewhere would become a button."""
    return " ".join(body.split())

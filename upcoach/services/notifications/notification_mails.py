"""Writes the mails of notifications, and stops them for whoever asks for that.

Each mail has a link that stops those of its types, without a login: it is signed, for one person
and these types, and never ends, because somebody may have enough of an old mail (RFC 8058; the link
does nothing but that, and only when it is posted to).
"""

import base64
import collections
import datetime as dt
import hmac
from collections.abc import Collection
from typing import Final, get_args

from models.access.scope import Scope
from models.account import User
from models.base.clock import Clock
from models.base.errors import Invalid, NotFound
from models.base.messages.mail import Mail
from models.notifications import NotificationType
from models.notifications.mails import NotificationDigestMail, NotificationMail
from upcoach.services.base.mail.html_part import SIGNATURE
from upcoach.services.base.mail.mail_links import MailLinks
from upcoach.services.notifications.base.notifying import LIST
from upcoach.services.notifications.preferences import Preferences
from upcoach.services.notifications.texts import language_of, text_of
from upcoach.store.collections.documents import Documents

UNSUBSCRIBE: Final = "/account/notifications/unsubscribe"
_AND: Final = "-"  # between types
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
        user = await self._reader(request.user, request.until)
        if user is None or not await self._wanted(user, {request.kind}):
            return None
        return self._mail(user, {request.kind}, request.title, _plain(request.body), request.link)

    async def write_digest(self, request: NotificationDigestMail) -> Mail | None:
        """The same of several notifications: those whose types are wanted still."""
        user = await self._reader(request.user, request.until)
        if user is None:
            return None
        counts = request.counts or collections.Counter(one.kind for one in request.named)
        wanted = await self._wanted(user, counts)
        if not wanted:
            return None
        count = request.count - sum(counts.values()) + sum(counts[kind] for kind in wanted)
        words = text_of("digest", "", {"count": count}, user.locale)
        named = (one for one in request.named if one.kind in wanted)
        lines = (f"{_plain(one.title)}\n{_plain(one.body)}" for one in named)
        return self._mail(user, wanted, words.title, "\n\n".join((words.body, *lines)), LIST)

    async def _reader(self, user_id: str, until: dt.datetime) -> User | None:
        """Whoever is told by mail, if they have confirmed their address and it is not too late."""
        try:
            user = await self._documents.get(User, user_id, user_id)
        except NotFound:
            return None
        return None if user.verified_at is None or self._clock() >= until else user

    async def _wanted(self, user: User, kinds: Collection[str]) -> set[str]:
        """Those of *kinds* that are mailed; one that only another build knows is."""
        preferences = await self._preferences.get(Scope(user=user.id))
        return {
            kind
            for kind in kinds
            if kind not in TYPES or preferences.channels_of(_known(kind)).mail
        }

    def _mail(self, user: User, kinds: Collection[str], subject: str, body: str, path: str) -> Mail:
        stop = self._links.to(UNSUBSCRIBE, self.token(user.id, kinds))
        words = text_of("mail", "", {"unsubscribe": stop}, user.locale)
        link = f"\n\n{self._app}{path}" if self._app else ""
        return Mail(
            to=user.email,
            subject=subject,
            text=f"{body}{link}\n{SIGNATURE}{words.body}\n",
            lang=language_of(user.locale),
            button=words.title,
            unsubscribe=stop,
            subscriber=user.id,
        )

    def token(self, user: str, kinds: Collection[str]) -> str:
        """What the link has that stops the mails of some types to *user*."""
        types = _AND.join(sorted(kinds))
        return f"{user}.{types}.{self._mac(user, types)}"

    def read(self, token: str) -> tuple[str, list[NotificationType]]:
        """The person and the types of a *token*, or `Invalid`."""
        user, _, rest = token.partition(".")
        types, _, mac = rest.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(user, types).encode()):
            raise _link_wrong()
        known = [_known(type_) for type_ in types.split(_AND) if type_ in TYPES]
        if not known:  # but by a later build
            raise _link_wrong()
        return user, known

    async def stop(self, token: str) -> None:
        """Send no mails any more of the types, and to the person, of *token*."""
        user, types = self.read(token)
        muted = {type_: {"mail": False} for type_ in types}
        try:
            await self._preferences.change(Scope(user=user), {"channels": muted}, None)
        except NotFound:  # of the account, which gets no mail any more either
            raise _link_wrong() from None

    def _mac(self, user: str, types: str) -> str:
        digest = hmac.digest(self._key, f"{user}\0{types}".encode(errors="replace"), "sha256")
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

"""Mails of notifications."""

import datetime as dt
from typing import Final

import msgspec

from models.base.messages.mail import MailRequest

MOST_NAMED: Final = 50  # notifications that one mail names


class LoginNoticesOffMail(MailRequest, frozen=True, tag="LoginNoticesOff"):
    """New logins of the account of the address are told of nowhere but in the app any more."""


class NotificationMail(MailRequest, frozen=True, tag="Notification", kw_only=True):
    """A notification of *user*, whose address it was, told by mail.

    Attributes
    ----------
    kind
        Its type: mails of one type are stopped together.
    title, body
        What it says, in the language of its person.
    link
        The path in the app that it opens.
    until
        When nobody needs to be told any more.

    """

    user: str
    kind: str
    title: str
    body: str
    until: dt.datetime
    link: str = "/"

    @property
    def can_wait(self) -> bool:
        """See `MailRequest.can_wait`: there may be thousands, of one person and one minute."""
        return self.kind != "new_login"


class NamedNotification(msgspec.Struct, frozen=True):
    """A notification as a mail about several names it: its type and what it says."""

    kind: str
    title: str
    body: str


class NotificationDigestMail(MailRequest, frozen=True, tag="NotificationDigest", kw_only=True):
    """What quiet hours have held back from *user*, whose address it was, told by one mail.

    Attributes
    ----------
    count
        How many notifications there are.
    named
        The newest of them, in the language of their person.
    until
        When nobody needs to be told any more.
    counts
        How many there are of each type; empty in mails of older builds, which did not say.

    """

    user: str
    count: int
    named: tuple[NamedNotification, ...]
    until: dt.datetime
    counts: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def can_wait(self) -> bool:
        """See `MailRequest.can_wait`: everybody's night ends at the same time."""
        return True

"""What mail servers answer, and whether it says that nobody is at an address.

Reply codes are those of RFC 5321 (4.2), enhanced status codes (`5.1.1`) those of RFC 3463 and of
the registry that it began.  Not all that is permanent is about the mailbox: of a message that was
taken for spam, of a server that knows us no more, or of a full mailbox, the person is still there.
"""

import re
from typing import Final, NamedTuple, Self

READ: Final = 300  # characters of a reply
# Behind what a report says first, the kind of the answer.
_REPLY: Final = re.compile(r"(?:[A-Za-z0-9-]{1,40}\s?;)?\s{0,8}([245][0-9][0-9])[\s-]")
# Anywhere, but in no address (`5.1.1.20`) and no version (`v5.1.1`).
_STATUS: Final = re.compile(r"(?<![\w.])([245])\.([0-7])\.([0-9]{1,3})(?!\.?[0-9])")

# X.1: the address, of whomever (X.1.0); not X.1.7 and X.1.8, which are about the sender's.
_OTHER: Final = 0
_ADDRESS: Final = 1
_SENDERS: Final = frozenset({7, 8})
# X.2: the mailbox is disabled; it may also be full (X.2.2), or take no such message (X.2.3).
_MAILBOX: Final = 2
_GONE_MAILBOXES: Final = frozenset({0, 1})
# X.4: the domain is nowhere to be found.  Exchange Online says .1 of a recipient that it has not,
# and .310 of a domain; all else is about roads that may be mended.
_ROUTING: Final = 4
_GONE_ROUTES: Final = frozenset({1, 4, 310})
# Servers say these of mailboxes, but also of whatever they do not like: the words tell.
_OF_MAILBOXES: Final = frozenset({550, 551, 553, 556})
_NOBODY: Final = (
    "user unknown",
    "unknown user",
    "user not found",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no mailbox",
    "mailbox unavailable",
    "mailbox not found",
    "mailbox unknown",
    "unknown mailbox",
    "mailbox is disabled",
    "mailbox disabled",
    "invalid mailbox",
    "invalid recipient",
    "recipient not found",
    "recipient unknown",
    "unknown recipient",
    "rejected: unknown",
    "does not exist",
    "doesn't exist",
    "account disabled",
    "account is disabled",
    "account has been disabled",
)
# Some say it of our own address, which they looked for in vain, or of all that they do not like.
_ABOUT_US: Final = (
    "sender",
    "your domain",
    "your server",
    "your ip",
    "helo",
    "dns",
    "policy",
    "policies",
    "reputation",
    "spam",
    "blocked",
    "blacklist",
    "blocklist",
)
_FIRST_PERMANENT: Final = 500


class MailStatus(NamedTuple):
    """An enhanced status code (RFC 3463, 2)."""

    kind: int
    subject: int
    detail: int

    @classmethod
    def find(cls, text: str) -> Self | None:
        """The first code in *text* that is not vague, or else the first; None where there is none.

        Examples
        --------
        >>> MailStatus.find("smtp; 550-5.1.1 The account does not exist")
        MailStatus(kind=5, subject=1, detail=1)
        >>> MailStatus.find("5.0.0 [192.0.2.1]: 5.7.1 blocked")
        MailStatus(kind=5, subject=7, detail=1)
        >>> MailStatus.find("554 5.1.1.20 is on a list")

        """
        found = [cls(*map(int, match.groups())) for match in _STATUS.finditer(text[:READ])]
        clear = (status for status in found if not status.is_vague)
        return next(clear, found[0] if found else None)

    @property
    def is_vague(self) -> bool:
        """Whether it says no more than whether it is permanent, or about somebody's address."""
        return self.subject in (_OTHER, _ADDRESS) and self.detail == _OTHER

    @property
    def means_no_mailbox(self) -> bool:
        """Whether nobody is at the address, and nobody will be.

        Examples
        --------
        >>> codes = ("5.1.1", "5.2.1", "5.1.10", "5.4.4", "5.7.1", "5.2.2", "5.1.0", "4.1.1")
        >>> [code for code in codes if MailStatus.find(code).means_no_mailbox]
        ['5.1.1', '5.2.1', '5.1.10', '5.4.4']

        """
        if self.kind * 100 < _FIRST_PERMANENT:
            return False
        if self.subject == _ADDRESS:
            return not self.is_vague and self.detail not in _SENDERS
        if self.subject == _MAILBOX:
            return self.detail in _GONE_MAILBOXES
        return self.subject == _ROUTING and self.detail in _GONE_ROUTES


def reply_code(text: str) -> int | None:
    """The reply code that *text* begins with; None where there is none.

    Examples
    --------
    >>> reply_code("smtp; 550 no such user")
    550

    """
    match = _REPLY.match(text)
    return None if match is None else int(match[1])


def refuses_mailbox(reply: int | None, words: str, *, is_of_recipient: bool) -> bool:
    """Whether a mail server's *reply* with *words* says that nobody is at the address.

    Without an enhanced code that says more, the words count, and only those of an answer to the
    recipient (`RCPT TO`).  *reply* is None in a report that tells the words alone.

    Examples
    --------
    >>> refuses_mailbox(550, "no such user", is_of_recipient=True)
    True
    >>> refuses_mailbox(550, "[192.0.2.1]: 5.7.1 relaying denied", is_of_recipient=True)
    False
    >>> refuses_mailbox(550, "administrative prohibition", is_of_recipient=True)
    False

    """
    if reply is not None and reply < _FIRST_PERMANENT:
        return False
    status = MailStatus.find(words)
    if status is not None and not status.is_vague:
        return status.means_no_mailbox
    is_of_mailboxes = reply is None or reply in _OF_MAILBOXES
    return is_of_recipient and is_of_mailboxes and _say_nobody(words)


def _say_nobody(words: str) -> bool:
    said = " ".join(words[:READ].casefold().split())
    return any(map(said.__contains__, _NOBODY)) and not any(map(said.__contains__, _ABOUT_US))

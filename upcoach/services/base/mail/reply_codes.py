"""What mail servers answer, and whether it says that nobody is at an address.

Reply codes are those of RFC 5321 (4.2), enhanced status codes (`5.1.1`) those of RFC 3463 and of
the registry that it began.  Not all that is permanent is about the mailbox: of a message that was
taken for spam, of a server that knows us no more, or of a full mailbox, the person is still there.
"""

import re
from typing import Final, NamedTuple, Self

# At the beginning, or behind what a report says first: the kind of the answer, and its reply code.
_CODE: Final = re.compile(
    r"(?:[A-Za-z0-9-]{1,40}\s?;)?\s{0,8}(?:([245]\d\d)[ -])?\s{0,8}"
    r"(?:#?([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d))?"
)

# X.1: the address; not X.1.7 and X.1.8, which are about the sender's.
_ADDRESS: Final = 1
_SENDERS: Final = frozenset({7, 8})
# X.2: the mailbox is disabled; it may also be full (X.2.2), or take no such message (X.2.3).
_MAILBOX: Final = 2
_GONE_MAILBOXES: Final = frozenset({0, 1})
# X.4: the domain is nowhere to be found.  Exchange Online says .1 of a recipient that it has not,
# and .310 of a domain; all else is about roads that may be mended.
_ROUTING: Final = 4
_GONE_ROUTES: Final = frozenset({1, 4, 310})
# Replies without an enhanced code that are about the session, our login, or the message's size.
_NOT_THE_MAILBOX: Final = frozenset({500, 501, 502, 503, 504, 521, 523, 530, 534, 535, 538, 552})
_FIRST_PERMANENT: Final = 500


class MailStatus(NamedTuple):
    """An enhanced status code (RFC 3463, 2)."""

    kind: int
    subject: int
    detail: int

    @classmethod
    def find(cls, text: str) -> Self | None:
        """The code that *text* begins with; None where there is none.

        Examples
        --------
        >>> MailStatus.find("smtp; 550-5.1.1 The account does not exist")
        MailStatus(kind=5, subject=1, detail=1)
        >>> MailStatus.find("554 5.1.1.20 is on a list")

        """
        match = _CODE.match(text)
        if match is None or match[2] is None:
            return None
        return cls(*map(int, match.groups()[1:]))

    @property
    def is_vague(self) -> bool:
        """Whether it says no more than whether it is permanent."""
        return (self.subject, self.detail) == (0, 0)

    @property
    def means_no_mailbox(self) -> bool:
        """Whether nobody is at the address, and nobody will be.

        Examples
        --------
        >>> codes = ("5.1.1", "5.2.1", "5.1.10", "5.4.4", "5.7.1", "5.2.2", "5.1.8", "4.1.1")
        >>> [code for code in codes if MailStatus.find(code).means_no_mailbox]
        ['5.1.1', '5.2.1', '5.1.10', '5.4.4']

        """
        if self.kind * 100 < _FIRST_PERMANENT:
            return False
        if self.subject == _ADDRESS:
            return self.detail not in _SENDERS
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
    match = _CODE.match(text)
    return None if match is None or match[1] is None else int(match[1])


def refuses_mailbox(reply: int, words: str, *, is_of_recipient: bool) -> bool:
    """Whether a mail server's *reply* with *words* says that nobody is at the address.

    Without an enhanced code, an answer to the recipient (`RCPT TO`) is about the mailbox, and one
    to the message as a whole is not.

    Examples
    --------
    >>> refuses_mailbox(550, "no such user", is_of_recipient=True)
    True
    >>> refuses_mailbox(554, "5.7.1 relaying denied", is_of_recipient=True)
    False
    >>> refuses_mailbox(554, "no thanks", is_of_recipient=False)
    False

    """
    if reply < _FIRST_PERMANENT:
        return False
    status = MailStatus.find(words)
    if status is not None and not status.is_vague:
        return status.means_no_mailbox
    return is_of_recipient and reply not in _NOT_THE_MAILBOX

"""What carries mails: a mail server (`smtp`), or in development files that a page shows."""

import datetime as dt
import email.policy
from email.errors import HeaderParseError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import format_datetime, parseaddr
from typing import Any, Final, Protocol

from models.account import is_mailbox, with_ascii_domain
from models.base.messages.mail import Mail
from upcoach.services.base.delivery import Undeliverable
from upcoach.services.base.mail.html_part import html_part


class ListHeader(UnstructuredHeader, BaseHeader):
    """A header of a mailing list (RFC 2369): URLs in <>, which Python's folding would encode."""

    max_count = 1

    def fold(self, *, policy: "Policy[Any]") -> str:
        """Write the URL in one line, on which a line break is no part of it."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", ListHeader)
POLICY: Final = email.policy.SMTPUTF8.clone(header_factory=_HEADERS)
# What Python's parser says of what is no address: some defects break the parser itself.
_NO_ADDRESS: Final = (HeaderParseError, ValueError, LookupError, AttributeError, TypeError)


class MailboxRefused(Undeliverable):
    """The mail server says that nobody is at the address."""


class Carrier(Protocol):
    """Sends mails."""

    async def carry(self, name: str, letter: Mail, at: dt.datetime) -> None:
        """Carry *letter* under its *name*, which is the same however often it is tried.

        Raises `MailboxRefused`, `Undeliverable`, or `CarrierAway`.
        """


def as_message(name: str, letter: Mail, sender: str, at: dt.datetime) -> EmailMessage:
    """Encode *letter* as a message (RFC 5322), or raise `Undeliverable` for a bad address."""
    message = _addressed(letter.to)
    message["From"] = sender
    # Of a name, say; a header takes no end of a line, of which there are ten, nor what looks like
    # an encoded word (RFC 2047): it would be decoded, to ends of lines, too.
    message["Subject"] = " ".join(letter.subject.split()).replace("=?", "= ?")
    message["Date"] = format_datetime(at)
    local = f"{name}.{letter.report_token}" if letter.report_token else name
    message["Message-ID"] = f"<{local}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no vacation answers to it
    if letter.unsubscribe:  # RFC 8058, 3.1: both, or none
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(html_part(letter), subtype="html")  # RFC 2046, 5.1.4: the best last
    return message


def recipient_of(message: EmailMessage) -> str:
    """The address of the only mailbox that *message* goes to."""
    [address] = message["To"].addresses
    return str(address.addr_spec)


def _addressed(email: str) -> EmailMessage:
    """An empty message to *email*, in a domain of ASCII; or raise `Undeliverable`.

    Python's parser looks at it, but for letters of other scripts before the @ (RFC 6532), which it
    does not know.  What it reads as another address, with a comment in it, say, goes to nobody.
    """
    email = with_ascii_domain(email)
    local, _, domain = email.rpartition("@")
    message = EmailMessage(policy=POLICY)
    try:
        is_foreign = not local.isascii() and is_mailbox(email)
        message["To"] = Address("", local, domain) if is_foreign else Address(addr_spec=email)
        is_same = recipient_of(message) == email
    except _NO_ADDRESS:
        raise Undeliverable from None
    if not is_same:
        raise Undeliverable
    return message

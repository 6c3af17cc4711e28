"""E-mail addresses as people mean them: which spellings are one account (RFC 5891, RFC 6531).

A domain may be written in letters of any script or in ASCII (`xn--…`), in any case; ß and ς are
letters of their own in it, as in IDNA 2008 and the non-transitional mapping of UTS #46.  The part
before the @ is compared without case.  Whether a domain exists, its mails tell.
"""

import re
import unicodedata
from typing import Final

from models.base.errors import invalid_field

LONGEST_EMAIL: Final = 254  # characters
# A mailbox as people type theirs: atoms (RFC 5322, 3.2.3) and letters of any script (RFC 6531), but
# no spaces, controls, marks of a direction, quoted strings and literal addresses.
_INVISIBLE: Final = (
    r"\x7f-\xa0\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff0-\uffff"
)
_LOCAL: Final = rf'[^\x00-\x20"(),:;<>@\[-\]{_INVISIBLE}]{{1,64}}'
_LABEL: Final = rf"[^\x00-,./:-@\[-^`{{-~{_INVISIBLE}]{{1,63}}"
# What nobody sees, beside the category Cf; in a domain two joiners are letters of some scripts.
_UNSEEN: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_ENCODED: Final = "=?"  # what a header's encoded word begins with (RFC 2047, 2)
MAILBOX: Final = rf"^{_LOCAL}@{_LABEL}(?:\.{_LABEL})+\Z"
_LONGEST_LABEL: Final = 63  # of a domain, in ASCII
_ACE: Final = "xn--"
# In no label, though Punycode can write it: halves of pairs, which are no text, and full stops.
_NO_LABEL: Final = re.compile("[\ud800-\udfff\u3002\uff0e\uff61]")
_NO_JOINERS: Final = str.maketrans("", "", "\u200c\u200d")
_DOTS: Final = str.maketrans("\u3002\uff0e\uff61", "...")
# What the mapping leaves out: soft hyphens, variation selectors, joiners at no place of their own.
_IGNORED: Final = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)))


def normalised_email(email: str) -> str:
    """Normalise an e-mail address, so that two spellings of it are the same account.

    What is longer than an address is cut: to put many marks in order takes time by the square, and
    nobody has looked at *email* yet.

    Examples
    --------
    >>> normalised_email("Ada@Stra\u00dfe.example") == normalised_email("ada@xn--strae-oqa.example")
    True
    >>> normalised_email("ada@stra\u00dfe.example") == normalised_email("ada@strasse.example")
    False

    """
    local, at, domain = email[:LONGEST_EMAIL].rpartition("@")
    return unicodedata.normalize("NFKC", local).casefold() + at + _domain(domain)


def is_mailbox(email: str) -> bool:
    """Whether *email* is an address as one may be given to an account today.

    Examples
    --------
    >>> is_mailbox("o'hara+x@stra\u00dfe.example"), is_mailbox("<ada@example.org>")
    (True, False)

    """
    if len(email) > LONGEST_EMAIL or re.match(MAILBOX, email) is None or _ENCODED in email:
        return False
    local, _, domain = email.rpartition("@")
    if not (_is_plain(local) and _is_seen(local + domain.translate(_NO_JOINERS))):
        return False
    # What a domain stands for in ASCII may have spaces and dots that its letters do not show.
    sent = with_ascii_domain(email)
    return len(sent) <= LONGEST_EMAIL and re.match(MAILBOX, sent) is not None


def _is_plain(local: str) -> bool:
    """Whether *local* has dots in between only, and no letters for which an account has others.

    Another spelling of the same account would be somebody else's mailbox.
    """
    is_itself = unicodedata.normalize("NFKC", local) == local and local.casefold() == local.lower()
    return is_itself and "" not in local.split(".")


def _is_seen(text: str) -> bool:
    return _UNSEEN.search(text) is None and all(unicodedata.category(one) != "Cf" for one in text)


def check_mailbox(email: str) -> None:
    """Raise `Invalid` for the field `email` unless it is an address of today (`is_mailbox`)."""
    if not is_mailbox(email):
        words = "No mail can be sent to this address. Check how it is written."
        raise invalid_field("/email", "email_invalid", words)


def with_ascii_domain(email: str) -> str:
    """*email* with its domain in ASCII, which every mail server takes (RFC 5891, 4).

    Examples
    --------
    >>> with_ascii_domain("Ada@Stra\u00dfe.example")
    'Ada@xn--strae-oqa.example'

    """
    local, at, domain = email.rpartition("@")
    if domain.isascii():
        return email
    return local + at + ".".join(map(_to_ascii, _domain(domain).split(".")))


def former_spellings(email: str) -> tuple[str, ...]:
    """What earlier builds may have normalised *email* to, the most likely first."""
    local, at, domain = normalised_email(email).rpartition("@")
    folded = unicodedata.normalize("NFKC", email[:LONGEST_EMAIL]).casefold()
    encoded = ".".join(map(_to_ascii, domain.split(".")))
    return tuple(dict.fromkeys((folded, local + at + domain.casefold(), local + at + encoded)))


def _domain(domain: str) -> str:
    if domain.isascii() and _ACE not in domain.lower():
        return domain.lower()
    mapped = _mapped(domain.translate(_DOTS))
    return ".".join(map(_to_unicode, mapped.split(".")))


def _mapped(text: str) -> str:
    """*text* composed and in lower case, letter by letter: a Greek word's end changes nothing."""
    composed = unicodedata.normalize("NFKC", text.translate(_IGNORED))
    lower = "".join(letter.lower() for letter in composed)
    return unicodedata.normalize("NFKC", lower)


def _to_unicode(label: str) -> str:
    """A label in letters, where it is one in ASCII that stands for such."""
    if not label.startswith(_ACE) or not label.isascii() or len(label) > _LONGEST_LABEL:
        return label
    try:
        decoded = label[len(_ACE) :].encode().decode("punycode")
    except UnicodeError:
        return label
    if _NO_LABEL.search(decoded) or _mapped(decoded) != decoded or _to_ascii(decoded) != label:
        return label
    return decoded


def _to_ascii(label: str) -> str:
    if label.isascii():
        return label
    return _ACE + label.encode("punycode").decode()

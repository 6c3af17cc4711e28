"""The words about an addition, for mails and pages.

Names are the words of strangers: they stand in quotes, where they cannot say anything or lead
anywhere, and never in a subject.
"""

from typing import Final

from models.account import NEVER, Addition, AdditionDetails, WayName, quoted
from models.base.time import day_in_words, moment_in_words

# A subject, and a sentence with a place for the name.
_WORDS: Final[dict[WayName, tuple[str, str]]] = {
    "totp": (
        "An authenticator app was added to your account",
        "An authenticator app was added to your UpCoach account.",
    ),
    "passkey": (
        "A passkey was added to your account",
        "A passkey{name} was added to your UpCoach account. Whoever has it can log in.",
    ),
    "recovery codes": (
        "You have new recovery codes",
        "Your UpCoach account has new recovery codes, and the old ones no longer work.",
    ),
    "identity": (
        "You can log in with {title}",
        "{title}{name} was added to your UpCoach account, as a way to log in.",
    ),
    "coach": (
        "You have a coach",
        "You have a coach{name} at UpCoach now, who sees when you are there, and what you share.",
    ),
    "client": (
        "You have a client",
        "You have a client{name} at UpCoach now, who sees when you are there.",
    ),
    "share": (
        "You share with a coach",
        "A coach{name} can now see some of what you keep at UpCoach{allows}.",
    ),
    "entry share": (
        "You share a journal entry with a coach",
        "A coach{name} can now read one of your journal entries at UpCoach{entry}.",
    ),
    "grant": (
        "You gave an app access to your account",
        "A third-party app{name} now has access to your UpCoach account.{may}",
    ),
    "webhook": (
        "Changes of your account are sent to another server",
        "What changes in your UpCoach account is now sent to another server{name} as a webhook.",
    ),
}
_OPERATOR: Final = ", by an operator of UpCoach on your behalf"


def subject(added: Addition) -> str:
    """The subject of the mail about an addition."""
    return _WORDS[added.way][0].format(title=added.title)


def sentences(added: Addition, details: AdditionDetails) -> tuple[str, ...]:
    """Sentences about an addition: what, when, from where, and from when it counts."""
    name, allows = quoted(details.name), "; ".join(details.allows)
    what = _WORDS[added.way][1].format(
        title=added.title,
        name=f", {name}," if name else "",
        allows=f": {allows}" if allows else "",
        may=f" It may {allows}." if allows else "",
        entry=_entry(details),
    )
    side = ", on your side" if added.way in ("coach", "client") else ","
    who = _OPERATOR if added.by_operator else _device(details, side)
    when = f"That was on {moment_in_words(added.since)}{who}."
    parts = (what, when, _counts(added))
    return tuple(filter(None, parts))


def _entry(details: AdditionDetails) -> str:
    parts = [f", of {day_in_words(details.day)}" if details.day else ""]
    parts += [f", until {moment_in_words(details.until)}" if details.until else ""]
    return "".join(parts)


def _device(details: AdditionDetails, side: str) -> str:
    name = quoted(details.device)
    if name:
        return f"{side} from a device that calls itself {name}"
    return f"{side} from {details.app}" if details.app else ""


def _counts(added: Addition) -> str:
    if added.counts_from is None:
        return ""
    if added.counts_from == NEVER:
        return "It becomes active once you confirm it, which also confirms this address."
    return (
        f"It becomes active on {moment_in_words(added.counts_from)}, or as soon as you confirm it."
    )

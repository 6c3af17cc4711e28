"""The links in mails: a token that can be used once, at a page of ours.

Following a link shows a page and uses nothing up, because mail servers follow links, too; the form
on that page does.
"""

from typing import Final

from models.base.errors import Invalid

VERIFY: Final = "/account/verify"
RESET: Final = "/account/reset"
CHANGE_EMAIL: Final = "/account/email"
UNDO_EMAIL_CHANGE: Final = "/account/email/undo"
CONFIRM: Final = "/account/added"
DISOWN: Final = "/account/added/not-me"
FORGOT: Final = "/account/forgot"


class MailLinks:
    """Links to the pages of this installation."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def to(self, path: str, token: str = "") -> str:
        """The link to *path* with *token*, which needs no URL encoding."""
        return f"{self._issuer}{path}" + (f"?token={token}" if token else "")


def link_over() -> Invalid:
    """The refusal of a link that was used, has ended, was replaced, or never was."""
    return Invalid("link_over", "This link was already used, or has expired. Ask for a new one.")


def only_link_over() -> Invalid:
    """The same of a link for which nobody can ask again."""
    return Invalid(
        "link_over", "This link was already used, or has expired. It cannot be sent again."
    )

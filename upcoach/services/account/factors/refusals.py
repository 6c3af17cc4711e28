"""Refusals of second factors."""

import datetime as dt

from models.account.factors import NEVER
from models.base.errors import Conflict, Forbidden
from models.base.time import moment_in_words


def factor_wrong() -> Forbidden:
    """The refusal of a factor that is wrong, used, or not enrolled: they look the same."""
    return Forbidden("factor_wrong", "This code or passkey is wrong, or was already used.")


def factor_waiting(since: dt.datetime) -> Forbidden:
    """The refusal of a passkey that is right and counts *since* a moment to come."""
    return Forbidden(
        "factor_waiting", f"This passkey does not count yet. {what_ends_waiting(since)}"
    )


def what_ends_waiting(since: dt.datetime) -> str:
    """The advice for a factor that counts *since* a moment to come."""
    click = "Say that it was you who added it, by the link in the mail that we sent then"
    if since == NEVER:
        return (
            f"{click}. If that link is over, show that the address is yours, by the link that the "
            "app sends you, then remove this and add it again."
        )
    return f"{click}, or wait until {moment_in_words(since)}."


def not_enrolled() -> Conflict:
    """The refusal of what needs a second factor where there is none."""
    return Conflict("factor_missing", "This account has no such second factor.")

"""How a factor is refused."""

from models.errors import Conflict, Forbidden


def factor_wrong() -> Forbidden:
    """The refusal of a factor that is wrong, used, or not enrolled: they look the same."""
    return Forbidden("factor_wrong", "This is not right, or it was used already.")


def factor_waiting() -> Forbidden:
    """The refusal of a passkey that is right and does not count yet."""
    return Forbidden(
        "factor_waiting",
        "This passkey does not count yet. Say that it was you who added it, by the link in the "
        "mail that we sent then, or wait.",
    )


def not_enrolled() -> Conflict:
    """The refusal of what needs a second factor where there is none."""
    return Conflict("factor_missing", "There is no such second factor on this account.")

"""How a factor is refused."""

from models.errors import Conflict, Forbidden


def factor_wrong() -> Forbidden:
    """The refusal of a factor that is wrong, used, or not enrolled: they look the same."""
    return Forbidden("factor_wrong", "This is not right, or it was used already.")


def not_enrolled() -> Conflict:
    """The refusal of what needs a second factor where there is none."""
    return Conflict("factor_missing", "There is no such second factor on this account.")

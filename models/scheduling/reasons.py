"""The reasons for which a time cannot be booked, in words."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from models.scheduling.slots import Reason

WORDS: Final = MappingProxyType[Reason, str](
    {
        "past": "It has passed.",
        "notice_too_short": "The coach wants to know of a session earlier than that.",
        "beyond_horizon": "The coach cannot be booked that far ahead yet.",
        "outside_hours": "It is not within the hours in which the coach can be booked.",
        "off_grid": "The coach's sessions begin at other times.",
        "booked": "The coach has something else then.",
        "held": "Somebody else is about to book it.",
        "own_conflict": "You have something else then.",
        "day_full": "The coach has no more sessions on that day.",
        "week_full": "The coach has no more sessions in that week.",
    }
)


def words_of(reasons: Sequence[Reason]) -> str:
    """*reasons* as sentences.

    Examples
    --------
    >>> words_of(("off_grid", "day_full"))
    "The coach's sessions begin at other times. The coach has no more sessions on that day."

    """
    return " ".join(WORDS[reason] for reason in reasons)

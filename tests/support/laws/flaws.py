"""Invalid values of fields that many kinds have."""

from typing import Any, Final

OPERATOR: Final = {"$gt": ""}
ZONES = tuple(
    ({"tz": tz}, "/tz") for tz in ("Mars/Olympus", "", "../etc/passwd", "x" * 5000, OPERATOR)
)

# Of reminders before something that has a date.
_MINUTES: Final = "reminder_minutes_before"
MINUTES: Final = (
    ({_MINUTES: 60}, f"/{_MINUTES}"),
    ({_MINUTES: [-1]}, f"/{_MINUTES}/0"),
    ({_MINUTES: [28 * 24 * 60 + 1]}, f"/{_MINUTES}/0"),
    ({_MINUTES: [0, 1.5]}, f"/{_MINUTES}/1"),
    ({_MINUTES: ["60"]}, f"/{_MINUTES}/0"),
    ({_MINUTES: [60, 30, 60]}, f"/{_MINUTES}/2"),
    ({_MINUTES: [1, 2, 3, 4, 5, 6]}, f"/{_MINUTES}"),
    ({_MINUTES: OPERATOR}, f"/{_MINUTES}"),
)


def labels(field: str, most: int, longest: int = 50) -> tuple[tuple[Any, str], ...]:
    """What is wrong with a list of labels in a *field*."""
    return (
        ({field: "x"}, f"/{field}"),
        ({field: [""]}, f"/{field}/0"),
        ({field: ["a", " \t"]}, f"/{field}/1"),
        ({field: ["x" * (longest + 1)]}, f"/{field}/0"),
        ({field: [str(n) for n in range(most + 1)]}, f"/{field}"),
        ({field: [OPERATOR]}, f"/{field}/0"),
        ({field: [["x"]]}, f"/{field}/0"),
    )


KEPT = (
    ({"owner": "usr_1"}, "/owner"),
    ({"version": 9}, "/version"),
    ({"words": ["x"]}, "/words"),
    ({"_id": "x"}, "/_id"),
    ({"$set": {"title": "x"}}, "/$set"),
)

"""An export of Habitica."""

import datetime as dt

from models.base.merge_patch import Json

WEEK = dict.fromkeys(("su", "m", "t", "w", "th", "f", "s"), False)


def at(day: int, hour: int = 12) -> int:
    """Milliseconds since 1970 of an hour of a day in March 2026 (UTC)."""
    return int(dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC).timestamp() * 1000)


GAME: Json = {
    "tasks": {
        "habits": [
            {
                "_id": "h1",
                "text": "Drink water",
                "up": True,
                "down": False,
                "history": [
                    {"date": at(2), "value": 1, "scoredUp": 3, "scoredDown": 0},
                    {"date": at(3), "value": 1, "scoredUp": 1, "scoredDown": 0},
                ],
            }
        ],
        "dailys": [
            {
                "_id": "d1",
                "text": "Read",
                "notes": "ten pages",
                "frequency": "weekly",
                "everyX": 1,
                "repeat": WEEK | {"m": True, "w": True},
                "startDate": "2026-03-01T00:00:00.000Z",
                "history": [
                    {"date": at(2), "value": 1, "completed": True, "isDue": True},
                    {"date": at(5, 8), "value": 0, "completed": False, "isDue": True},
                    {"date": at(1), "value": 0},
                ],
            }
        ],
        "todos": [
            {
                "_id": "t1",
                "text": "File taxes",
                "date": "2026-05-31T12:00:00.000Z",
                "checklist": [{"text": "Find receipts", "completed": True}],
                "tags": ["g1"],
            },
            {
                "_id": "t2",
                "text": "Call mother",
                "completed": True,
                "dateCompleted": "2026-03-04T18:00:00.000Z",
            },
        ],
        "rewards": [{"_id": "r1", "text": "Cake"}],
    },
    "tags": [{"id": "g1", "name": "money"}],
    "preferences": {"dayStart": 4},
    "stats": {"hp": 50},
}

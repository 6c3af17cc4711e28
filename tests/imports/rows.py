"""What the laws try of imports."""

from tests.support.laws.context import ContextRows, Flaws

HABITICA = "/v1/imports/habitica"

FLAWED: Flaws = {
    ("POST", HABITICA): (
        {"tasks": {"habits": [{"_id": "h", "text": "Walk"}]}},
        [
            ({"tasks": None}, "/tasks"),
            ({"tasks": {"dailys": {}}}, "/tasks/dailys"),
            ({"preferences": 24}, "/preferences"),
            ({"tags": "money"}, "/tags"),
        ],
    ),
}

ROWS = ContextRows(
    name="imports",
    alone=frozenset(
        {
            *(
                ("POST", f"/v1/imports/{name}")
                for name in ("loop", "dayone", "habitica", "daylio", "streaks")
            ),
            *(
                ("POST", f"/v1/imports/csv/{kind}")
                for kind in ("habits", "journal", "moods", "tasks")
            ),
        }
    ),
    flawed=FLAWED,
)

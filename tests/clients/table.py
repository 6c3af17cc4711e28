"""The table of the client's state machine as `docs/client.md` shows it.

`python -m tests.clients.table` writes it anew; a test compares.
"""

import re

from tests.support.generated_page import GeneratedPage
from upcoach.client.machine import ACTIONS, EVENTS, STATES, TABLE, Cell, ClientEvent, State

PAGE = GeneratedPage("client.md")
STAYS = "(stays)"

Cells = dict[tuple[str, str], tuple[str, tuple[str, ...]]]


def sections() -> dict[str, str]:
    """What the table makes of each part."""
    return {
        "states": _list("State", {str(state): words for state, words in STATES.items()}),
        "events": _list("Event", {str(event): words for event, words in EVENTS.items()}),
        "actions": _list("Action", {str(action): words for action, words in ACTIONS.items()}),
        "table": _table(),
    }


def documented_cells() -> Cells:
    """Every cell as the page has it; what no line names stays, and does nothing."""
    cells: Cells = {(state, event): (state, ()) for state in State for event in ClientEvent}
    for line in PAGE.section("table").splitlines()[2:]:
        event, states, following, actions = (part.strip() for part in line.strip("|").split("|"))
        for state in states.split(", "):
            wanted = state if following == STAYS else following
            cells[state, event.strip("`")] = (wanted, tuple(re.findall("[a-z_]+", actions)))
    return cells


def _list(head: str, words: dict[str, str]) -> str:
    lines = [f"| `{name}` | {text} |" for name, text in words.items()]
    return "\n".join((f"| {head} | |", "|---|---|", *lines))


def _table() -> str:
    lines = ["| Event | In | Next | Actions |", "|---|---|---|---|"]
    for event in ClientEvent:
        alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for state in State:
            cell = TABLE[state][event]
            if cell != Cell(state):
                following = STAYS if cell.state is state else str(cell.state)
                alike.setdefault((following, cell.actions), []).append(str(state))
        for (following, actions), states in alike.items():
            cells = (f"`{event}`", ", ".join(states), following, ", ".join(actions))
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write(sections())

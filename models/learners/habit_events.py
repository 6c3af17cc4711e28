"""What events say to the learner: of which day an entry is, and when somebody is away."""

import datetime as dt
from typing import Final

import msgspec

from models.base.merge_patch import merged
from models.learners.habit_state import HabitKey, Pause
from models.wire.frames import Ev

PAUSES: Final = 500  # vacations of one person that are known: those that end last


def habit_and_day(event: Ev) -> tuple[HabitKey, dt.date]:
    """The habit and the day of an event of an entry."""
    habit, _, day = event.id.rpartition("/")
    return (event.f, habit), dt.date.fromisoformat(day)


def apply_vacation(vacations: dict[str, Pause], event: Ev) -> None:
    """Apply an event of a vacation that is made, moved or deleted to those of its owner, by id."""
    if event.type.endswith("deleted"):
        vacations.pop(event.id, None)
        return
    before = vacations.get(event.id)
    fields = event.doc or merged(msgspec.to_builtins(before), event.patch or {})
    vacations[event.id] = msgspec.convert(fields, Pause)
    if len(vacations) > PAUSES:
        del vacations[min(vacations, key=lambda id_: vacations[id_].last)]

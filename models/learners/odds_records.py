"""The kinds of records that the state of `HabitOdds` is made of, and their decoders."""

import datetime as dt
from typing import Any, Final

from msgspec.msgpack import Decoder

from models.learners.habit_state import HabitKey, HabitState, Pause
from models.learners.population import Person, PopulationState

HEAD, PERSON, HABIT, TOUCHED, VACATIONS, REPAUSED, STALE = range(7)

head: Final = Decoder(tuple[int, dt.datetime | None, PopulationState])
ENTRIES: Final[dict[int, Decoder[tuple[Any, Any]]]] = {
    PERSON: Decoder(tuple[str, Person]),
    HABIT: Decoder(tuple[HabitKey, HabitState]),
    TOUCHED: Decoder(tuple[HabitKey, None]),
    VACATIONS: Decoder(tuple[str, dict[str, Pause]]),
    REPAUSED: Decoder(tuple[str, dt.datetime]),
    STALE: Decoder(tuple[HabitKey, dt.datetime]),
}

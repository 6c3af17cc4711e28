"""The kinds of records that the state of `HabitOdds` is made of, and their decoders."""

import datetime as dt
from typing import Final

from msgspec.msgpack import Decoder

from models.learners.habit_state import HabitState, Pause
from models.learners.population import Person, PopulationState

HEAD, PERSON, HABIT, TOUCHED, VACATIONS, REPAUSED, STALE = range(7)

head: Final = Decoder(tuple[int, dt.datetime | None, PopulationState])
person: Final = Decoder(tuple[str, Person])
habit: Final = Decoder(tuple[str, HabitState])
touched: Final = Decoder(tuple[str, str])
vacations: Final = Decoder(tuple[str, dict[str, Pause]])
moment: Final = Decoder(tuple[str, dt.datetime])

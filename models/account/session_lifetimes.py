"""How long sessions last, by what they are for."""

import datetime as dt
from typing import Final, Literal

import msgspec

SessionKind = Literal["mobile", "web", "remembered", "coach", "admin", "partner", "visit"]


class Lifetime(msgspec.Struct, frozen=True):
    """The lifetime of a session: absolute, and idle."""

    whole: dt.timedelta
    idle: dt.timedelta


LIFETIMES: Final[dict[SessionKind, Lifetime]] = {
    "mobile": Lifetime(dt.timedelta(days=90), dt.timedelta(days=30)),
    "web": Lifetime(dt.timedelta(hours=12), dt.timedelta(hours=2)),
    "remembered": Lifetime(dt.timedelta(days=14), dt.timedelta(hours=24)),
    "coach": Lifetime(dt.timedelta(hours=24), dt.timedelta(hours=2)),
    "admin": Lifetime(dt.timedelta(hours=8), dt.timedelta(minutes=15)),
    "partner": Lifetime(dt.timedelta(days=90), dt.timedelta(days=30)),
    "visit": Lifetime(dt.timedelta(hours=1), dt.timedelta(hours=1)),  # an app that will not return
}

"""What is taken of a coach's time and of a client's, from the documents that say so."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from models.base.time import DAY, WEEK, week_of
from models.scheduling import (
    AHEAD,
    CoachingSession,
    Interval,
    SessionStatus,
    SlotHold,
    Taken,
)
from upcoach.store.base.conditions import OneOf, Range
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Listing

MOST: Final = 10_000  # documents of a kind and a person that a span has
_EDGE: Final = (
    2 * DAY
)  # a week begins up to a day earlier or later elsewhere, and sessions are long

# Those that count against the limits of a day and a week.
_COUNTED: Final[frozenset[SessionStatus]] = frozenset(
    {"pending", "confirmed", "in_progress", "completed", "no_show"}
)


class Agendas(NamedTuple):
    """The documents that say what is taken: of a coach, and of who asks."""

    sessions: Sequence[CoachingSession] = ()
    holds: Sequence[SlotHold] = ()
    own: Sequence[CoachingSession] = ()


class Asker(NamedTuple):
    """Who asks a coach for a time, and the session that is to be moved, if any."""

    coach: str
    user: str
    session: str = ""

    def taken(self, agendas: Agendas, at: dt.datetime) -> Taken:
        """What is taken at the moment *at*: all but what the asker has already."""
        sessions = [one for one in agendas.sessions if one.id != self.session]
        holds = [hold for hold in agendas.holds if hold.client != self.user and hold.holds(at)]
        given = [one for one in sessions if one.role == "coach"]
        return Taken(
            booked=_busy(sessions),
            held=[(hold.blocked_from, hold.blocked_to) for hold in holds],
            own=_busy(one for one in agendas.own if one.id != self.session),
            starts=[
                *(one.starts_at for one in given if one.status in _COUNTED),
                *(hold.starts_at for hold in holds),
            ],
        )


def listings(asker: Asker, span: Interval) -> tuple[Listing, ...]:
    """What a write lists that decides about times in *span*."""
    others = () if asker.user == asker.coach else (asker.user,)
    return (
        *(
            Listing(CoachingSession, owner, {"owner": owner, "starts_at": around(span)})
            for owner in (asker.coach, *others)
        ),
        Listing(SlotHold, asker.coach, {"owner": asker.coach}),
    )


def ahead(asker: Asker) -> Listing:
    """The sessions of the asker's with the coach that are still to be, of which there are few."""
    where = {"owner": asker.user, "other": asker.coach, "status": OneOf(tuple(sorted(AHEAD)))}
    return Listing(CoachingSession, asker.user, where)


def listed(changes: WriteContext, asker: Asker) -> Agendas:
    """What a write has listed."""
    own = () if asker.user == asker.coach else changes.all(CoachingSession, asker.user)
    return Agendas(
        changes.all(CoachingSession, asker.coach), changes.all(SlotHold, asker.coach), own
    )


async def read(documents: Documents, asker: Asker, span: Interval) -> Agendas:
    """The same, read outside of a write."""
    wanted = Selection(order="starts_at", span=around(span), limit=MOST)
    holds = Selection(order="starts_at", limit=MOST)
    own: list[CoachingSession] = []
    if asker.user != asker.coach:
        own = await documents.select(CoachingSession, asker.user, wanted)
    return Agendas(
        await documents.select(CoachingSession, asker.coach, wanted),
        await documents.select(SlotHold, asker.coach, holds),
        own,
    )


def around(span: Interval) -> Range:
    """The moments of all whole weeks that *span* touches, in whatever zone.

    They are the same for all spans within a week, so that writes that ask for them share a query.
    """
    first, last = (week_of(moment.astimezone(dt.UTC).date())[0] for moment in span)
    midnight = dt.time(tzinfo=dt.UTC)
    return Range(
        first=dt.datetime.combine(first, midnight) - _EDGE,
        last=dt.datetime.combine(last, midnight) + WEEK + _EDGE,
    )


def _busy(sessions: Iterable[CoachingSession]) -> list[Interval]:
    """When somebody is busy with *sessions*, as the coach or the client of each."""
    return [
        (session.blocked_from, session.blocked_to)
        if session.role == "coach"
        else (session.starts_at, session.ends_at)
        for session in sessions
        if session.blocks
    ]

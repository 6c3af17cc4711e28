"""What is taken of a coach's time and of a client's, from the documents that say so."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from models.account import User
from models.base.document import Document
from models.base.time import DAY, WEEK, week_of
from models.calendar import CalendarEvent, busy_times
from models.scheduling import (
    AHEAD,
    CoachingSession,
    Interval,
    SessionStatus,
    SlotHold,
    Taken,
)
from upcoach.services.calendar import overlapping, selection
from upcoach.store.base.conditions import OneOf, Range
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Listing, Ref

MOST: Final = 10_000  # documents of a kind and a person that a span has
_EDGE: Final = (
    2 * DAY
)  # a week begins up to a day earlier or later elsewhere, and sessions are long

# Those that count against the limits of a day and a week.
_COUNTED: Final[frozenset[SessionStatus]] = frozenset(
    {"pending", "confirmed", "in_progress", "completed", "no_show"}
)


class Agendas(NamedTuple):
    """The documents that say what is taken: of a coach, and of who asks.

    The *busy* times are those of events in their calendars.
    """

    sessions: Sequence[CoachingSession] = ()
    holds: Sequence[SlotHold] = ()
    own: Sequence[CoachingSession] = ()
    busy: Sequence[Interval] = ()
    own_busy: Sequence[Interval] = ()


class Asker(NamedTuple):
    """Who asks a coach for a time, and the session that is to be moved, if any."""

    coach: str
    user: str
    session: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Both, or the one who is both."""
        return tuple(dict.fromkeys((self.coach, self.user)))

    @property
    def accounts(self) -> tuple[Ref, ...]:
        """Their accounts, which tell where they are."""
        return tuple(Ref(User, person, person) for person in self.people)

    def taken(self, agendas: Agendas, at: dt.datetime) -> Taken:
        """What is taken at the moment *at*: all but what the asker has already."""
        sessions = [one for one in agendas.sessions if one.id != self.session]
        holds = [hold for hold in agendas.holds if hold.client != self.user and hold.holds(at)]
        given = [one for one in sessions if one.role == "coach"]
        return Taken(
            booked=[*_busy(sessions), *agendas.busy],
            held=[(hold.blocked_from, hold.blocked_to) for hold in holds],
            own=[*_busy(one for one in agendas.own if one.id != self.session), *agendas.own_busy],
            starts=[
                *(one.starts_at for one in given if one.status in _COUNTED),
                *(hold.starts_at for hold in holds),
            ],
        )


def listings(asker: Asker, span: Interval) -> tuple[Listing, ...]:
    """What a write lists that decides about times in *span*."""
    around = weeks_of(span)
    begun = Range(first=around[0], last=around[1])
    return (
        *(
            listing
            for owner in asker.people
            for listing in (
                Listing(CoachingSession, owner, {"owner": owner, "starts_at": begun}),
                Listing(CalendarEvent, owner, {"owner": owner, **overlapping(*around)}),
            )
        ),
        Listing(SlotHold, asker.coach, {"owner": asker.coach}),
    )


def ahead(asker: Asker) -> Listing:
    """The sessions of the asker's with the coach that are still to be, of which there are few."""
    where = {"owner": asker.user, "other": asker.coach, "status": OneOf(tuple(sorted(AHEAD)))}
    return Listing(CoachingSession, asker.user, where)


def listed(changes: WriteContext, asker: Asker, span: Interval) -> Agendas:
    """What a write has listed."""
    accounts = {account.id: account for account in changes.find_refs(asker.accounts)}
    by_owner = {
        owner: (
            changes.all(CoachingSession, owner),
            _events(changes.all(CalendarEvent, owner), span, accounts.get(owner)),
        )
        for owner in asker.people
    }
    return _agendas(asker, by_owner, changes.all(SlotHold, asker.coach))


async def read(documents: Documents, asker: Asker, span: Interval) -> Agendas:
    """The same, read outside of a write."""
    around = weeks_of(span)
    wanted = Selection(order="starts_at", span=Range(first=around[0], last=around[1]), limit=MOST)
    accounts = await documents.state(asker.accounts)
    by_owner = {}
    for ref in asker.accounts:
        sessions = await documents.select(CoachingSession, ref.owner, wanted)
        events = await documents.select(CalendarEvent, ref.owner, selection(*around))
        by_owner[ref.owner] = (sessions, _events(events, span, accounts[ref]))
    holds = await documents.select(SlotHold, asker.coach, Selection(order="starts_at", limit=MOST))
    return _agendas(asker, by_owner, holds)


def weeks_of(span: Interval) -> Interval:
    """All of the weeks that *span* touches, in whatever zone.

    They are the same for all spans within a week, so that writes that ask for them share a query.
    """
    first, last = (week_of(moment.astimezone(dt.UTC).date())[0] for moment in span)
    midnight = dt.time(tzinfo=dt.UTC)
    begin = dt.datetime.combine(first, midnight) - _EDGE
    return begin, dt.datetime.combine(last, midnight) + WEEK + _EDGE


def _agendas(
    asker: Asker,
    by_owner: Mapping[str, tuple[Sequence[CoachingSession], Sequence[Interval]]],
    holds: Sequence[SlotHold],
) -> Agendas:
    sessions, busy = by_owner[asker.coach]
    own, own_busy = ((), ()) if asker.user == asker.coach else by_owner[asker.user]
    return Agendas(sessions, holds, own, busy, own_busy)


def _events(
    events: Iterable[CalendarEvent], span: Interval, account: Document | None
) -> list[Interval]:
    """When somebody is busy with *events* around *span*."""
    tz = account.tz if isinstance(account, User) else "UTC"
    return busy_times(events, span[0] - DAY, span[1] + DAY, tz)


def _busy(sessions: Iterable[CoachingSession]) -> list[Interval]:
    """When somebody is busy with *sessions*, as the coach or the client of each."""
    return [
        (session.blocked_from, session.blocked_to)
        if session.role == "coach"
        else (session.starts_at, session.ends_at)
        for session in sessions
        if session.blocks
    ]

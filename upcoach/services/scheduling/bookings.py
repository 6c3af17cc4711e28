"""Holds, bookings and moves: each takes a time of a coach's in one write.

The write lists the sessions and holds around the time, asks `BookingRules` as whoever lists the
coach's times does, and writes both copies.  Two that take the same time cannot both have read the
feed of their coach as it is: the second begins again, and finds it taken.
"""

import datetime as dt
from typing import Final, NamedTuple, TypeVar

import msgspec

from models.access.scope import Scope
from models.account import User
from models.base.document import Document
from models.base.errors import Conflict, invalid_field
from models.base.time import check_date, to_stored
from models.scheduling import (
    AHEAD,
    LIFE,
    MOST_AHEAD,
    Availability,
    BookingRules,
    CoachingSession,
    HoldDraft,
    Interval,
    MoveDraft,
    NewSession,
    SessionType,
    SlotHold,
    hold_id,
)
from models.scheduling.reasons import words_of
from models.scheduling.transitions import Participant, SessionTime, booked, moved, require_movable
from upcoach.services.base.resources import deletion_outcome, write_outcome
from upcoach.services.scheduling.agenda import Asker, ahead, listed, listings
from upcoach.services.scheduling.offers import (
    availability_ref,
    offer_refs,
    require_offer,
    session_type_of,
)
from upcoach.services.scheduling.sides import kept, side_ref, sides_of
from upcoach.services.scheduling.slots import Slots
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import not_found
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Listing, Ref
from upcoach.store.write.requests import Decide, Mutation, Write

D = TypeVar("D", bound=Document)

UNAVAILABLE: Final = "slot_unavailable"
_INSTANT: Final = dt.timedelta(milliseconds=1)
_MINUTE: Final = dt.timedelta(minutes=1)


class Wish(NamedTuple):
    """The time that somebody wants a session of some type to begin at."""

    asker: Asker
    starts_at: dt.datetime

    @property
    def span(self) -> Interval:
        """The span that holds this moment and no other."""
        return self.starts_at, self.starts_at + _INSTANT


class Bookings:
    """Takes times of coaches."""

    def __init__(self, documents: Documents, committer: Committer, slots: Slots) -> None:
        self._documents = documents
        self._committer = committer
        self._slots = slots

    async def hold(
        self, scope: Scope, draft: HoldDraft, mutation: Mutation | None = None
    ) -> WriteResult[SlotHold]:
        """Keep a time free for the caller for five minutes, in the place of what they held."""
        wish = Wish(Asker(draft.coach, scope.user), _checked(draft.starts_at))
        ref = _hold_ref(wish.asker)

        def decide(changes: WriteContext) -> Outcome[SlotHold]:
            availability, session_type = _offer(changes, wish.asker, draft.type)
            time = _granted(changes, wish, availability, session_type)
            hold = _hold(wish.asker, draft.type, time, changes.at)
            before = changes.find(SlotHold, ref.owner, ref.id)
            if before is None:
                return write_outcome("created", changes.create(hold))
            return write_outcome("updated", changes.update(before, before.moved(hold, changes.at)))

        return await self._take(scope, wish, draft.type, (ref,), decide, mutation)

    async def release(
        self, scope: Scope, coach: str, mutation: Mutation | None = None
    ) -> WriteResult[None]:
        """Give back what the caller holds of *coach*."""
        ref = _hold_ref(Asker(coach, scope.user))

        def decide(changes: WriteContext) -> Outcome[None]:
            hold = changes.find(SlotHold, ref.owner, ref.id)
            if hold is None or not hold.holds(changes.at):
                raise not_found()
            changes.delete(hold)
            return deletion_outcome(hold)

        await self._slots.availability(coach, scope.user)
        write = Write(scope=scope, reads=(ref,), decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    async def book(
        self, scope: Scope, draft: NewSession, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Book a session with a coach."""
        coach = draft.coach
        wish = Wish(Asker(coach, scope.user), _checked(draft.starts_at))
        if coach == scope.user:
            raise invalid_field("/coach", "coach_oneself", "Nobody books a session with oneself.")
        both = Ref(CoachingSession, coach, draft.id), side_ref(scope, draft.id)

        def decide(changes: WriteContext) -> Outcome[CoachingSession]:
            if any(changes.holds(*ref) for ref in both):
                raise Conflict("id_taken", "There is already a session with this id.")
            availability, session_type = _offer(changes, wish.asker, draft.type)
            _require_few(changes, wish.asker)
            time = _granted(changes, wish, availability, session_type)
            sides = booked(
                draft,
                availability,
                session_type,
                time,
                (_person(changes, coach), _person(changes, scope.user)),
                changes.at,
            )
            _drop_hold(changes, wish.asker)
            changes.create(sides.coach)
            return write_outcome("created", changes.create(sides.client))

        reads = (*both, _hold_ref(wish.asker))
        few = (ahead(wish.asker),)
        return await self._take(scope, wish, draft.type, reads, decide, mutation, few)

    async def move(
        self, scope: Scope, name: str, draft: MoveDraft, mutation: Mutation | None = None
    ) -> WriteResult[CoachingSession]:
        """Move a session to another time, which takes as long as it did."""
        session = await self._documents.get(CoachingSession, scope.user, name)
        wish = Wish(Asker(session.coach, session.client, name), _checked(draft.starts_at))

        def decide(changes: WriteContext) -> Outcome[CoachingSession]:
            sides = sides_of(changes, scope, name)
            by = sides.of(scope.user).role
            require_movable(sides.coach, by, changes.at)
            availability = changes.get(*availability_ref(session.coach))
            assert isinstance(availability, Availability)
            terms = _own_terms(availability) if by == "coach" else availability
            time = _granted(changes, wish, terms, _as_booked(sides.coach))
            _drop_hold(changes, wish.asker)
            after = moved(sides, by, time, availability, draft.reason, changes.at)
            return kept(changes, scope, sides, after)

        other = Ref(CoachingSession, session.other, name)
        reads = (side_ref(scope, name), other, _hold_ref(wish.asker))
        return await self._take(scope, wish, session.type, reads, decide, mutation)

    async def _take(
        self,
        scope: Scope,
        wish: Wish,
        type_name: str,
        reads: tuple[Ref, ...],
        decide: Decide[D],
        mutation: Mutation | None,
        lists: tuple[Listing, ...] = (),
    ) -> WriteResult[D]:
        """Commit a write that takes a time; its refusal says which other times are free."""
        asker = wish.asker
        if not asker.session:  # who knows no more than an id writes to nobody's feed
            await self._slots.availability(asker.coach, asker.user)
        write = Write(
            scope=scope,
            reads=(*reads, *offer_refs(asker.coach, asker.user), *asker.accounts),
            lists=(*listings(asker, wish.span), *lists),
            decide=decide,
            mutation=mutation,
        )
        try:
            return await self._committer.submit(write)
        except Conflict as refusal:
            if refusal.code == UNAVAILABLE:
                refusal.extra["alternatives"] = msgspec.to_builtins(
                    await self._slots.alternatives(asker, type_name, wish.starts_at)
                )
            raise


def _checked(starts_at: dt.datetime) -> dt.datetime:
    """The moment as it is stored, or `Invalid`."""
    check_date(starts_at.date(), "/starts_at")
    return to_stored(starts_at)


def _offer(changes: WriteContext, asker: Asker, type_name: str) -> tuple[Availability, SessionType]:
    """What is offered to *asker* as *type_name*."""
    refs = offer_refs(asker.coach, asker.user)
    availability = require_offer(asker.coach, asker.user, changes.find_refs(refs))
    session_type = session_type_of(availability, type_name)
    if session_type is None:
        words = "This coach offers no such type of session."
        raise invalid_field("/type", "type_unknown", words)
    return availability, session_type


def _granted(
    changes: WriteContext, wish: Wish, availability: Availability, session_type: SessionType
) -> SessionTime:
    """The time that is wished for, or a `Conflict` with the reasons why it cannot be had."""
    taken = wish.asker.taken(listed(changes, wish.asker, wish.span), changes.at)
    rules = BookingRules(availability, session_type, taken, wish.span, changes.at)
    start = wish.starts_at
    if reasons := rules.refusals(start):
        raise Conflict(UNAVAILABLE, words_of(reasons), extra={"reasons": list(reasons)})
    return SessionTime(start, rules.end_of(start), rules.blocked(start))


def _own_terms(availability: Availability) -> Availability:
    """The terms for the coach, who needs no notice."""
    return msgspec.structs.replace(availability, notice_minutes=0)


def _as_booked(session: CoachingSession) -> SessionType:
    """The type of a session as it was when it was booked, whatever became of it since."""
    return SessionType(
        name=session.title,
        minutes=(session.ends_at - session.starts_at) // _MINUTE,
        buffer_before=(session.starts_at - session.blocked_from) // _MINUTE,
        buffer_after=(session.blocked_to - session.ends_at) // _MINUTE,
    )


def _require_few(changes: WriteContext, asker: Asker) -> None:
    """Refuse more sessions ahead of one client with one coach than anybody needs."""
    ahead = [
        session
        for session in changes.all(CoachingSession, asker.user)
        if session.other == asker.coach and session.status in AHEAD
    ]
    if sum(session.starts_at > changes.at for session in ahead) >= MOST_AHEAD:
        words = f"You have {MOST_AHEAD} sessions with this coach ahead of you: more cannot be."
        raise Conflict("sessions_too_many", words)


def _person(changes: WriteContext, user: str) -> Participant:
    """Who takes part; whoever's account cannot be read has no name."""
    account = changes.find(User, user, user)
    return Participant(user, "" if account is None else account.name)


def _hold_ref(asker: Asker) -> Ref:
    return Ref(SlotHold, asker.coach, hold_id(asker.coach, asker.user))


def _hold(asker: Asker, type_name: str, time: SessionTime, at: dt.datetime) -> SlotHold:
    return SlotHold(
        id=hold_id(asker.coach, asker.user),
        owner=asker.coach,
        created_at=at,
        updated_at=at,
        client=asker.user,
        type=type_name,
        starts_at=time.starts_at,
        ends_at=time.ends_at,
        blocked_from=time.blocked[0],
        blocked_to=time.blocked[1],
        expires_at=at + LIFE,
    )


def _drop_hold(changes: WriteContext, asker: Asker) -> None:
    """Delete what was held: it is taken now."""
    ref = _hold_ref(asker)
    hold = changes.find(SlotHold, ref.owner, ref.id)
    if hold is not None:
        changes.delete(hold)

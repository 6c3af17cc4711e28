"""What a coach offers to somebody: found, or as unknown as a coach who does not exist."""

from collections.abc import Sequence

from models.base.document import Document
from models.base.errors import NotFound
from models.coaches import CoachProfile, profile_id
from models.scheduling import Availability, SessionType, availability_id
from models.sharing import Share
from upcoach.store.write.refs import Ref


def availability_ref(coach: str) -> Ref:
    """The availability of *coach*."""
    return Ref(Availability, coach, availability_id(coach))


def offer_refs(coach: str, user: str) -> tuple[Ref, ...]:
    """What tells whether *user* can book *coach*."""
    return (
        availability_ref(coach),
        Ref(CoachProfile, coach, profile_id(coach)),
        Ref(Share, user, coach),
    )


def require_offer(coach: str, user: str, documents: Sequence[Document | None]) -> Availability:
    """The availability of *coach*, of the *documents* that `offer_refs` names, or `NotFound`.

    A coach who takes no bookings from *user* looks like one who does not exist.
    """
    availability = next((one for one in documents if isinstance(one, Availability)), None)
    share = next((one for one in documents if isinstance(one, Share)), None)
    profile = next((one for one in documents if isinstance(one, CoachProfile)), None)
    is_own = user == coach
    if availability is None or not (is_own or _is_for(availability, share, profile)):
        raise NotFound("coach_unknown", "There is no coach under this id whom you can book.")
    return availability


def _is_for(availability: Availability, share: Share | None, profile: CoachProfile | None) -> bool:
    """Whether somebody can book: a client, or whoever finds the coach among those verified."""
    if availability.bookable_by == "nobody":
        return False
    is_client = share is not None and share.accepted_at is not None
    is_found = profile is not None and profile.is_found
    return is_client or (availability.bookable_by == "everyone" and is_found)


def session_type_of(availability: Availability, name: str) -> SessionType | None:
    """What *name* stands for among what can be booked now."""
    session_type = availability.session_types.get(name)
    return session_type if session_type is not None and session_type.is_offered else None

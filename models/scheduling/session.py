"""Coaching sessions: booked by a client, held by a coach, and kept by both.

Each of the two has a copy in their own feed, under the same id.  Both are written in one
transaction, by pure functions of this module: what the one sees as cancelled, the other does too.
What somebody writes for themselves is in their copy alone.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, Self

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.fields import LongText, Moment, Rating, ShortText, Title
from models.base.ids import PartId, id_pattern, new_id
from models.scheduling.availability import Mode
from models.scheduling.hold import PersonId

ID_PREFIX: Final = "cse"  # of ids
MOST_AHEAD: Final = 20  # sessions that one client may have booked with one coach at a time

SessionId = Annotated[str, id_pattern(ID_PREFIX)]
Role = Literal["coach", "client"]
SessionStatus = Literal[
    "pending", "confirmed", "declined", "cancelled", "in_progress", "completed", "no_show"
]
# Those that take time of their coach and their client.
BLOCKING: Final[frozenset[SessionStatus]] = frozenset({"pending", "confirmed", "in_progress"})
AHEAD: Final[frozenset[SessionStatus]] = frozenset({"pending", "confirmed"})


class NewSession(Draft, frozen=True, kw_only=True):
    """A session to book.

    Attributes
    ----------
    id
        The id, if the client chooses it.
    coach
        The user id of the coach.
    type
        Which of the coach's session types.
    starts_at
        When it begins: one of the times that the coach offers.
    mode
        How the two meet; the first mode of the type without it.
    topic
        What it is to be about, which the coach sees.

    """

    free_text: ClassVar[tuple[str, ...]] = ("topic",)

    id: SessionId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))
    coach: PersonId
    type: PartId
    starts_at: Moment
    mode: Mode | None = None
    topic: ShortText | None = None


class SessionNotesDraft(Draft, frozen=True, kw_only=True):
    """What one of the two writes about a session for themselves alone.

    Attributes
    ----------
    notes
        Notes that the other one does not see.

    """

    free_text: ClassVar[tuple[str, ...]] = ("notes",)

    notes: LongText | None = None


class MoveDraft(Draft, frozen=True, kw_only=True):
    """Another time for a session.

    Attributes
    ----------
    starts_at
        When it is to begin.
    reason
        Why, which the other one sees.

    """

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    starts_at: Moment
    reason: ShortText | None = None


class ReasonDraft(Draft, frozen=True, kw_only=True):
    """Why a session does not take place.

    Attributes
    ----------
    reason
        Why, which the other one sees.

    """

    free_text: ClassVar[tuple[str, ...]] = ("reason",)

    reason: ShortText | None = None


class CompletionDraft(Draft, frozen=True, kw_only=True):
    """What a coach gives a client to take home from a session.

    Attributes
    ----------
    summary
        What it was about, which both see.
    next_steps
        What the client is to do, which both see.

    """

    free_text: ClassVar[tuple[str, ...]] = ("summary", "next_steps")

    summary: LongText | None = None
    next_steps: LongText | None = None


class RatingDraft(Draft, frozen=True, kw_only=True):
    """How somebody found a session.

    Attributes
    ----------
    rating
        From 1 to 5, which is best.
    comment
        In words.

    """

    free_text: ClassVar[tuple[str, ...]] = ("comment",)

    rating: Rating
    comment: ShortText | None = None


class CoachingSession(Document, frozen=True, kw_only=True):
    """One side's copy of a session.

    Attributes
    ----------
    role
        What its owner is in it.
    other
        The user id of the other one.
    other_name
        The name of the other one when it was booked.
    type
        Which of the coach's session types it was booked as.
    title
        The name of that type then.
    mode
        How the two meet.
    starts_at
        When it begins.
    ends_at
        When it is over.
    blocked_from
        When what it takes of the coach's time begins, with the buffer before it.
    blocked_to
        When that is over.
    status
        How it stands.
    topic
        What it is to be about, in the client's words.
    place
        Where it takes place: a link or an address.
    cancel_until
        Until when the client may cancel it.
    move_until
        Until when the client may move it.
    sequence
        How often it was moved or cancelled (RFC 5545, 3.8.7.4).
    reason
        Why it was moved, declined or cancelled last.
    ended_by
        Who has declined or cancelled it.
    started_at
        When the coach began it.
    finished_at
        When the coach completed it.
    missing
        Who did not come.
    summary
        What it was about, in the coach's words.
    next_steps
        What the client is to do.
    notes
        What its owner has written for themselves.
    rating
        How its owner found it, from 1 to 5.
    comment
        The same in words.
    client_rating
        How the client found it, for the coach.
    client_comment
        The same in words.

    """

    kind: ClassVar[str] = "coaching_session"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "coaching_sessions"
    draft: ClassVar[type[Draft]] = SessionNotesDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("starts_at"),
        Order("updated_at"),
        Order("starts_at", ("status",)),
        Order("starts_at", ("other",)),
    )

    role: Annotated[Role, Privacy.PERSONAL]
    other: Annotated[str, Privacy.PERSONAL]
    other_name: Annotated[str, Privacy.SEALED]
    type: Annotated[str, Privacy.PERSONAL]
    title: Annotated[Title, Privacy.SEALED]
    mode: Annotated[Mode, Privacy.PERSONAL]
    starts_at: Annotated[dt.datetime, Privacy.PERSONAL]
    ends_at: Annotated[dt.datetime, Privacy.PERSONAL]
    blocked_from: Annotated[dt.datetime, Privacy.PERSONAL, Privacy.HIDDEN]
    blocked_to: Annotated[dt.datetime, Privacy.PERSONAL, Privacy.HIDDEN]
    status: Annotated[SessionStatus, Privacy.PERSONAL] = "pending"
    topic: Annotated[ShortText | None, Privacy.SEALED] = None
    place: Annotated[ShortText | None, Privacy.SEALED] = None
    cancel_until: Annotated[dt.datetime, Privacy.PERSONAL]
    move_until: Annotated[dt.datetime, Privacy.PERSONAL]
    sequence: Annotated[int, Privacy.PERSONAL] = 0
    reason: Annotated[ShortText | None, Privacy.SEALED] = None
    ended_by: Annotated[Role | None, Privacy.PERSONAL] = None
    started_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    finished_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    missing: Annotated[Role | None, Privacy.PERSONAL] = None
    summary: Annotated[LongText | None, Privacy.SEALED] = None
    next_steps: Annotated[LongText | None, Privacy.SEALED] = None
    notes: Annotated[LongText | None, Privacy.SEALED] = None
    rating: Annotated[Rating | None, Privacy.PERSONAL] = None
    comment: Annotated[ShortText | None, Privacy.SEALED] = None
    client_rating: Annotated[Rating | None, Privacy.PERSONAL] = None
    client_comment: Annotated[ShortText | None, Privacy.SEALED] = None

    @property
    def coach(self) -> str:
        """The user id of the coach."""
        return self.owner if self.role == "coach" else self.other

    @property
    def client(self) -> str:
        """The user id of the client."""
        return self.owner if self.role == "client" else self.other

    @property
    def blocks(self) -> bool:
        """Whether it takes time of its coach and its client."""
        return self.status in BLOCKING

    def revised(self, draft: SessionNotesDraft, at: dt.datetime) -> Self:
        """The same, with other notes of its owner's."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, SessionNotesDraft))


class Sides(NamedTuple):
    """Both copies of a session."""

    coach: CoachingSession
    client: CoachingSession

    def both(self, at: dt.datetime, **changed: object) -> "Sides":
        """Both, with what is *changed* on both sides."""
        coach, client = (msgspec.structs.replace(copy.advanced(at), **changed) for copy in self)
        return Sides(coach, client)

    def of(self, user: str) -> CoachingSession:
        """The copy of *user*, who is one of the two."""
        return self.coach if self.coach.owner == user else self.client

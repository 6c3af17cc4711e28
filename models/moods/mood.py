"""Moods, logged as often a day as somebody likes.

The local date is decided when the mood is logged, from the moment and the zone: no journey and no
clock change moves it.
"""

import datetime as dt
from collections.abc import Collection
from typing import Annotated, ClassVar, Final, Literal, Self

import msgspec

from models.base.document import Derived, Document, Draft, Order, Privacy, fields_of
from models.base.fields import Moment, OwnZone, Rating, Tag, own_zone
from models.base.ids import id_pattern, new_id
from models.base.merge import Merge
from models.base.text.search_words import distinct, label
from models.base.time import check_date, check_stored_zone, check_zone, local_date, to_stored

ID_PREFIX: Final = "moo"  # of ids
MoodId = Annotated[str, id_pattern(ID_PREFIX)]
Category = Literal["work", "health", "social", "personal", "family", "other"]
Activities = Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)]
Note = Annotated[str, msgspec.Meta(max_length=2_000)]


class MoodDraft(Draft, frozen=True, kw_only=True):
    """The fields of a mood that a person may write; without *at* they feel it now.

    Attributes
    ----------
    level
        1 (very sad) to 5 (very happy); *energy*, *stress* and *sleep* (its quality) are 1 to 5 too.
    at
        The moment.
    tz
        The time zone that it was felt in.
    category
        The area of life.
    activities
        What was being done.
    emotions
        What was felt.
    note
        A note about it.
    energy
        The energy, from 1 to 5.
    stress
        The stress, from 1 to 5.
    sleep
        How well the night was, from 1 to 5.

    """

    free_text: ClassVar[tuple[str, ...]] = ("activities", "emotions", "note")

    level: Rating
    at: Moment | None = None
    tz: OwnZone = own_zone()
    category: Category | None = None
    activities: Activities = ()
    emotions: Activities = ()
    note: Note | None = None
    energy: Rating | None = None
    stress: Rating | None = None
    sleep: Rating | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        check_date(self.at and self.at.date(), "/at")
        for name in ("activities", "emotions"):
            msgspec.structs.force_setattr(self, name, distinct(getattr(self, name)))


class NewMood(MoodDraft, frozen=True, kw_only=True):
    """A new mood, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.

    """

    id: MoodId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))


class Mood(Document, frozen=True, kw_only=True):
    """A mood: a level at a moment, on a local date.

    Attributes
    ----------
    level
        How good it is, from 1 to 5.
    local_date
        The day that it counts for.

    """

    kind: ClassVar[str] = "mood"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "moods"
    draft: ClassVar[type[Draft]] = MoodDraft
    orders: ClassVar[tuple[Order, ...]] = (
        Order("at"),
        Order("local_date"),
        Order("at", ("category",)),
        Order("at", ("level",)),
        Order("at", ("words",)),
        Order("updated_at"),
    )

    level: Annotated[Rating, Privacy.PERSONAL]
    at: Annotated[dt.datetime, Privacy.PERSONAL]
    tz: Annotated[str, Privacy.PERSONAL]
    local_date: Annotated[dt.date, Privacy.PERSONAL, Derived("at", "tz")]
    category: Annotated[Category | None, Privacy.PERSONAL] = None
    activities: Annotated[Activities, Privacy.SEALED, Merge.APPEND] = ()
    emotions: Annotated[Activities, Privacy.SEALED, Merge.APPEND] = ()
    note: Annotated[Note | None, Privacy.SEALED, Merge.APPEND] = None
    energy: Annotated[Rating | None, Privacy.PERSONAL] = None
    stress: Annotated[Rating | None, Privacy.PERSONAL] = None
    sleep: Annotated[Rating | None, Privacy.PERSONAL] = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no day of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: NewMood, *, owner: str, at: dt.datetime) -> Self:
        """A new mood."""
        felt = to_stored(draft.at or at)
        fields = fields_of(draft, MoodDraft) | {"at": felt}
        day = local_date(felt, draft.tz)
        return cls(id=draft.id, owner=owner, created_at=at, updated_at=at, local_date=day, **fields)

    def revised(self, draft: MoodDraft, at: dt.datetime) -> Self:
        """The same mood as *draft* says; its date moves only with its moment or its zone."""
        felt = to_stored(draft.at or self.at)
        same = (felt, draft.tz) == (self.at, self.tz)
        day = self.local_date if same else local_date(felt, draft.tz)
        fields = fields_of(draft, MoodDraft) | {"at": felt}
        return msgspec.structs.replace(self.advanced(at), local_date=day, **fields)

    def words(self) -> Collection[str]:
        """See `Document.words`."""
        return frozenset(map(label, self.activities))

"""The listing of a coach: the public face of a verified profile, in the clear.

It is a document of its own, written with the profile and gone with its verification, so that what
asks over all coaches can reach nothing that is not public.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Annotated, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Order, Privacy
from models.base.fields import TypedName
from models.base.text.search_words import label, normalised, words_of
from models.coaches.profile import (
    Biography,
    Certificates,
    CoachProfile,
    Languages,
    Modes,
    Specialities,
    Years,
)

NAME_LETTERS: Final = 64  # of a name, by which it is sorted
_FILTERS: Final = (("found_by",), ("languages",), ())


class FoundCoach(msgspec.Struct, frozen=True, kw_only=True):
    """A verified coach, as everybody sees them.

    Attributes
    ----------
    id
        The coach's user id.
    display_name
        The name by which clients find the coach.
    title
        A line below the name.
    bio
        What the coach says of themselves.
    specialities
        What they coach.
    languages
        The languages that they coach in, as primary tags of BCP 47.
    certificates
        Their certificates, which were verified.
    years_of_experience
        For how many years they have been coaching.
    tz
        The time zone that they work in.
    modes
        How they meet their clients.
    accepting_clients
        Whether they take new clients.
    verified_at
        When an operator has verified them.

    """

    id: str
    display_name: str
    title: str | msgspec.UnsetType = msgspec.UNSET
    bio: str
    specialities: Specialities
    languages: Languages
    certificates: Certificates
    years_of_experience: int
    tz: str
    modes: Modes
    accepting_clients: bool
    verified_at: dt.datetime


def _orders(*fields: str) -> Iterator[Order]:
    return (Order(field, equal) for field in fields for equal in _FILTERS)


class CoachListing(Document, frozen=True, kw_only=True):
    """The public face of a verified coach; its id is the coach's user id.

    Attributes
    ----------
    name_key
        The name by which it is sorted, where case and accents do not count.
    found_by
        The words and labels that it is found by.

    """

    kind: ClassVar[str] = "coach_listing"
    collection: ClassVar[str] = "coach_listings"
    orders_of_all: ClassVar[tuple[Order, ...]] = tuple(
        _orders("name_key", "years_of_experience", "verified_at")
    )

    display_name: Annotated[TypedName, Privacy.PERSONAL]
    title: Annotated[TypedName | None, Privacy.PERSONAL] = None
    bio: Annotated[Biography, Privacy.PERSONAL]
    specialities: Annotated[Specialities, Privacy.PERSONAL]
    languages: Annotated[Languages, Privacy.PERSONAL]
    certificates: Annotated[Certificates, Privacy.PERSONAL]
    years_of_experience: Annotated[Years, Privacy.PERSONAL]
    tz: Annotated[str, Privacy.PERSONAL]
    modes: Annotated[Modes, Privacy.PERSONAL]
    accepting_clients: Annotated[bool, Privacy.PERSONAL]
    verified_at: Annotated[dt.datetime, Privacy.PERSONAL]
    name_key: Annotated[
        str, msgspec.Meta(max_length=NAME_LETTERS), Privacy.PERSONAL, Privacy.HIDDEN
    ]
    found_by: Annotated[tuple[str, ...], Privacy.PERSONAL, Privacy.HIDDEN]

    @classmethod
    def of(cls, profile: CoachProfile, before: Self | None) -> Self:
        """The listing of a verified *profile*, which takes the place of the one *before*."""
        shared = {
            name: getattr(profile, name)
            for name in FoundCoach.__struct_fields__
            if name not in ("id", "bio", "years_of_experience", "verified_at")
        }
        # A verified profile is complete.
        assert profile.bio is not None
        assert profile.years_of_experience is not None
        assert profile.verified_at is not None
        return cls(
            id=profile.owner,
            owner=profile.owner,
            version=1 if before is None else before.version + 1,
            created_at=profile.updated_at if before is None else before.created_at,
            updated_at=profile.updated_at,
            bio=profile.bio,
            years_of_experience=profile.years_of_experience,
            verified_at=profile.verified_at,
            name_key=normalised(profile.display_name)[:NAME_LETTERS],
            found_by=tuple(sorted(_words(profile))),
            **shared,
        )

    @property
    def face(self) -> FoundCoach:
        """What everybody sees of it."""
        fields = {name: getattr(self, name) for name in FoundCoach.__struct_fields__}
        return FoundCoach(**fields | {"title": self.title or msgspec.UNSET})


def _words(profile: CoachProfile) -> Collection[str]:
    texts = (profile.display_name, profile.title, profile.bio, *profile.specialities)
    return words_of(*texts) | {label(text) for text in profile.specialities}

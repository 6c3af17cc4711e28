"""The profile of a coach: what they say of themselves, and whether an operator has verified it.

There is one document a coach, under an id that follows from theirs.  It is theirs alone; what
others find is its `CoachListing`, which is there for as long as the profile is verified.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from models.base.document import Document, Draft, Order, Privacy, fields_of
from models.base.errors import Conflict, FieldError, Invalid
from models.base.fields import OwnZone, ShortText, Tag, TypedName, own_zone
from models.base.ids import derived_id
from models.base.text.search_words import distinct
from models.base.text.type_words import shaped
from models.base.time import check_stored_zone, check_zone
from models.coaches.languages import Language

ID_PREFIX: Final = "cop"  # of ids

Verification = Literal["draft", "submitted", "verified", "declined"]
Mode = Literal["video", "audio", "chat", "in_person"]
Biography = Annotated[str, msgspec.Meta(max_length=4_000)]
Specialities = Annotated[tuple[Tag, ...], msgspec.Meta(max_length=20)]
Languages = Annotated[tuple[Language, ...], msgspec.Meta(max_length=20)]
Modes = Annotated[tuple[Mode, ...], msgspec.Meta(max_length=8)]
Years = Annotated[int, msgspec.Meta(ge=0, le=80)]
Reason = Annotated[
    ShortText,
    shaped(pattern=r"\S", form="text of 1 to 1000 characters, not only spaces", min_length=1),
]

# What an operator compares with papers: other fields may change without being looked at again.
VERIFIED_FIELDS: Final = ("display_name", "title", "certificates")
# What a profile lacks that nobody could choose a coach by.
NEEDED_FIELDS: Final = ("bio", "specialities", "languages", "modes", "years_of_experience")


class CoachCertificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate of a coach.

    Attributes
    ----------
    name
        What it certifies.
    issuer
        Who has issued it.
    year
        The year of it.

    """

    free_text: ClassVar[tuple[str, ...]] = ("name", "issuer")

    name: TypedName
    issuer: TypedName
    year: Annotated[int, msgspec.Meta(ge=1900, le=2100)]


Certificates = Annotated[tuple[CoachCertificate, ...], msgspec.Meta(max_length=20)]


class CoachProfileDraft(Draft, frozen=True, kw_only=True):
    """The fields of a coach's profile that the coach may write.

    Attributes
    ----------
    display_name
        The name by which clients find the coach.
    title
        A line below the name.
    bio
        What the coach says of themselves.
    specialities
        What they coach; case and accents do not count in a search.
    languages
        The languages that they coach in, as primary tags of BCP 47: `de`.
    certificates
        Their certificates.
    years_of_experience
        For how many years they have been coaching.
    tz
        The time zone that they work in.
    modes
        How they meet their clients.
    accepting_clients
        Whether they take new clients.

    """

    free_text: ClassVar[tuple[str, ...]] = (
        "display_name",
        "title",
        "bio",
        "specialities",
        "certificates",
    )

    display_name: TypedName
    title: TypedName | None = None
    bio: Biography | None = None
    specialities: Specialities = ()
    languages: Languages = ()
    certificates: Certificates = ()
    years_of_experience: Years | None = None
    tz: OwnZone = own_zone()
    modes: Modes = ()
    accepting_clients: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_zone(self.tz)
        msgspec.structs.force_setattr(self, "specialities", distinct(self.specialities))
        for name in ("languages", "certificates", "modes"):
            once = tuple(dict.fromkeys(getattr(self, name)))
            msgspec.structs.force_setattr(self, name, once)


class RefusalReason(Draft, frozen=True, kw_only=True):
    """Why a profile is declined, or no longer verified, in words for its coach.

    Attributes
    ----------
    reason
        Why, for the coach to read.

    """

    reason: Reason


class CoachProfile(Document, frozen=True, kw_only=True):
    """The profile of a coach.

    Attributes
    ----------
    verification
        Where it stands: a `draft` that nobody looks at, `submitted` for an operator to look at,
        `verified` and found by everybody, or `declined`.
    verification_since
        Since when it stands there.
    verified_at
        When it was verified; null unless it is.
    refusal_reason
        Why it was declined, or is no longer verified; null unless it was.

    """

    kind: ClassVar[str] = "coach_profile"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "coach_profiles"
    draft: ClassVar[type[Draft]] = CoachProfileDraft
    orders_of_all: ClassVar[tuple[Order, ...]] = (Order("verification_since", ("verification",)),)

    display_name: Annotated[TypedName, Privacy.SEALED]
    title: Annotated[TypedName | None, Privacy.SEALED] = None
    bio: Annotated[Biography | None, Privacy.SEALED] = None
    specialities: Annotated[Specialities, Privacy.SEALED] = ()
    languages: Annotated[Languages, Privacy.PERSONAL] = ()
    certificates: Annotated[Certificates, Privacy.SEALED] = ()
    years_of_experience: Annotated[Years | None, Privacy.PERSONAL] = None
    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    modes: Annotated[Modes, Privacy.PERSONAL] = ()
    accepting_clients: Annotated[bool, Privacy.PERSONAL] = True
    verification: Annotated[Verification, Privacy.PERSONAL] = "draft"
    verification_since: Annotated[dt.datetime, Privacy.PERSONAL]
    verified_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    refusal_reason: Annotated[ShortText | None, Privacy.SEALED] = None

    def __post_init__(self) -> None:
        """Refuse an unknown time zone: no hour of it can be told."""
        check_stored_zone(self.tz)

    @classmethod
    def drafted(cls, draft: CoachProfileDraft, *, owner: str, at: dt.datetime) -> "CoachProfile":
        """A new profile, which nobody else sees."""
        fields = fields_of(draft, CoachProfileDraft)
        return cls(
            id=profile_id(owner),
            owner=owner,
            created_at=at,
            updated_at=at,
            verification_since=at,
            **fields,
        )

    @property
    def is_found(self) -> bool:
        """Whether others find it."""
        return self.verification == "verified"

    @property
    def takes_clients(self) -> bool:
        """Whether others find it, and its coach takes new clients."""
        return self.is_found and self.accepting_clients

    def revised(self, draft: CoachProfileDraft, at: dt.datetime) -> "CoachProfile":
        """The same profile as *draft* says; what was verified has to be verified again."""
        fields = fields_of(draft, CoachProfileDraft)
        after = msgspec.structs.replace(self.advanced(at), **fields)
        if self.verification in ("submitted", "verified"):
            after.require_complete()
        if self.is_found and any(
            getattr(self, name) != getattr(after, name) for name in VERIFIED_FIELDS
        ):
            return _moved(after, "submitted", at)
        return after

    def submitted(self, at: dt.datetime) -> "CoachProfile":
        """The same profile, for an operator to look at; itself, if it has been submitted."""
        if self.verification in ("submitted", "verified"):
            return self
        self.require_complete()
        return _moved(self.advanced(at), "submitted", at)

    def withdrawn(self, at: dt.datetime) -> "CoachProfile":
        """The same profile, which nobody else sees; itself, if nobody does."""
        return self if self.verification == "draft" else _moved(self.advanced(at), "draft", at)

    def verified(self, at: dt.datetime) -> "CoachProfile":
        """The same profile, which everybody finds from now on."""
        self._require("submitted", "profile_not_submitted", "This profile is not submitted.")
        moved = _moved(self.advanced(at), "verified", at)
        return msgspec.structs.replace(moved, verified_at=at)

    def declined(self, reason: str, at: dt.datetime) -> "CoachProfile":
        """The same profile, declined for a *reason*."""
        self._require("submitted", "profile_not_submitted", "This profile is not submitted.")
        return self._refused(reason, at)

    def revoked(self, reason: str, at: dt.datetime) -> "CoachProfile":
        """The same profile, no longer verified for a *reason*."""
        self._require("verified", "profile_not_verified", "This profile is not verified.")
        return self._refused(reason, at)

    def require_complete(self) -> None:
        """Refuse a profile that lacks what a client chooses by."""
        lacking = [name for name in NEEDED_FIELDS if getattr(self, name) in (None, "", ())]
        flaws = tuple(
            FieldError(f"/{name}", "field_missing", f"The field {name} is needed to be found.")
            for name in lacking
        )
        if flaws:
            words = f"The profile lacks what clients choose by: {', '.join(lacking)}."
            raise Invalid("profile_incomplete", words, flaws=flaws)

    def _refused(self, reason: str, at: dt.datetime) -> "CoachProfile":
        moved = _moved(self.advanced(at), "declined", at)
        return msgspec.structs.replace(moved, refusal_reason=reason)

    def _require(self, verification: Verification, code: str, words: str) -> None:
        if self.verification != verification:
            raise Conflict(code, words)


def profile_id(coach: str) -> str:
    """The id of the profile of *coach*."""
    return derived_id(ID_PREFIX, coach, "profile")


def _moved(profile: "CoachProfile", verification: Verification, at: dt.datetime) -> "CoachProfile":
    """*profile*, whose verification stands elsewhere since *at*."""
    return msgspec.structs.replace(
        profile,
        verification=verification,
        verification_since=at,
        verified_at=None,
        refusal_reason=None,
    )

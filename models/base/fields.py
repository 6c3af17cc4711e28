"""Types of fields that documents, drafts and forms of several contexts share, with their limits."""

import datetime as dt
import enum
from typing import Annotated, Any, Final, Self

import msgspec

from models.base.text.type_words import shaped

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
# Of people and what they have, as it is typed: any letters, spaces and joiners, on one line.
TypedName = Annotated[
    str,
    shaped(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z",
        form="one line of 1 to 100 characters",
        min_length=1,
        max_length=100,
    ),
]
ShortText = Annotated[str, msgspec.Meta(max_length=1_000)]
LongText = Annotated[str, msgspec.Meta(max_length=10_000)]
Tag = Annotated[
    str,
    shaped(
        pattern=r"\S",
        form="text of 1 to 50 characters, not only spaces",
        min_length=1,
        max_length=50,
    ),
]
UnitName = Annotated[str, msgspec.Meta(max_length=32)]
Color = Annotated[str, shaped(pattern=r"^#[0-9A-Fa-f]{6}\Z", form="a color such as #1a2b3c")]
Rating = Annotated[int, msgspec.Meta(ge=1, le=5)]  # of a mood, and of what goes with it
Place = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]  # among the parts of a document
WallTime = Annotated[
    str,
    shaped(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", form="a time of day such as 09:30"),
]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]  # from 1 for Monday
OwnZone = Annotated[
    str,
    msgspec.Meta(
        description="A time zone of the IANA database; its owner's, if a new document names none."
    ),
]
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]

# What is stored, and was sent, before one word was chosen for each thing.
FORMER_WORDS: Final = {"financial": "finance"}

# Of a login, a link, an invitation; longer than the longest that there is.
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
EnteredPassword = Annotated[str, msgspec.Meta(max_length=128)]


class Choice(enum.StrEnum):
    """One of some words; it is also read from a word that it formerly was (`FORMER_WORDS`)."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        word = FORMER_WORDS.get(value) if isinstance(value, str) else None
        return None if word is None else cls(word)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The words that stored documents may have for it, today's first."""
        return (self.value, *(former for former, word in FORMER_WORDS.items() if word == self))


def own_zone() -> Any:
    """The default of an `OwnZone`: UTC, until it is known whose it is."""
    return msgspec.field(default_factory=lambda: "UTC")

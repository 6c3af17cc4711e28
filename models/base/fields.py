"""Types of fields that documents, drafts and forms of several contexts share, with their limits."""

import datetime as dt
from typing import Annotated

import msgspec

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
ShortText = Annotated[str, msgspec.Meta(max_length=1_000)]
LongText = Annotated[str, msgspec.Meta(max_length=10_000)]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=50, pattern=r"\S")]
UnitName = Annotated[str, msgspec.Meta(max_length=32)]
Color = Annotated[str, msgspec.Meta(pattern=r"^#[0-9A-Fa-f]{6}\Z")]
Rating = Annotated[int, msgspec.Meta(ge=1, le=5)]  # of a mood, and of what goes with it
Place = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]  # among the parts of a document
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]

# Of a login, a link, an invitation; longer than the longest that there is.
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
EnteredPassword = Annotated[str, msgspec.Meta(max_length=128)]

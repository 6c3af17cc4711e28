"""The page tokens of lists: where a page has ended, which nobody has to keep for its reader."""

import base64
import datetime as dt
import functools
import typing
from typing import Annotated, Any

import msgspec

from models.base.document import Document
from models.base.errors import Invalid
from models.base.time import to_stored

_Shown = Annotated[str, msgspec.Meta(max_length=64)] | int | float


def mark(document: Document, order: str) -> str:
    """The page token for what follows *document* in a list by *order*; opaque to clients."""
    value = msgspec.to_builtins(document, builtin_types=(dt.datetime,))[order]
    moment = isinstance(value, dt.datetime)
    place = [value.isoformat() if moment else value, moment, document.id]
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def place_of(kind: type[Document], order: str, after: str) -> tuple[Any, str]:
    """Decode and check a mark: its value and id.  Anybody can make one up."""
    try:
        raw = base64.b64decode(after + "=" * (-len(after) % 4), b"-_", validate=True)
        shown, moment, document_id = msgspec.json.decode(raw, type=tuple[_Shown, bool, str])
        value = msgspec.convert(shown, _type_of(kind, order))
        place = to_stored(value) if isinstance(value, dt.datetime) else shown
    except (ValueError, msgspec.MsgspecError, RecursionError, Invalid):
        raise _no_mark() from None
    if moment is not (isinstance(value, dt.datetime) and value.tzinfo is not None):
        raise _no_mark()
    return place, document_id


def _no_mark() -> Invalid:
    return Invalid("after_invalid", "after is not from a list like this one.")


@functools.cache
def _type_of(kind: type[Document], field: str) -> Any:
    """The type of *field*, with its constraints."""
    return typing.get_type_hints(kind, include_extras=True)[field]

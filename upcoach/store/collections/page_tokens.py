"""Page tokens of lists: where a page ended, and what lies beyond that."""

import base64
import datetime as dt
import functools
import typing
from typing import Annotated, Any

import msgspec

from models.base.document import Document
from models.base.errors import Invalid
from models.base.time import to_stored
from upcoach.store.base import codec
from upcoach.store.base.database import Bson

_Shown = Annotated[str, msgspec.Meta(max_length=64)] | int | float
Place = tuple[Any, str]  # in a list: what the field holds that it is ordered by, and the id


def mark(document: Document, order: str, *, of_all: bool = False) -> str:
    """The page token for what follows *document* in a list by *order*; opaque to clients.

    The list is of its owner's documents, or *of all*.
    """
    name = codec.key_of(document.owner, document.id) if of_all else document.id
    value = msgspec.to_builtins(document, builtin_types=(dt.datetime,))[order]
    moment = isinstance(value, dt.datetime)
    place = [value.isoformat() if moment else value, moment, name]
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def beyond(owner: str, order: str, place: Place, *, descending: bool) -> list[Bson]:
    """A filter for what follows *place* in a list by *order*."""
    value, document_id = place
    return beyond_key(order, value, codec.key_of(owner, document_id), descending=descending)


def beyond_key(order: str, value: Any, key: str, *, descending: bool) -> list[Bson]:
    """The same for what follows the document under *key*, whose field *order* holds *value*."""
    past = "$lt" if descending else "$gt"
    # One range of the index: two alternatives alone would be looked up one by one, and sorted.
    return [
        {order: {f"{past}e": value}},
        {"$or": [{order: {past: value}}, {"_id": {past: key}}]},
    ]


def place_of(kind: type[Document], order: str, token: str) -> Place:
    """Decode and check a page token, or raise `Invalid`.  Anybody can make one up."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
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

"""What an index is, as the store's modules declare it, and what MongoDB says of one."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec
from pymongo import ASCENDING, IndexModel

from models.base.document import Document, Order
from upcoach.store.base import codec
from upcoach.store.base.database import Bson

# What MongoDB says of every index, and what says nothing of how it works.
_BESIDE: Final = {"v", "ns", "name", "background"}
# Two indexes of one collection cannot differ in these alone, whatever they are called.
_NO_DIFFERENCE: Final = {"expireAfterSeconds", "hidden"}
_SECOND: Final = dt.timedelta(seconds=1)


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index over *keys*, all ascending.

    Attributes
    ----------
    partial
        Only documents of which this holds are in it.
    kept
        Documents go this long after the moment in its key.

    """

    name: str
    keys: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    partial: Mapping[str, Any] | None = None
    kept: dt.timedelta | None = None

    @property
    def definition(self) -> Bson:
        """What makes it that index, as MongoDB says it."""
        options = {
            "unique": self.unique or None,
            "sparse": self.sparse or None,
            "partialFilterExpression": self.partial,
            "expireAfterSeconds": None if self.kept is None else self.kept // _SECOND,
        }
        given = {name: value for name, value in options.items() if value is not None}
        return {"key": [(key, ASCENDING) for key in self.keys], **given}

    @property
    def model(self) -> IndexModel:
        """The same for the driver."""
        options = self.definition
        return IndexModel(options.pop("key"), name=self.name, **options)


class CollectionSpec(msgspec.Struct, frozen=True):
    """What a module of the store declares of a collection: its *name* and its *indexes*."""

    name: str
    indexes: tuple[Index, ...] = ()

    @classmethod
    def of(cls, document: type[Document]) -> Self:
        """The collection of a kind of document: with the indexes of its orders and lookups."""
        orders = (Index(name=one.index_name, keys=_keys_of(one)) for one in document.orders)
        lookups = (
            Index(name=one.name, keys=(one.field,), unique=one.unique, sparse=not one.unique)
            for one in document.lookups
        )
        return cls(document.collection, (*orders, *lookups))


def definition_of(found: Bson) -> Bson:
    """What makes an index that MongoDB lists the one that it is."""
    told = {name: value for name, value in found.items() if name not in _BESIDE}
    return {**told, "key": list(found["key"].items())}


def are_alike(one: Bson, other: Bson) -> bool:
    """Whether MongoDB refuses to have indexes of both definitions in one collection."""
    return _told_apart_by(one) == _told_apart_by(other)


def _told_apart_by(definition: Bson) -> Bson:
    return {name: value for name, value in definition.items() if name not in _NO_DIFFERENCE}


def _keys_of(order: Order) -> tuple[str, ...]:
    """The fields of an order's index, which begins with the owner.

    The name of a word is one owner's already.  There are a hundred in an entry, so that owner and
    id, some 120 bytes, would make the index four times as large (docs/decisions/0016).
    """
    names = (*order.equal, order.field)
    return names if codec.WORDS in names else ("owner", *names, "_id")

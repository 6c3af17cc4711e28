"""Declarations of indexes and collections, and their comparison with what MongoDB lists."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec
from pymongo import ASCENDING, IndexModel

from models.base.document import Document, Order
from upcoach.store.base import codec
from upcoach.store.base.database import Bson

# Fields that MongoDB lists of every index, and that say nothing of how it works.
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
        """The index's keys and options, as MongoDB lists them."""
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
        """The index as the driver's `IndexModel`."""
        options = self.definition
        return IndexModel(options.pop("key"), name=self.name, **options)


class CollectionSpec(msgspec.Struct, frozen=True):
    """The declaration of a collection: its *name* and its *indexes*."""

    name: str
    indexes: tuple[Index, ...] = ()

    @classmethod
    def of(cls, document: type[Document]) -> Self:
        """The collection of a kind of document: with the indexes of its orders and lookups."""
        orders = (Index(name=order.index_name, keys=_keys_of(order)) for order in document.orders)
        orders_of_all = (
            Index(name=f"all_{order.index_name}", keys=(*order.equal, order.field, "_id"))
            for order in document.orders_of_all
        )
        lookups = (
            Index(
                name=lookup.name,
                keys=(lookup.field,),
                unique=lookup.unique,
                sparse=not lookup.unique,
            )
            for lookup in document.lookups
        )
        return cls(document.collection, (*orders, *orders_of_all, *lookups))


def definition_of(listed: Bson) -> Bson:
    """The keys and options of an index that MongoDB lists, comparable with `Index.definition`."""
    options = {name: value for name, value in listed.items() if name not in _BESIDE}
    return {**options, "key": list(listed["key"].items())}


def are_alike(left: Bson, right: Bson) -> bool:
    """Whether MongoDB refuses to have indexes of both definitions in one collection."""
    return _told_apart_by(left) == _told_apart_by(right)


def _told_apart_by(definition: Bson) -> Bson:
    return {name: value for name, value in definition.items() if name not in _NO_DIFFERENCE}


def _keys_of(order: Order) -> tuple[str, ...]:
    """The fields of an order's index, which begins with the owner.

    The name of a word is one owner's already.  There are a hundred in an entry, so that owner and
    id, some 120 bytes, would make the index four times as large (docs/decisions/0016).
    """
    names = (*order.equal, order.field)
    return names if codec.WORDS in names else ("owner", *names, "_id")

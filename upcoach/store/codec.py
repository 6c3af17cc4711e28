"""Documents as BSON: ids that begin with the owner, sealed fields sealed, nulls left out."""

import datetime as dt
from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from models.documents import Document
from models.documents.document import Mark, fields_marked
from models.vocabulary import label
from upcoach.store.database import Bson
from upcoach.store.sealing import DataKey, place, seal, unseal

D = TypeVar("D", bound=Document)

WORDS: Final = "words"  # the field of the names of a document's words


def key_of(owner: str, document_id: str) -> str:
    """The `_id` under which *owner*'s document is kept."""
    return f"{owner}/{document_id}"


def below(owner: str, parent: str = "") -> Bson:
    """The range of `_id`s of *owner*'s documents, or of those below the document *parent*."""
    start = f"{owner}/{parent}/" if parent else f"{owner}/"
    return {"$gt": start, "$lt": start[:-1] + chr(ord("/") + 1)}


def to_bson(document: Document, key: DataKey) -> Bson:
    """What is stored of *document*, whose owner's data key is *key*."""
    fields: Bson = msgspec.to_builtins(document, builtin_types=(dt.datetime, bytes))
    for name in fields_marked(type(document), Mark.SEALED):
        if fields[name] is not None:
            plain = msgspec.msgpack.encode(fields[name])
            fields[name] = seal(
                key, plain, _where(document.collection, document.owner, fields, name)
            )
    stored = {name: value for name, value in fields.items() if value is not None}
    words = blind(document.words(), key)
    if words:
        stored[WORDS] = words
    return {"_id": key_of(document.owner, stored.pop("id")), **stored}


def from_bson(kind: type[D], stored: Bson, key: DataKey) -> D:
    """The document that `to_bson` stored."""
    fields = dict(stored)
    owner = fields["owner"]
    fields["id"] = fields.pop("_id")[len(owner) + 1 :]
    for name in fields_marked(kind, Mark.SEALED):
        if name in fields:
            plain = unseal(key, fields[name], _where(kind.collection, owner, fields, name))
            fields[name] = msgspec.msgpack.decode(plain)
    return msgspec.convert(fields, kind)


def blind(words: Iterable[str], key: DataKey) -> list[bytes]:
    """The names of *words*, in an order that tells nothing."""
    return sorted(map(key.blind, words))


def label_named(kind: type[Document], field: str, stored: Bson, name: bytes, key: DataKey) -> str:
    """The label among those in a stored document's sealed *field* that goes by *name*."""
    owner, document_id = stored["owner"], {"id": stored["_id"][len(stored["owner"]) + 1 :]}
    plain = unseal(key, stored[field], _where(kind.collection, owner, document_id, field))
    labels: list[str] = msgspec.msgpack.decode(plain)
    return next(text for text in labels if key.blind(label(text)) == name)


def _where(collection: str, owner: str, fields: Bson, name: str) -> bytes:
    return place(collection, owner, fields["id"], name)

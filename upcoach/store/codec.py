"""Documents as BSON: ids that begin with the owner, sealed fields sealed, nulls left out."""

import datetime as dt
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.documents import Document
from models.documents.document import Mark, fields_marked
from upcoach.store.database import Bson
from upcoach.store.sealing import place, seal, unseal

D = TypeVar("D", bound=Document)


def key_of(owner: str, document_id: str) -> str:
    """The `_id` under which *owner*'s document is kept."""
    return f"{owner}/{document_id}"


def below(owner: str, parent: str = "") -> Bson:
    """The range of `_id`s of *owner*'s documents, or of those below the document *parent*."""
    start = f"{owner}/{parent}/" if parent else f"{owner}/"
    return {"$gt": start, "$lt": start[:-1] + chr(ord("/") + 1)}


def to_bson(document: Document, key: AESGCM) -> Bson:
    """What is stored of *document*, whose owner's data key is *key*."""
    fields: Bson = msgspec.to_builtins(document, builtin_types=(dt.datetime, bytes))
    for name in fields_marked(type(document), Mark.SEALED):
        if fields[name] is not None:
            plain = msgspec.msgpack.encode(fields[name])
            fields[name] = seal(
                key, plain, _where(document.collection, document.owner, fields, name)
            )
    stored = {name: value for name, value in fields.items() if value is not None}
    return {"_id": key_of(document.owner, stored.pop("id")), **stored}


def from_bson(kind: type[D], stored: Bson, key: AESGCM) -> D:
    """The document that `to_bson` stored."""
    fields = dict(stored)
    owner = fields["owner"]
    fields["id"] = fields.pop("_id")[len(owner) + 1 :]
    for name in fields_marked(kind, Mark.SEALED):
        if name in fields:
            plain = unseal(key, fields[name], _where(kind.collection, owner, fields, name))
            fields[name] = msgspec.msgpack.decode(plain)
    return msgspec.convert(fields, kind)


def _where(collection: str, owner: str, fields: Bson, name: str) -> bytes:
    return place(collection, owner, fields["id"], name)

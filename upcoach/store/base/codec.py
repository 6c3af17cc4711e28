"""Documents as BSON: ids that begin with the owner, sealed fields sealed, nulls left out."""

import datetime as dt
import functools
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import bson
import msgspec
from bson.errors import BSONError

from models.base.document import Document, Privacy, fields_marked
from models.base.errors import FieldError, Invalid, Refusal
from models.base.text.search_words import label
from models.base.validation import flaws_of, summary
from upcoach.store.base.broken_documents import BrokenDocument, BrokenDocuments, stand_in
from upcoach.store.base.database import Bson
from upcoach.store.base.sealing import DataKey, Unreadable, associated_data, seal, unseal

D = TypeVar("D", bound=Document)

WORDS: Final = "words"  # the field of the names of a document's words

# Of a document: in JSON, a letter takes up to six times as much, and its event has to be stored.
LARGEST: Final = 2 * 1024 * 1024

_BROKEN: Final = (
    Unreadable,
    msgspec.MsgspecError,
    Refusal,  # of a rule that a part checks itself
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
)

_encoder: Final = msgspec.json.Encoder()


def key_of(owner: str, document_id: str) -> str:
    """The `_id` under which *owner*'s document is kept."""
    return f"{owner}/{document_id}"


def below(owner: str, parent: str = "") -> Bson:
    """The range of `_id`s of *owner*'s documents, or of those below the document *parent*."""
    start = f"{owner}/{parent}/" if parent else f"{owner}/"
    return {"$gt": start, "$lt": start[:-1] + chr(ord("/") + 1)}


def to_bson(document: Document, key: DataKey) -> Bson:
    """Encode *document* as it is stored, sealed with its owner's data key *key*."""
    fields = _fields_of(document)
    for name in fields_marked(type(document), Privacy.SEALED):
        if fields[name] is not None:
            plain = msgspec.msgpack.encode(fields[name])
            fields[name] = seal(
                key, plain, _where(document.collection, document.owner, fields, name)
            )
    stored = {name: value for name, value in fields.items() if value is not None}
    if document.first_version == 1:
        del stored["first_version"], stored["made_by"]
    words = blind(document.words(), key)
    if words:
        stored[WORDS] = words
    return {"_id": key_of(document.owner, stored.pop("id")), **stored}


def require_readable(document: Document) -> None:
    """Refuse a *document* that cannot be stored, or that one of its readers would refuse.

    There are two, with the same rules: that of what is stored, and that of events, which are JSON.
    """
    try:
        size = len(bson.encode(_fields_of(document)))
        _decoder(type(document)).decode(_encoder.encode(document))
    except Refusal as refusal:
        raise _invalid(refusal.detail, refusal.flaws) from None
    except msgspec.ValidationError:
        plain = msgspec.json.decode(_encoder.encode(document))
        flaws = flaws_of(plain, type(document))
        raise _invalid(summary(flaws), flaws) from None
    except (BSONError, OverflowError, UnicodeError) as failure:
        raise _invalid(f"It cannot be stored: {type(failure).__name__}.", ()) from None
    if size > LARGEST:
        raise _invalid(f"A document has {LARGEST >> 20} MiB at most.", ())


def read(
    kind: type[D], stored: Bson, owner: str, key: DataKey, broken: BrokenDocuments
) -> D | BrokenDocument:
    """Decode what `to_bson` stored, or make a stand-in for a document that cannot be read."""
    try:
        return from_bson(kind, stored, key)
    except _BROKEN as reason:
        broken.met(kind, stored["_id"], reason)
        return stand_in(kind, stored, owner, stored["_id"][len(owner) + 1 :])


def from_bson(kind: type[D], stored: Bson, key: DataKey) -> D:
    """Decode the document that `to_bson` stored."""
    fields = dict(stored)
    owner = fields["owner"]
    fields["id"] = fields.pop("_id")[len(owner) + 1 :]
    for name in fields_marked(kind, Privacy.SEALED):
        if name in fields:
            plain = unseal(key, fields[name], _where(kind.collection, owner, fields, name))
            fields[name] = msgspec.msgpack.decode(plain)
    return msgspec.convert(fields, kind)


def blind(words: Iterable[str], key: DataKey) -> list[bytes]:
    """The blind index values of *words*, in an order that tells nothing."""
    return sorted(key.blind_all(words))


def label_named(
    kind: type[Document], field: str, stored: Bson, name: bytes, key: DataKey
) -> str | None:
    """The label among those in a stored document's sealed *field* that goes by *name*.

    None for a document that cannot be read.
    """
    owner, _, document_id = stored["_id"].partition("/")
    try:
        plain = unseal(
            key, stored[field], _where(kind.collection, owner, {"id": document_id}, field)
        )
        labels = msgspec.msgpack.decode(plain, type=list[str])
    except _BROKEN:
        return None
    return next((text for text in labels if key.blind(label(text)) == name), None)


def _fields_of(document: Document) -> Bson:
    fields: Bson = msgspec.to_builtins(document, builtin_types=(dt.datetime, bytes))
    return fields


@functools.cache
def _decoder(kind: type[Document]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _invalid(words: str, flaws: tuple[FieldError, ...]) -> Invalid:
    return Invalid("document_invalid", f"This cannot be saved: {words}", flaws=flaws)


def _where(collection: str, owner: str, fields: Bson, name: str) -> bytes:
    return associated_data(collection, owner, fields["id"], name)

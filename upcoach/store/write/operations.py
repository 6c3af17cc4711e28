"""The bulk operations that store what a batch has decided."""

from collections.abc import Iterator
from typing import Any

from pymongo import DeleteOne, InsertOne, ReplaceOne

from models.base.document import Document
from models.contexts import TIMERS
from upcoach.store.base import codec, tombstones
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.decider import Decider
from upcoach.store.write.reads import ReadSet
from upcoach.store.write.refs import Ref, is_logged, stands_below
from upcoach.store.write.timers import COLLECTION, changed_timers


class BulkOperations:
    """The operations from the documents *read* to those decided."""

    def __init__(self, read: ReadSet, decider: Decider, keyring: KeyRing) -> None:
        self._read = read
        self._decider = decider
        self._keyring = keyring

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Each operation, with the collection that it changes."""
        for ref, after in self._decider.state.items():
            make = self._logged if is_logged(ref) else self._unlogged
            for operation in make(ref, after):
                yield ref.kind.collection, operation
            before = self._read.documents.get(ref)
            if ref.kind in TIMERS and after is not before:
                for operation in changed_timers(ref, before, after, self._decider.at):
                    yield COLLECTION, operation

    def _logged(self, ref: Ref, after: Document | None) -> list[Any]:
        before = self._read.documents.get(ref)
        if after is before:
            return []
        key = {"_id": codec.key_of(ref.owner, ref.id)}
        if any(stands_below(ref, parent) for parent in self._decider.swept):
            before = None
        if after is None:
            return [] if before is None else [DeleteOne(key)]
        stored = codec.to_bson(after, self._keyring[ref.owner])
        return [InsertOne(stored) if before is None else ReplaceOne(key, stored)]

    def _unlogged(self, ref: Ref, after: Document | None) -> list[Any]:
        """The same for a document that is in no log: when deleted, it leaves a tombstone."""
        before, buried = self._read.documents.get(ref), self._read.tombstones.get(ref)
        former = self._decider.former.get(ref)
        if after is not None:
            stored = codec.to_bson(after, self._keyring[ref.owner])
        elif former is not None:
            stored = tombstones.tombstone(ref.owner, ref.id, former)
        else:
            return []
        if after is before and former == buried:
            return []
        if before is None and buried is None:
            return [InsertOne(stored)]
        key = {"_id": stored["_id"]}
        if not isinstance(before, BrokenDocument):
            key["version"] = before.version if before else buried
        return [ReplaceOne(key, stored)]

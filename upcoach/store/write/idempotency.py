"""Receipts: the answers to the mutations of the last seven days, so that a repeat gets the same."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec

from models.base import errors
from models.base.errors import FieldError, Invalid, Refusal
from upcoach.store.base.database import Bson, Database
from upcoach.store.base.indexes import CollectionSpec, Index
from upcoach.store.base.sealing import Unreadable, associated_data, seal, unseal
from upcoach.store.secrets.keyring import KeyRing
from upcoach.store.write.outcomes import AnyOutcome, Outcome, Replay
from upcoach.store.write.pending import PendingWrite
from upcoach.store.write.requests import AnyWrite

COLLECTION = "receipts"
KEPT = dt.timedelta(days=7)
COLLECTIONS = (CollectionSpec(COLLECTION, (Index(name="kept", keys=("at",), kept=KEPT),)),)

Name = tuple[str, str]  # user, mutation id

_REFUSALS: dict[str, type[Refusal]] = {
    kind.__name__: kind
    for kind in (errors.Forbidden, errors.NotFound, errors.Conflict, errors.Invalid)
}


class _Refused(msgspec.Struct, frozen=True):
    kind: str
    code: str
    detail: str
    flaws: tuple[FieldError, ...]
    extra: dict[str, Any]


class _Content(msgspec.Struct, frozen=True, omit_defaults=True):
    outcome: Replay | None = None
    refused: _Refused | None = None


class ReceiptAnswer(msgspec.Struct, frozen=True):
    """The answer to a mutation, with the fingerprint of its request."""

    fingerprint: bytes
    content: _Content

    def repeated(self, fingerprint: bytes) -> Replay:
        """The same answer or refusal again; `Invalid` if the request is another."""
        if fingerprint != self.fingerprint:
            raise Invalid(
                "mutation_reused",
                "This id was used for another request. Use a new id for a new request.",
            )
        refused = self.content.refused
        if refused is not None:
            refusal = _REFUSALS[refused.kind](
                refused.code, refused.detail, flaws=refused.flaws, extra=refused.extra
            )
            refusal.replayed = True
            raise refusal
        assert self.content.outcome is not None
        return self.content.outcome


class Receipts:
    """Answers by user and mutation id, sealed under the user's key."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def answers(self, names: Iterable[Name]) -> dict[Name, ReceiptAnswer]:
        """The stored answers to the mutations *names*."""
        keys = {"/".join(name): name for name in names}
        if not keys:
            return {}
        async with self._database.connection():
            rows = await self._database[COLLECTION].find({"_id": {"$in": list(keys)}}).to_list()
        given = {}
        for stored in rows:
            name = keys[stored["_id"]]
            try:
                plain = unseal(
                    self._keyring[name[0]], stored["body"], associated_data(COLLECTION, *name)
                )
            except Unreadable:
                continue
            content = msgspec.msgpack.decode(plain, type=_Content)
            given[name] = ReceiptAnswer(stored["fingerprint"], content)
        return given

    def to_bson(self, write: AnyWrite, answer: AnyOutcome | Refusal, at: dt.datetime) -> Bson:
        """The receipt for *write*, which has a mutation id."""
        assert write.mutation is not None
        name = (write.scope.user, write.mutation.id)
        plain = msgspec.msgpack.encode(_content(answer))
        return {
            "_id": "/".join(name),
            "fingerprint": write.mutation.fingerprint,
            "body": seal(
                self._keyring[write.scope.user], plain, associated_data(COLLECTION, *name)
            ),
            "at": at,
        }


async def replay(receipts: Receipts, pending_writes: Iterable[PendingWrite]) -> None:
    """Answer repeated mutations with the answer of their first time."""
    named = {
        (pending.write.scope.user, pending.write.name): pending
        for pending in pending_writes
        if pending.write.mutation is not None
    }
    for name, answer in (await receipts.answers(named)).items():
        pending = named[name]
        assert pending.write.mutation is not None
        if pending.done.done():
            continue
        try:
            pending.done.set_result(answer.repeated(pending.write.mutation.fingerprint))
        except Refusal as refusal:
            pending.fail(refusal)


def _content(answer: AnyOutcome | Refusal) -> _Content:
    if isinstance(answer, Outcome):
        return _Content(outcome=Replay.of(answer))
    refused = _Refused(
        type(answer).__name__, answer.code, answer.detail, answer.flaws, answer.extra
    )
    return _Content(refused=refused)

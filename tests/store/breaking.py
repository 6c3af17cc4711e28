"""Somebody with a document of every kind, and documents that no reader can make sense of."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from bson.datetime_ms import DatetimeMS

from models.account import Session, User
from models.base.document import Document, Privacy, fields_marked
from models.contexts import DOCUMENTS
from tests.account.contract_mail import stepped_up
from tests.laws.contexts import full_documents
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from upcoach.client import RestClient
from upcoach.store.base import codec
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref, ref_of
from upcoach.store.write.requests import Write

KINDS: Final = tuple(kind for kind in DOCUMENTS if kind not in (User, Session))


async def with_everything(server: Server) -> RestClient:
    """Somebody with one more document of every kind, in the log as if they had been written."""
    person = await stepped_up(server, await server.person())
    scope = scope_of(server, person)
    documents = [
        msgspec.structs.replace(one, owner=scope.user, version=1)
        for one in full_documents()
        if type(one) in KINDS
    ]

    def decide(changes: WriteContext) -> Outcome[None]:
        for one in documents:
            changes.create(one)
        return Outcome(verb="created", document=None)

    reads = tuple(map(ref_of, documents))
    await server.node.committer.submit(Write(scope=scope, reads=reads, decide=decide))
    return person


def unsealed(kind: type[Document]) -> dict[str, Any]:
    """A sealed field that was never sealed; of a kind without one, a field of another type."""
    sealed = sorted(fields_marked(kind, Privacy.SEALED))
    return {"$set": {(sealed or ["updated_at"])[0]: b"\x01 nothing that was sealed"}}


# Changes of what is stored of a document after which nobody can read it.
BREAKAGES: Final[dict[str, Callable[[type[Document]], dict[str, Any]]]] = {
    "of another type": lambda _: {"$set": {"created_at": "never"}},
    "not all there": lambda _: {"$unset": {"updated_at": ""}},
    "sealed by nobody": unsealed,
    "of no time": lambda _: {"$set": {"updated_at": DatetimeMS(2**62)}},
}


async def broken(server: Server, ref: Ref, change: dict[str, Any]) -> None:
    """Make the document *ref* one that cannot be read."""
    done = await server.node.database[ref.kind.collection].update_one(
        {"_id": codec.key_of(ref.owner, ref.id)}, change
    )
    assert done.matched_count == 1


def deletion(server: Server, person: RestClient, ref: Ref) -> Write[None]:
    """A write that deletes the document *ref*, whatever it is."""

    def decide(changes: WriteContext) -> Outcome[None]:
        changes.discard(*ref)
        return Outcome(verb="deleted", document=None)

    return Write(scope=scope_of(server, person), reads=(ref,), decide=decide)

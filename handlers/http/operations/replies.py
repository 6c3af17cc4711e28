"""Replies: what an operation answers, in no transport's words."""

from typing import Any

import msgspec

from models.access.scope import Scope
from models.account import Session
from models.base.document import Document, public
from models.wire.cursor import Cursor
from upcoach.store.write.outcomes import AnyWriteResult, Outcome

STATUS_OF_VERB = {"created": 201, "updated": 200, "deleted": 204, "unchanged": 200}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of an operation, for whatever transport.

    Attributes
    ----------
    seq
        The position of the effect in the caller's feed; None when there is none.
    raw
        A ready-made body, in place of *body*.
    size
        The bytes that it is charged as, where its body leaves some out.
    merged
        See `upcoach.store.write.outcomes.Outcome`.
    acted_as
        The scope that a caller without a token acted in.
    start_session
        The session that starts in the browser of the caller.
    end_session
        Whether the session in the browser of the caller ends.
    trust_device
        The cookie of a trusted device that the browser gets, see `Call.trusted`.

    """

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    version: int | None = None
    seq: int | None = None
    cursor: str | None = None
    merged: tuple[str, ...] = ()
    replayed: bool = False
    size: int = 0
    acted_as: Scope | None = None
    headers: dict[str, str] = {}
    start_session: Session | None = None
    end_session: bool = False
    trust_device: str = ""


def write_reply(outcome: AnyWriteResult) -> Reply:
    """The reply to a write."""
    status = STATUS_OF_VERB[outcome.verb]
    return Reply(
        status=status,
        body=outcome.body,
        version=outcome.version if outcome.body is not None else None,
        seq=outcome.seq,
        merged=outcome.merged,
        replayed=outcome.replayed,
    )


def document_reply(document: Document) -> Reply:
    """The reply that shows *document*."""
    return Reply(body=public(document), version=document.version)


def owner_scope(outcome: Outcome[Document]) -> Scope:
    """The scope of the owner of the document that was written, for a caller without a token."""
    return Scope(user=outcome.document.owner)


def cursor_text(epoch: str, reply: Reply) -> str | None:
    """The cursor that goes with *reply*."""
    if reply.cursor is not None:
        return reply.cursor
    return None if reply.seq is None else str(Cursor(epoch, reply.seq))

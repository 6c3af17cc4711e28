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
    """What is answered, in no transport's words.

    Attributes
    ----------
    seq
        The position of the effect in the caller's feed; None when there is none.
    raw
        A ready-made body, in place of *body*.
    merged
        See `upcoach.store.write.outcomes.Outcome`.
    acted_as
        As whom a caller without a token goes on.
    start_session
        The session as which the browser that asked is known from now on.
    end_session
        Whether the browser that asked is nobody's from now on.
    trust_device
        What the browser that enters shows from now on, see `Call.trusted`.

    """

    status: int = 200
    body: Any = None
    raw: bytes | None = None
    version: int | None = None
    seq: int | None = None
    cursor: str | None = None
    merged: tuple[str, ...] = ()
    replayed: bool = False
    acted_as: Scope | None = None
    headers: dict[str, str] = {}
    start_session: Session | None = None
    end_session: bool = False
    trust_device: str = ""


def written(outcome: AnyWriteResult) -> Reply:
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


def shown(document: Document) -> Reply:
    """The reply that shows *document*."""
    return Reply(body=public(document), version=document.version)


def owned_by(outcome: Outcome[Document]) -> Scope:
    """Whose document it was that was written: of who came without a token, that is who it was."""
    return Scope(user=outcome.document.owner)


def cursor_text(epoch: str, reply: Reply) -> str | None:
    """The cursor that goes with *reply*."""
    if reply.cursor is not None:
        return reply.cursor
    return None if reply.seq is None else str(Cursor(epoch, reply.seq))

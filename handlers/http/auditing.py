"""The audit entries of operations: who did what to what, and whether it was refused."""

from typing import Any, Final

import msgspec

from handlers.http.operations import Call, Operation, Reply
from models.access.scope import Scope
from models.account import normalised_email
from models.audit import ActorKind, AuditAction
from models.base.errors import Conflict, Forbidden, NotFound, Refusal, Unauthenticated
from upcoach.services.audit import ADDRESS, AuditServices
from upcoach.services.base.oauth_errors import OAuthError

# The refusals that say something about who asks; a malformed request does not.
AUDITED_REFUSALS: Final = (Unauthenticated, Forbidden, NotFound, Conflict)

# OAuth's that say nothing about it: a device that waits, and what is no request at all.
UNAUDITED_ERRORS: Final = frozenset({"authorization_pending", "slow_down", "invalid_request"})

REPLAYED: Final = "token_replayed"


async def audit_reply(
    audit: AuditServices, operation: Operation[Any], call: Call, reply: Reply
) -> None:
    """Write the audit entry of *call*, which was answered with *reply*."""
    if not operation.audit or not operation.audits_done or reply.replayed:
        return
    caller, scope = call.caller, reply.acted_as or (call.caller.scope if call.caller else None)
    kind = "user" if caller is None and scope is not None else actor_kind_of(call)
    await audit.log.note(_action(operation, call, kind, scope), call.origin)


async def audit_refusal(
    audit: AuditServices, operation: Operation[Any], call: Call, refusal: Refusal | OAuthError
) -> None:
    """Write the audit entry of *call*, which was answered with *refusal*.

    A token that is used a second time is taken for stolen, and its session is ended.  That has an
    entry of its own, before the one of the refusal.
    """
    if refusal.replayed_session:
        act = AuditAction(
            action="session.ended",
            kind=actor_kind_of(call),
            user=call.client,
            target=refusal.replayed_session,
            reason=REPLAYED,
        )
        await audit.log.note(act, call.origin)
    reason = _reason(refusal)
    if not operation.audit or not reason:
        return
    scope = call.caller.scope if call.caller else None
    act = _action(operation, call, actor_kind_of(call), scope, reason)
    if isinstance(refusal, Refusal) and refusal.concerns:
        act = msgspec.structs.replace(act, target=refusal.concerns)
    await audit.log.note(act, call.origin)


def actor_kind_of(call: Call) -> ActorKind:
    """Whether a user, an operator, a client or somebody unknown makes *call*."""
    caller = call.caller
    if caller is None:
        return "client" if call.client else "anonymous"
    if caller.is_client:
        return "client"
    return "operator" if "admin" in caller.audiences else "user"


def target_of(operation: Operation[Any], call: Call) -> str:
    """The target of *call*: what its path names, or the address in its body."""
    if call.names:
        return "/".join(call.names.values())
    email = call.body.get("email") if isinstance(call.body, dict) else None
    return ADDRESS + normalised_email(email) if isinstance(email, str) else operation.audit_target


def _reason(refusal: Refusal | OAuthError) -> str:
    """The code of *refusal*; empty if the audit log need not know it."""
    if isinstance(refusal, OAuthError):
        return "" if refusal.error in UNAUDITED_ERRORS else refusal.error
    return refusal.code if isinstance(refusal, AUDITED_REFUSALS) and not refusal.replayed else ""


def _action(
    operation: Operation[Any], call: Call, kind: ActorKind, scope: Scope | None, reason: str = ""
) -> AuditAction:
    return AuditAction(
        action=operation.audit,
        kind=kind,
        user=scope.user if scope else call.client,
        session=scope.session if scope else "",
        target=target_of(operation, call),
        outcome="refused" if reason else "done",
        reason=reason,
    )

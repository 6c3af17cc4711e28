"""What the audit log is told of an operation, which names its act in its row."""

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
TOLD: Final = (Unauthenticated, Forbidden, NotFound, Conflict)

# OAuth's that say nothing about it: a device that waits, and what is no request at all.
QUIET: Final = frozenset({"authorization_pending", "slow_down", "invalid_request"})


async def note_done(
    audit: AuditServices, operation: Operation[Any], call: Call, reply: Reply
) -> None:
    """Note that *call* was answered with *reply*."""
    if not operation.audit or not operation.audits_done or reply.replayed:
        return
    caller, scope = call.caller, reply.acted_as or (call.caller.scope if call.caller else None)
    kind = "user" if caller is None and scope is not None else kind_of(call)
    await audit.log.note(_act(operation, call, kind, scope), call.origin)


async def note_refused(
    audit: AuditServices, operation: Operation[Any], call: Call, refusal: Refusal | OAuthError
) -> None:
    """Note that *call* was answered with *refusal*."""
    reason = _reason(refusal)
    if not operation.audit or not reason:
        return
    scope = call.caller.scope if call.caller else None
    act = _act(operation, call, kind_of(call), scope, reason)
    if isinstance(refusal, Refusal) and refusal.concerns:
        act = msgspec.structs.replace(act, target=refusal.concerns)
    await audit.log.note(act, call.origin)


def kind_of(call: Call) -> ActorKind:
    """What it is that *call* is of."""
    caller = call.caller
    if caller is None:
        return "client" if call.client else "anonymous"
    if caller.is_client:
        return "client"
    return "operator" if "admin" in caller.audiences else "user"


def target_of(operation: Operation[Any], call: Call) -> str:
    """What *call* is about: what its path names, or the address in its body."""
    if call.names:
        return "/".join(call.names.values())
    email = call.body.get("email") if isinstance(call.body, dict) else None
    return ADDRESS + normalised_email(email) if isinstance(email, str) else operation.audit_target


def _reason(refusal: Refusal | OAuthError) -> str:
    """The code of *refusal*; empty if the audit log need not know it."""
    if isinstance(refusal, OAuthError):
        return "" if refusal.error in QUIET else refusal.error
    return refusal.code if isinstance(refusal, TOLD) and not refusal.replayed else ""


def _act(
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

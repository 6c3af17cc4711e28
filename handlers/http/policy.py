"""Authorization: the one place where a token is compared with what an operation needs."""

import datetime as dt
from typing import Any, Final

from handlers.http.operations import EACH, Operation
from models.access.caller import Caller
from models.base.errors import Forbidden, Unauthenticated
from upcoach.services.account import AccountServices, step_up_required

WATCH_PERMISSION: Final = "admin:metrics"  # what following all nodes and all events takes


def is_for_operators(operation: Operation[Any]) -> bool:
    """Whether only operators may do it."""
    return operation.needs.startswith("admin:")


def require_permission(operation: Operation[Any], caller: Caller) -> None:
    """Refuse *caller* unless their token may be used for *operation*."""
    if caller.is_client:
        raise Forbidden("person_needed", "This belongs to a person; an app by itself has none.")
    _require_audience("admin" if is_for_operators(operation) else "api", caller)
    if operation.needs != EACH:
        _require_permission(operation.needs, caller)
    if is_for_operators(operation) and caller.acr < 2:
        raise step_up_required(2)


async def require_step_up(
    operation: Operation[Any], caller: Caller, now: dt.datetime, account: AccountServices
) -> None:
    """Refuse *caller* unless they have shown a factor as lately as *operation* demands."""
    if operation.stepped_up:
        operator = is_for_operators(operation)
        await account.step_ups.require(caller, now, operator=operator, in_write=operation.live)


async def require_role(account: AccountServices, operation: Operation[Any], caller: Caller) -> None:
    """Refuse *caller* an operators' operation that their roles do not allow as of now."""
    if not is_for_operators(operation):
        return
    if operation.needs not in await account.accounts.permissions_of(caller.scope):
        raise Forbidden("operator_needed", "This is for operators only.")


def require_panel_token(caller: Caller) -> None:
    """Refuse *caller* unless their token is one of the operators' panel, of two factors."""
    _require_audience("admin", caller)
    _require_permission(WATCH_PERMISSION, caller)
    if caller.acr < 2:
        raise step_up_required(2)


def _require_audience(audience: str, caller: Caller) -> None:
    if audience not in caller.audiences:
        raise Unauthenticated("audience_wrong", "This token is not for this part of the service.")


def _require_permission(permission: str, caller: Caller) -> None:
    if permission not in caller.permissions:
        raise Forbidden(
            "permission_missing",
            f"This token may not be used for {permission}.",
            extra={"scope": permission},
        )


def require_live_token(caller: Caller) -> Caller:
    """*caller*, or a refusal unless their token opens a socket."""
    if "live" not in caller.audiences or "live:read" not in caller.permissions or caller.is_client:
        raise Unauthenticated("audience_wrong", "This token is not for this part of the service.")
    return caller

"""Who may do what: the one place where a token meets an operation."""

import datetime as dt
from typing import Final

from handlers.operations import Operation
from models.caller import Caller
from models.errors import Forbidden, Unauthenticated
from upcoach.services import Services

_ADMIN: Final = "admin:"
STEPPED_UP: Final = dt.timedelta(minutes=15)  # how long a second factor counts as just shown


def require_permission(operation: Operation, caller: Caller, now: dt.datetime) -> None:
    """Refuse *caller* unless their token may be used for *operation*."""
    if caller.is_client:
        raise Forbidden("person_needed", "This is a person's; a client by itself has none of it.")
    audience = "admin" if operation.needs.startswith(_ADMIN) else "api"
    if audience not in caller.audiences:
        raise Unauthenticated("audience_wrong", "This token is not for this part of the service.")
    if operation.needs not in caller.permissions:
        raise Forbidden(
            "permission_missing",
            f"This token may not be used for {operation.needs}.",
            extra={"scope": operation.needs},
        )
    if operation.stepped_up and not is_fresh(caller, now):
        raise stepping_up_needed()


async def require_power(services: Services, operation: Operation, caller: Caller) -> None:
    """Refuse *caller* what operators do, unless they are one as of now."""
    if not operation.needs.startswith(_ADMIN):
        return
    if operation.needs not in await services.accounts.powers(caller.scope):
        raise Forbidden("operator_needed", "This is for operators.")


def require_live(caller: Caller) -> Caller:
    """*caller*, or a refusal unless their token opens a socket."""
    if "live" not in caller.audiences or "live:read" not in caller.permissions or caller.is_client:
        raise Unauthenticated("audience_wrong", "This token is not for this part of the service.")
    return caller


def is_fresh(caller: Caller, now: dt.datetime) -> bool:
    """Whether *caller* has shown two factors just now."""
    return caller.acr >= 2 and now - caller.authenticated_at <= STEPPED_UP


def stepping_up_needed() -> Unauthenticated:
    """The refusal of a caller who has to show a factor again (RFC 9470, 3)."""
    max_age = int(STEPPED_UP.total_seconds())
    return Unauthenticated(
        "insufficient_user_authentication",
        "Show once more who you are, with a second factor.",
        extra={"acr_values": "2", "max_age": max_age},
    )

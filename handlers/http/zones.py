"""Whose clock a question is about."""

from handlers.http.operations import Call
from models.base.errors import Flaw, Invalid
from models.habits.habit import check_zone
from upcoach.services.contexts import Services


async def zone(services: Services, call: Call, asked: str | None) -> str:
    """The zone that is *asked* for, or the one of the caller's account."""
    if asked is None:
        return str((await services.accounts.me(call.scope))["tz"])
    try:
        check_zone(asked)
    except Invalid as refusal:
        flaw = Flaw("?tz", "zone_unknown", refusal.detail)
        raise Invalid("parameter_invalid", refusal.detail, flaws=(flaw,)) from None
    return asked

"""Whose clock a question is about."""

from handlers.http.operations import Call
from models.base.errors import Invalid, invalid_parameter
from models.base.time import check_zone
from upcoach.services.base.time_zones import TimeZones


async def zone(zones: TimeZones, call: Call, asked: str | None) -> str:
    """The zone that is *asked* for, or the one of the caller's account."""
    if asked is None:
        return await zones.of(call.scope)
    try:
        check_zone(asked)
    except Invalid as refusal:
        raise invalid_parameter("tz", refusal.detail, code="zone_unknown") from None
    return asked

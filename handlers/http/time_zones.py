"""The time zone of a request."""

from handlers.http.operations import Call
from models.base.errors import Invalid, invalid_parameter
from models.base.time import check_zone
from upcoach.services.base.time_zones import TimeZones


async def zone(zones: TimeZones, call: Call, tz: str | None) -> str:
    """The zone that is *tz* for, or the one of the caller's account."""
    if tz is None:
        return await zones.of(call.scope)
    try:
        check_zone(tz)
    except Invalid as refusal:
        raise invalid_parameter("tz", refusal.detail, code="zone_unknown") from None
    return tz

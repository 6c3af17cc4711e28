"""Events of a calendar, as tests write and read them."""

from typing import Any, Final

from models.base.merge_patch import Json
from tests.support.wire.answers import done
from upcoach.client import RestClient

EVENTS: Final = "/v1/calendar/events"
CALENDAR: Final = "/v1/calendar"
BERLIN: Final = "Europe/Berlin"


def event(**more: Any) -> Json:
    """An event of an hour, in Berlin."""
    usual = {"title": "Swim", "starts": "2026-03-02T18:00", "ends": "2026-03-02T19:00"}
    return {**usual, "tz": BERLIN, **more}


async def made(person: RestClient, **more: Any) -> Json:
    """The event that *person* makes."""
    body: Json = (await done(person.call("POST", EVENTS, event(**more)))).body
    return body


async def times(
    person: RestClient, event_id: str, first: str, last: str, tz: str = BERLIN
) -> list[str]:
    """When the occurrences of an event begin between two dates."""
    found = await occurrences(person, event_id, first, last, tz)
    return [one["starts"] for one in found]


async def occurrences(
    person: RestClient, event_id: str, first: str, last: str, tz: str = BERLIN
) -> list[Json]:
    """The occurrences of an event between two dates."""
    query = f"from={first}T00:00:00Z&to={last}T00:00:00Z&tz={tz}"
    answer = await done(person.call("GET", f"{EVENTS}/{event_id}/occurrences?{query}"))
    items: list[Json] = answer.body["items"]
    return items


async def shown(
    person: RestClient, first: str, last: str, tz: str = BERLIN, more: str = ""
) -> list[Json]:
    """What stands in the calendar between two dates."""
    query = f"from={first}T00:00:00Z&to={last}T00:00:00Z&tz={tz}{more}"
    items: list[Json] = (await done(person.call("GET", f"{CALENDAR}?{query}"))).body["items"]
    return items

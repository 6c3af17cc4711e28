"""What the laws try of calendars."""

from collections.abc import Iterator
from typing import Any

from models.base.document import Document
from models.base.merge_patch import Json
from models.calendar import CalendarEvent, EventException
from tests.calendar.writing import EVENTS, event
from tests.support.laws.context import NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import KEPT, OPERATOR
from tests.support.laws.snapshots import CHANGED, CREATED, DELETED, UNCHANGED, Row
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

SWIM = "cev_01a20c66-99df-75bd-8f37-3328887fd961"
FAIR = "cev_01a20c66-99df-75bd-8f37-3328887fd962"
NEW = "cev_01a20c66-99df-75bd-8f37-3328887fd963"
NOTHING = "cev_01a20c66-99df-75bd-8f37-3328887fd964"
ONE = f"{EVENTS}/{{id}}"
OCCURRENCE = f"{ONE}/occurrences/{{starts}}"
SECOND = "2026-03-03T18:00"
THIRD = "2026-03-04T18:00"
UPDATED = ("calendar_event.updated",)

WRITES = (
    Row("add an event", CREATED, ("calendar_event.created",), "POST", EVENTS, {}, event(id=NEW)),
    Row("add it again", 409, (), "POST", EVENTS, {}, event(id=SWIM)),
    Row("rename one", CHANGED, UPDATED, "PATCH", ONE, {"id": SWIM}, {"title": "Dive"}, 1),
    Row(
        "move what was renamed",
        CHANGED,
        UPDATED,
        "PATCH",
        ONE,
        {"id": SWIM},
        {"starts": "2026-03-02T17:00"},
        1,
        {"title": "Bathe"},
    ),
    Row("leave one as it is", UNCHANGED, (), "PATCH", ONE, {"id": FAIR}, {"title": "Fair"}, 1),
    Row(
        "change an occurrence",
        CHANGED,
        UPDATED,
        "PATCH",
        OCCURRENCE,
        {"id": SWIM, "starts": SECOND},
        {"title": "Dive"},
    ),
    Row(
        "delete an occurrence",
        CHANGED,
        UPDATED,
        "DELETE",
        OCCURRENCE,
        {"id": SWIM, "starts": THIRD},
    ),
    Row(
        "delete what is none",
        404,
        (),
        "DELETE",
        OCCURRENCE,
        {"id": SWIM, "starts": "2026-03-03T18:01"},
    ),
    Row("delete one", DELETED, ("calendar_event.deleted",), "DELETE", ONE, {"id": FAIR}),
    Row("delete nothing", 404, (), "DELETE", ONE, {"id": NOTHING}),
)

WRONG: list[tuple[Any, str]] = [
    ({"title": ""}, "/title"),
    ({"title": "x" * 256}, "/title"),
    ({"description": "x" * 10_001}, "/description"),
    ({"location": OPERATOR}, "/location"),
    ({"color": "red"}, "/color"),
    ({"all_day": 1}, "/all_day"),
    ({"starts": "2026-03-02T24:00"}, "/starts"),
    ({"starts": "2026-03-02T18:00Z"}, "/starts"),
    ({"starts": "2026-02-30T18:00"}, "/starts"),
    ({"starts": "0999-02-03T18:00"}, "/starts"),
    ({"ends": "2026-03-02T17:00"}, "/ends"),
    ({"ends": "2027-03-04T17:00"}, "/ends"),
    ({"ends": OPERATOR}, "/ends"),
    ({"all_day": True}, "/starts"),
    ({"tz": "Mars/Olympus"}, "/tz"),
    ({"floating": "yes"}, "/floating"),
    ({"busy": "yes"}, "/busy"),
    ({"status": "done"}, "/status"),
    ({"rule": "FREQ=HOURLY"}, "/rule"),
    ({"rule": "FREQ=DAILY;UNTIL=20260101"}, "/rule"),
    ({"rule": "FREQ=DAILY;INTERVAL=\u0662"}, "/rule"),
    ({"rule": ""}, "/rule"),
    ({"rule": OPERATOR}, "/rule"),
    ({"extra_dates": ["2026-03-05"]}, "/extra_dates/0"),
    ({"excluded_dates": ["2026-03-05T18:00", "x"]}, "/excluded_dates/1"),
    ({"exceptions": {"2026-03-05": {}}}, "/exceptions/2026-03-05"),
    ({"exceptions": {SECOND: {"title": ""}}}, f"/exceptions/{SECOND}/title"),
    ({"exceptions": {SECOND: {"ends": "2026-03-03T17:00"}}}, f"/exceptions/{SECOND}/ends"),
    ({"exceptions": {SECOND: {"guests": 3}}}, f"/exceptions/{SECOND}/guests"),
    ({"sequence": 3}, "/sequence"),
    ({"starts_at": "2026-03-02T18:00:00Z"}, "/starts_at"),
    *KEPT,
]

FLAWED: Flaws = {
    ("POST", EVENTS): (event(), [({"id": "cev_1"}, "/id"), *WRONG]),
    ("PATCH", ONE): ({}, WRONG),
    ("PATCH", OCCURRENCE): (
        {},
        [
            ({"title": ""}, "/title"),
            ({"starts": "tomorrow"}, "/starts"),
            ({"ends": OPERATOR}, "/ends"),
            ({"busy": 1}, "/busy"),
            ({"status": "done"}, "/status"),
            ({"rule": "FREQ=DAILY"}, "/rule"),
            *KEPT,
        ],
    ),
}
MISSING: tuple[tuple[str, str, Json, str], ...] = (
    ("POST", EVENTS, {"title": "Swim", "starts": SECOND}, "/ends"),
    ("POST", EVENTS, {"starts": SECOND, "ends": THIRD}, "/title"),
)


async def furnish(_server: Server, person: RestClient) -> None:
    """Give *person* a series and a day."""
    await done(person.call("POST", EVENTS, event(id=SWIM, rule="FREQ=DAILY;COUNT=9")))
    whole = {"all_day": True, "starts": "2026-03-05", "ends": "2026-03-05"}
    await done(person.call("POST", EVENTS, event(id=FAIR, title="Fair", **whole)))


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of an event that *stranger* has."""
    return await hide(stranger, (EVENTS, "cev", event(title="Hide")))


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield CalendarEvent(
        id="cev_1",
        title="canary",
        description="canary",
        location="canary",
        color="#1a2b3c",
        all_day=False,
        starts="2026-01-05T12:00",
        ends="2026-01-05T13:00",
        tz="Pacific/Apia",
        floating=True,
        busy=False,
        status="tentative",
        rule="FREQ=DAILY;COUNT=3",
        extra_dates=("2026-01-20T12:00",),
        excluded_dates=("2026-01-06T12:00",),
        exceptions={
            "2026-01-07T12:00": EventException(
                starts="2026-01-07T13:00",
                ends="2026-01-07T14:00",
                title="canary",
                location="canary",
                busy=True,
                status="cancelled",
            )
        },
        starts_at=NOON,
        until_at=NOON,
        last_date=NOON.date(),
        sequence=2,
        **base,
    )


ROWS = ContextRows(
    name="calendar",
    writes=WRITES,
    furnish=furnish,
    ids={EVENTS: SWIM},
    hidden=hidden,
    flawed=FLAWED,
    missing=MISSING,
    lists={EVENTS: 100},
    made={"calendar_event": (EVENTS, event())},
    full=full,
    deleted={"calendar_event": f"{EVENTS}/{{}}"},
)

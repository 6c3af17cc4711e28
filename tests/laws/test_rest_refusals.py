"""Bad input over REST: always a problem, never a 5xx, and nothing has changed."""

import asyncio
import base64
import json
import time
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from config.settings import Settings
from handlers.http.operations import Operation
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json
from models.insights.insight import insight_id
from tests.account import contract_mail
from tests.account import refused as accounts
from tests.account.flawed_mail import FLAWED_MAIL, PUBLIC_MAIL
from tests.goals import people as goals
from tests.laws.everything import furnished
from tests.support.laws.snapshots import snapshot
from tests.support.laws.surface import SURFACE
from tests.support.people import diary
from tests.support.people.furnished import (
    ENTRY,
    GOAL,
    GOALS,
    HABIT,
    HABITS,
    LOG,
    NOWHERE,
    ONE_GOAL,
    ONE_HABIT,
    ONE_VACATION,
    VACATION,
    VACATIONS,
    WATER,
)
from tests.support.people.relations import INVITATIONS
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.client import Client, Response

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

MUTATIONS = "/v1/mutations"
REGISTER, LOGIN, IMPORT = "/v1/auth/register", "/v1/auth/login", "/v1/imports/loop"
REFRESH, SHARE = "/v1/auth/refresh", "/v1/shares/{coach}"
COACH = "usr_01a20c66-99df-75bd-8f37-3328887fd987"
REGISTRATION = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve"}
CREDENTIALS = {"email": "eve@example.org", "password": PASSWORD, "device": "phone"}
OPERATOR = {"$gt": ""}
FIRST = {"If-Match": '"v1"'}
CRITS: list[Any] = [5, [{}]]  # no lists of names (RFC 7515, 4.1.11)

FILES = {"zip": {"Content-Type": "application/zip"}, "csv": {"Content-Type": "text/csv"}}
HABITICA = "/v1/imports/habitica"


class Ask(msgspec.Struct, frozen=True):
    """A request that must be refused, and how."""

    status: int
    code: str
    method: str
    path: str
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = {}
    pointer: str | None = None


async def ask_for(person: Client, ask: Ask) -> Response:
    """The answer to *ask*."""
    return await person.call(ask.method, ask.path, ask.body, raw=ask.raw, headers=ask.headers)


async def assert_refused(person: Client, asks: Iterable[Ask]) -> list[Response]:
    """Every one of *asks* is refused as it says, and changes nothing."""
    witness = await snapshot(person)
    answers = []
    for ask in asks:
        answer = await ask_for(person, ask)
        assert_problem(answer, ask)
        answers.append(answer)
    assert await snapshot(person) == witness
    assert answers
    return answers


def assert_problem(answer: Response, ask: Ask) -> None:
    """*answer* is the problem (RFC 9457) that *ask* expects."""
    shown = (ask, answer)
    assert answer.headers.get("content-type") == "application/problem+json", shown
    problem = answer.body
    assert (answer.status, problem["code"]) == (ask.status, ask.code), shown
    assert problem["status"] == ask.status, shown
    assert problem["type"] == f"/problems/{ask.code}", shown
    assert problem["title"], shown
    assert problem["detail"], shown
    assert problem["instance"], shown
    assert problem["request_id"] == answer.headers["x-request-id"], shown
    if ask.pointer is not None:
        assert [flaw["pointer"] for flaw in problem["errors"]] == [ask.pointer], shown


def place_of(operation: Operation[Any], **names: str) -> str:
    """The operation's path with ids of `furnished` in it."""
    own = {
        goals.TEMPLATES: goals.PLAN,
        "/v1/goals": GOAL,
        VACATIONS: VACATION,
        "/v1/habits": HABIT,
        "/v1/coach": insight_id(HABIT),
        "/v1/clients": diary.PAGE,
        INVITATIONS: "inv_01a20c66-99df-75bd-8f37-3328887fd981",
        "/v1/auth/identities": "ide_01a20c66-99df-75bd-8f37-3328887fd981",
        **accounts.PLACES,
        **diary.PLACES,
    }
    found = [document for path, document in own.items() if operation.path.startswith(path)]
    given = {"local_date": "2026-01-05", "coach": COACH, "client": COACH, "version": "1"}
    given |= {"point": goals.POINT_1, "provider": "google"}
    chosen = {"id": found[0] if found else ""} | given | names
    return operation.path.format(**chosen)


def mut() -> Json:
    """A write that would be carried out."""
    body = {"title": "Swim"}
    return {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": GOALS, "body": body}


def every(anchor: str) -> Json:
    """A schedule of every other day."""
    return {"type": "every", "days": 2, "anchor": anchor}


def rule(text: str, anchor: str = "2026-01-01") -> Json:
    """A schedule by a rule."""
    return {"type": "rrule", "rule": text, "anchor": anchor}


def with_body(*kinds: str) -> list[Operation[Any]]:
    """The operations that take a body of these *kinds*."""
    return [operation for operation in SURFACE if operation.body in kinds]


def named() -> list[Operation[Any]]:
    """The operations on one document."""
    return [operation for operation in SURFACE if "{id}" in operation.path]


def sent_with(operation: Operation[Any]) -> tuple[Any, dict[str, str]]:
    """A body and headers that the operation takes."""
    whole, _ = FLAWED.get((operation.method, operation.path), ({}, []))
    return (whole if operation.body != "none" else None), (
        FIRST if operation.method == "PATCH" or "{version}" in operation.path else {}
    )


MALFORMED = {
    "half an object": b'{"title":',
    "two values": b"{} {}",
    "single quotes": b"{'title': 'Run'}",
    "a trailing comma": b'{"title": "Run",}',
    "a comment": b'{"title": "Run"} // really',
    "NaN": b'{"title": "Run", "progress": NaN}',
    "an infinity": b'{"title": "Run", "progress": -Infinity}',
    "a number that becomes infinite": b'{"title": "Run", "progress": 1e999}',
    "an integer beyond 2^53": b'{"title": "Run", "progress": 1152921504606846976}',
    "an integer of 5000 digits": b'{"progress": ' + b"9" * 5000 + b"}",
    "a name twice": b'{"title": "Run", "title": "Walk"}',
    "a name twice further down": b'{"measure": {"type": "yes_no", "type": "amount"}}',
    "40 levels": b'{"title": ' + b"[" * 40 + b"]" * 40 + b"}",
    "60000 levels": b"[" * 60_000,
    "a lone surrogate": b'{"title": "\\ud800"}',
    "a lone surrogate in a name": b'{"\\udfff": 1}',
    "NUL": b'{"title": "Run\\u0000"}',
    "a bare control character": b'{"title": "Run\n"}',
    "no UTF-8": b'{"title": "\xff"}',
    "UTF-16": '{"title": "Run"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"title": "Run"}',
    "white space": b"  ",
}

SHAPES: tuple[Any, ...] = (
    [],
    [{}],
    "text",
    1,
    1.5,
    True,
    False,
    {"$where": "1"},
    {"__proto__": {}},
)

# By operation: what makes a whole body, and which values in it are refused at which place.
FLAWED: dict[tuple[str, str], tuple[Json, list[tuple[Json, str]]]] = {
    **accounts.FLAWED,
    ("POST", REGISTER): (
        REGISTRATION,
        [
            ({"email": OPERATOR}, "/email"),
            ({"email": "eve"}, "/email"),
            ({"email": "eve@example.org\n"}, "/email"),
            ({"email": f"{'e' * 250}@x.org"}, "/email"),
            ({"email": None}, "/email"),
            ({"email": ["eve@example.org"]}, "/email"),
            ({"password": "short"}, "/password"),
            ({"password": "x" * 129}, "/password"),
            ({"password": OPERATOR}, "/password"),
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"tz": "Mars/Olympus"}, "/tz"),
            ({"tz": "../../etc/passwd"}, "/tz"),
            ({"tz": "Europe"}, "/tz"),
            ({"tz": ""}, "/tz"),
            ({"tz": "x" * 5000}, "/tz"),
            ({"tz": OPERATOR}, "/tz"),
            ({"roles": ["superadmin"]}, "/roles"),
            ({"id": "usr_1"}, "/id"),
            ({"password_hash": "x"}, "/password_hash"),
        ],
    ),
    ("POST", LOGIN): (
        CREDENTIALS,
        [
            ({"email": OPERATOR}, "/email"),
            ({"password": {"$ne": None}}, "/password"),
            ({"device": ""}, "/device"),
            ({"device": "my phone"}, "/device"),
            ({"device": "phone\n"}, "/device"),
            ({"device": "x" * 65}, "/device"),
            ({"device_name": "x" * 101}, "/device_name"),
            ({"user": "usr_1"}, "/user"),
        ],
    ),
    ("POST", REFRESH): (
        {"refresh_token": "usr_1.ses_1.c2VjcmV0"},
        [
            ({"refresh_token": OPERATOR}, "/refresh_token"),
            ({"refresh_token": None}, "/refresh_token"),
            ({"refresh_token": "x" * 4097}, "/refresh_token"),
            ({"token": "x"}, "/token"),
        ],
    ),
    **FLAWED_MAIL,
    ("POST", INVITATIONS): (
        {"as": "coach"},
        [
            ({"as": "boss"}, "/as"),
            ({"as": OPERATOR}, "/as"),
            ({"as": None}, "/as"),
            ({"role": "coach"}, "/role"),
            ({"code": "x"}, "/code"),
        ],
    ),
    **{
        ("POST", f"{INVITATIONS}/{verb}"): (
            {"code": "x"},
            [
                ({"code": ""}, "/code"),
                ({"code": "x" * 129}, "/code"),
                ({"code": OPERATOR}, "/code"),
                ({"code": None}, "/code"),
                ({"client": COACH}, "/client"),
            ],
        )
        for verb in ("look", "accept")
    },
    ("PUT", SHARE): (
        {"kinds": ["goal"]},
        [
            ({"kinds": OPERATOR}, "/kinds"),
            ({"kinds": []}, "/kinds"),
            ({"kinds": ["session"]}, "/kinds/0"),
            ({"kinds": ["goal", None]}, "/kinds/1"),
            ({"coach": COACH}, "/coach"),
        ],
    ),
    ("POST", GOALS): (
        {"title": "Swim"},
        [
            ({"id": "swim"}, "/id"),
            ({"id": HABIT}, "/id"),
            ({"id": GOAL.upper()}, "/id"),
            ({"id": f"{GOAL}\n"}, "/id"),
            ({"id": f"usr_1/{GOAL}"}, "/id"),
            ({"id": "gol_01a20c66-99df-45bd-8f37-3328887fd981"}, "/id"),
            ({"id": OPERATOR}, "/id"),
        ],
    ),
    ("PATCH", ONE_GOAL): (
        {},
        [
            ({"title": None}, "/title"),
            ({"title": ""}, "/title"),
            ({"title": "x" * 256}, "/title"),
            ({"title": 5}, "/title"),
            ({"title": OPERATOR}, "/title"),
            ({"title": ["Run"]}, "/title"),
            ({"description": "x" * 1001}, "/description"),
            ({"category": "sports"}, "/category"),
            ({"priority": OPERATOR}, "/priority"),
            ({"status": "done"}, "/status"),
            ({"status": True}, "/status"),
            ({"progress": -0.1}, "/progress"),
            ({"progress": 1.1}, "/progress"),
            ({"progress": "0.5"}, "/progress"),
            ({"progress": True}, "/progress"),
            ({"target_date": "2026-02-30"}, "/target_date"),
            ({"target_date": "tomorrow"}, "/target_date"),
            ({"target_date": 20_260_101}, "/target_date"),
            ({"target_date": "2026-01-01T00:00:00Z"}, "/target_date"),
            ({"owner": "usr_1"}, "/owner"),
            ({"version": 9}, "/version"),
            ({"completed_at": "2026-01-01T00:00:00Z"}, "/completed_at"),
            ({"_id": "x"}, "/_id"),
            ({"$set": {"title": "x"}}, "/$set"),
            ({"id": NOWHERE}, "/id"),
        ],
    ),
    ("POST", HABITS): (
        {"name": "Read"},
        [
            ({"id": GOAL}, "/id"),
            ({"id": f"{HABIT}/2026-01-01"}, "/id"),
            ({"id": f"{HABIT}\n"}, "/id"),
        ],
    ),
    ("PATCH", ONE_HABIT): (
        {},
        [
            ({"name": ""}, "/name"),
            ({"name": OPERATOR}, "/name"),
            ({"question": "x" * 1001}, "/question"),
            ({"measure": {"type": "length"}}, "/measure/type"),
            ({"measure": {"type": "amount"}}, "/measure/target"),
            ({"measure": {"type": "amount", "target": -1}}, "/measure/target"),
            ({"measure": {"type": "amount", "target": 1e10}}, "/measure/target"),
            ({"measure": {"type": "amount", "target": OPERATOR}}, "/measure/target"),
            ({"measure": {"type": "amount", "target": 1, "unit": "x" * 33}}, "/measure/unit"),
            ({"measure": {"target": 1}}, "/measure/target"),
            ({"measure": "yes_no"}, "/measure"),
            ({"schedule": {"type": "weekdays"}}, "/schedule/days"),
            ({"schedule": {"type": "weekdays", "days": []}}, "/schedule/days"),
            ({"schedule": {"type": "weekdays", "days": [0]}}, "/schedule/days/0"),
            ({"schedule": {"type": "weekdays", "days": [1, 8]}}, "/schedule/days/1"),
            ({"schedule": {"type": "weekdays", "days": [1] * 8}}, "/schedule/days"),
            ({"schedule": {"type": "rate", "times": 8, "days": 7}}, "/schedule/times"),
            ({"schedule": {"type": "rate", "times": 0, "days": 7}}, "/schedule/times"),
            ({"schedule": {"type": "rate", "times": 1, "days": 367}}, "/schedule/days"),
            ({"schedule": {"type": "rate", "times": 1.5, "days": 7}}, "/schedule/times"),
            ({"schedule": {"every": "day"}}, "/schedule/every"),
            ({"tz": "Mars/Olympus"}, "/tz"),
            ({"starts_on": "2026-13-01"}, "/starts_on"),
            ({"measure": {"type": "amount", "target": 1, "step": 0}}, "/measure/step"),
            ({"measure": {"type": "amount", "target": 1, "step": "1"}}, "/measure/step"),
            ({"measure": {"type": "count", "target": 1.5}}, "/measure/target"),
            ({"measure": {"type": "count", "target": 2, "step": 0.5}}, "/measure/step"),
            ({"measure": {"type": "duration"}}, "/measure/target"),
            ({"measure": {"type": "duration", "target": 30, "unit": "h"}}, "/measure/unit"),
            ({"measure": {"type": "range", "low": 2}}, "/measure/high"),
            ({"measure": {"type": "range", "low": 2, "high": 1}}, "/measure/low"),
            ({"schedule": {"type": "per_week", "times": 8}}, "/schedule/times"),
            ({"schedule": {"type": "per_week", "times": 0}}, "/schedule/times"),
            ({"schedule": {"type": "per_month", "times": 32}}, "/schedule/times"),
            ({"schedule": {"type": "every", "days": 2}}, "/schedule/anchor"),
            ({"schedule": every("1969-12-31")}, "/schedule/anchor"),
            ({"schedule": every("9999-12-31")}, "/schedule/anchor"),
            ({"schedule": every("2026-02-30")}, "/schedule/anchor"),
            ({"schedule": rule("")}, "/schedule/rule"),
            ({"schedule": rule("BYDAY=MO")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=HOURLY")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=daily")}, "/schedule/rule"),
            ({"schedule": rule("RRULE:FREQ=DAILY")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;FREQ=DAILY")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;INTERVAL=0")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;INTERVAL=1000")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;COUNT=0")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;COUNT=100000")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;UNTIL=20200101")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;UNTIL=20269999")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;UNTIL=00000000")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;UNTIL=20270101T000000Z")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;BYHOUR=7")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;BYEASTER=0")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;BYMONTH=13")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;BYMONTH=0")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=WEEKLY;BYDAY=1MO")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=WEEKLY;BYMONTHDAY=1")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=MONTHLY;BYDAY=0MO")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=MONTHLY;BYDAY=6MO")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=MONTHLY;BYMONTHDAY=0")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=MONTHLY;BYSETPOS=0;BYDAY=MO")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=MONTHLY;BYMONTHDAY=999")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=YEARLY;BYYEARDAY=400")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=YEARLY;BYWEEKNO=54")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY;WKST=XX")}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY" + ";" * 250)}, "/schedule/rule"),
            ({"schedule": rule("x" * 256)}, "/schedule/rule"),
            ({"schedule": rule("FREQ=DAILY", "1969-01-01")}, "/schedule/anchor"),
            ({"schedule": rule("FREQ=DAILY", "2072-01-01")}, "/schedule/anchor"),
            ({"day_start": -1}, "/day_start"),
            ({"day_start": 1440}, "/day_start"),
            ({"day_start": 1.5}, "/day_start"),
            ({"starts_on": "1969-12-31"}, "/starts_on"),
            ({"category": "sports"}, "/category"),
            ({"position": 1e13}, "/position"),
            ({"position": "first"}, "/position"),
            ({"reminders": [{"time": "24:00"}]}, "/reminders/0/time"),
            ({"reminders": [{"time": "7:30"}]}, "/reminders/0/time"),
            ({"reminders": [{"time": "07:30\n"}]}, "/reminders/0/time"),
            ({"reminders": [{"time": "07:30", "weekdays": []}]}, "/reminders/0/weekdays"),
            ({"reminders": [{"time": "07:30", "weekdays": [0]}]}, "/reminders/0/weekdays/0"),
            ({"reminders": [{"time": "07:30"}] * 11}, "/reminders"),
            ({"reminders": OPERATOR}, "/reminders"),
            ({"archived_at": "2026-01-01T00:00:00Z"}, "/archived_at"),
            ({"color": "red"}, "/color"),
            ({"color": "#00FF00\n"}, "/color"),
            ({"archived": "yes"}, "/archived"),
            ({"archived": 1}, "/archived"),
            ({"source": "loop"}, "/source"),
        ],
    ),
    ("PUT", ENTRY): (
        {},
        [
            ({"state": "maybe"}, "/state"),
            ({"state": OPERATOR}, "/state"),
            ({"value": 1}, "/value"),
            ({"value": -1}, "/value"),
            ({"value": 1e10}, "/value"),
            ({"value": "1"}, "/value"),
            ({"note": "x" * 1001}, "/note"),
            ({"note": OPERATOR}, "/note"),
            ({"achieved": True}, "/achieved"),
            ({"local_date": "2026-01-01"}, "/local_date"),
            ({"at": "2026-01-05T08:00:00"}, "/at"),
            ({"at": "2026-01-09T08:00:00Z"}, "/at"),
            ({"at": "0001-01-01T00:00:00+14:00"}, "/at"),
            ({"at": "9999-12-31T23:59:59-14:00"}, "/at"),
            ({"at": 1767600000}, "/at"),
            ({"tz": "Europe/Berlin"}, "/tz"),
            ({"share": 1}, "/share"),
            ({"backfilled": False}, "/backfilled"),
            ({"minute": 5}, "/minute"),
        ],
    ),
    ("POST", LOG): (
        {},
        [
            ({"at": "2026-01-05T08:00:00"}, "/at"),
            ({"at": "1900-01-05T08:00:00Z"}, "/at"),
            ({"at": OPERATOR}, "/at"),
            ({"tz": "Mars/Olympus"}, "/tz"),
            ({"tz": OPERATOR}, "/tz"),
            ({"state": "maybe"}, "/state"),
            ({"value": 1}, "/value"),
            ({"local_date": "2026-01-01"}, "/local_date"),
        ],
    ),
    ("POST", VACATIONS): (
        {"first": "2026-03-01", "last": "2026-03-02"},
        [
            ({"id": HABIT}, "/id"),
            ({"first": None}, "/first"),
            ({"first": "2026-03-03"}, "/last"),
            ({"first": "1969-12-31", "last": "1970-01-01"}, "/first"),
            ({"last": "2027-03-02"}, "/last"),
            ({"habits": [GOAL]}, "/habits/0"),
            ({"habits": [HABIT] * 101}, "/habits"),
            ({"habits": HABIT}, "/habits"),
            ({"note": "x" * 1001}, "/note"),
            ({"owner": "usr_1"}, "/owner"),
        ],
    ),
    ("PATCH", ONE_VACATION): (
        {},
        [
            ({"first": None}, "/first"),
            ({"first": "2026-03-03"}, "/last"),
            ({"last": "2026-01-01"}, "/last"),
            ({"last": OPERATOR}, "/last"),
            ({"habits": [OPERATOR]}, "/habits/0"),
            ({"id": VACATION}, "/id"),
        ],
    ),
    ("POST", HABITICA): (
        {"tasks": {"habits": [{"_id": "h", "text": "Walk"}]}},
        [
            ({"tasks": None}, "/tasks"),
            ({"tasks": {"dailys": {}}}, "/tasks/dailys"),
            ({"tasks": {"todos": [{"text": "Pay"}]}}, "/tasks/todos/0/_id"),
            ({"preferences": {"dayStart": 24}}, "/preferences/dayStart"),
            ({"tags": ["money"]}, "/tags/0"),
        ],
    ),
    **diary.FLAWED,
    **goals.FLAWED,
}


# What no request to carry out many writes may hold, and where.
BATCHES: tuple[tuple[Any, str], ...] = (
    ([], ""),
    ({}, ""),
    ([{}], "/0/id"),
    ([mut() | {"id": 1}], "/0/id"),
    ([mut() | {"id": None}], "/0/id"),
    ([mut() | {"id": "x" * 257}], "/0/id"),
    ([mut() | {"op": ["POST"]}], "/0/op"),
    ([mut() | {"op": "x" * 257}], "/0/op"),
    ([mut() | {"path": None}], "/0/path"),
    ([mut() | {"path": "/" + "x" * 256}], "/0/path"),
    ([mut() | {"base": "v1"}], "/0/base"),
    ([mut() | {"base": 1.5}], "/0/base"),
    ([mut() | {"base": True}], "/0/base"),
    ([mut() | {"t": "sub"}], "/0/t"),
    ([mut() | {"t": None}], "/0/t"),
    ([mut(), mut() | {"path": 1}], "/1/path"),
    ([mut(), "mut"], "/1"),
    ([mut(), None], "/1"),
    ([mut(), [mut()]], "/1"),
    ([mut()] * 101, ""),
)


async def test_malformed_json_is_refused_everywhere(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Content-Type": "application/json"} | FIRST

        await assert_refused(
            person,
            [
                Ask(
                    400,
                    "json_malformed",
                    operation.method,
                    place_of(operation),
                    raw=raw,
                    headers=headers,
                )
                for operation in with_body("json", "merge-patch")
                for raw in MALFORMED.values()
            ],
        )


async def test_json_that_is_no_such_object_is_refused_everywhere(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Content-Type": "application/json"} | FIRST

        await assert_refused(
            person,
            [
                Ask(
                    422,
                    "body_invalid",
                    operation.method,
                    place_of(operation),
                    raw=raw,
                    headers=headers,
                )
                for operation in with_body("json", "merge-patch")
                for raw in (b"", b"null", *map(msgspec.json.encode, SHAPES))
            ],
        )


async def test_of_many_writes_none_is_carried_out_when_one_is_no_write(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await assert_refused(
            person,
            [
                Ask(422, "body_invalid", "POST", MUTATIONS, batch, pointer=pointer)
                for batch, pointer in BATCHES
            ],
        )


def test_every_operation_with_a_json_body_has_flawed_ones() -> None:
    assert set(FLAWED) | {("POST", MUTATIONS)} == {
        (operation.method, operation.path) for operation in with_body("json", "merge-patch")
    }


async def test_a_flawed_field_is_named(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await assert_refused(
            person,
            [
                Ask(
                    422,
                    "body_invalid",
                    operation.method,
                    place_of(operation),
                    body=FLAWED[operation.method, operation.path][0] | flawed,
                    headers=FIRST,
                    pointer=pointer,
                )
                for operation in with_body("json", "merge-patch")
                if operation.path != MUTATIONS
                for flawed, pointer in FLAWED[operation.method, operation.path][1]
            ],
        )


async def test_a_missing_field_is_named(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        water = ENTRY.format(id=WATER, local_date="2026-01-05")
        registration, credentials = dict(REGISTRATION), dict(CREDENTIALS)
        del registration["name"], credentials["device"]

        await assert_refused(
            person,
            [
                Ask(422, "body_invalid", "POST", REGISTER, registration, pointer="/name"),
                Ask(422, "body_invalid", "POST", LOGIN, credentials, pointer="/device"),
                Ask(422, "body_invalid", "POST", GOALS, {}, pointer="/title"),
                Ask(422, "body_invalid", "POST", HABITS, {}, pointer="/name"),
                Ask(422, "body_invalid", "PUT", water, {}, pointer="/value"),
            ],
        )


async def test_what_is_not_ours_looks_like_what_is_not(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await furnished(server), await server.person()
        goal, habit = new_id("gol"), new_id("hab")
        await done(stranger.call("POST", GOALS, {"id": goal, "title": "Hide"}))
        await done(stranger.call("POST", HABITS, {"id": habit, "name": "Hide"}))
        entry = ENTRY.format(id=habit, local_date="2026-01-05")
        await done(stranger.call("PUT", entry, {}))
        vacation = new_id("vac")
        leave = {"id": vacation, "first": "2026-03-01", "last": "2026-03-02"}
        await done(stranger.call("POST", VACATIONS, leave))
        strangers = await goals.hidden(stranger)
        strangers |= {
            VACATIONS: vacation,
            "/v1/goals": goal,
            "/v1/habits": habit,
            "/v1/coach": insight_id(habit),
        }
        strangers |= await diary.hidden(stranger) | await accounts.hidden(server, stranger)
        strangers["/v1/clients"] = strangers[diary.JOURNAL]
        made = await done(stranger.call("POST", INVITATIONS, {"as": "coach"}))
        strangers[INVITATIONS] = made.body["id"]
        strangers |= await contract_mail.hidden(server, stranger)
        user = (await stranger.call("GET", "/v1/me")).body["id"]
        secret = await snapshot(stranger)

        names: list[tuple[Operation[Any], str]] = []
        for operation in named():
            if (operation.method, operation.path) in diary.MAKES:
                continue
            theirs = next(v for k, v in strangers.items() if operation.path.startswith(k))
            other_kind = HABIT if operation.path.startswith("/v1/goals") else GOAL
            names += [
                (operation, name)
                for name in (
                    new_id(theirs.partition("_")[0]),
                    theirs,
                    other_kind,
                    f"{user}%2F{theirs}",
                    f"..%2F{user}%2F{theirs}",
                    f"{HABIT}%2F2026-01-05",
                    "x",
                    "$gt",
                    "%7B%22$gt%22:%22%22%7D",
                    "%E2%80%AE",
                )
            ]
        answers = await assert_refused(
            person,
            [
                Ask(
                    404,
                    "not_found",
                    operation.method,
                    place_of(operation, id=name),
                    sent_with(operation)[0],
                    headers=sent_with(operation)[1],
                )
                for operation, name in names
            ],
        )

        assert len({wiped(answer) for answer in answers}) == 1
        assert await snapshot(stranger) == secret


async def test_a_path_that_holds_no_id_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await assert_refused(
            person,
            [
                Ask(
                    400,
                    code,
                    operation.method,
                    place_of(operation, id=name),
                    sent_with(operation)[0],
                    headers=sent_with(operation)[1],
                )
                for operation in named()
                for name, code in (
                    ("%00", "parameter_invalid"),
                    (f"{GOAL}%00", "parameter_invalid"),
                    ("x" * 513, "parameter_invalid"),
                    ("%FF", "bad_request"),
                    ("%ED%A0%80", "bad_request"),
                )
            ],
        )


async def test_a_date_that_is_none_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        dates = (
            "2026-02-30",
            "2026-1-5",
            "20260105",
            "2026-W02-1",
            "2026-01-05T00:00:00Z",
            "0000-01-01",
            "10000-01-01",
            "-001-01-01",
            "2026-01-05%0A",
            "%20",
            "today",
            "1767571200",
        )

        await assert_refused(
            person,
            [
                Ask(422, "body_invalid", method, ENTRY.format(id=HABIT, local_date=date), body)
                for method, body in (("PUT", {}), ("DELETE", None))
                for date in dates
            ],
        )


async def test_a_change_says_which_version_it_changes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        malformed = ("v1", '"1"', '"v0"', "*", 'W/"v1"', '"v1", "v2"', '"v9999999999"', "", '"v1')
        goal, habit = ONE_GOAL.format(id=GOAL), ONE_HABIT.format(id=HABIT)
        body = {"archived": True}

        answers = await assert_refused(
            person,
            [
                Ask(412, "version_stale", "PATCH", goal, {"title": "X"}, headers=stale(2)),
                Ask(412, "version_stale", "PATCH", habit, body, headers=stale(999_999_999)),
                Ask(412, "version_stale", "DELETE", goal, headers=stale(2)),
                Ask(428, "version_required", "PATCH", goal, {"title": "X"}),
                Ask(428, "version_required", "PATCH", habit, body),
                *(
                    Ask(400, "version_invalid", method, path, sent, headers={"If-Match": text})
                    for text in malformed
                    for method, path, sent in (
                        ("PATCH", goal, {"title": "X"}),
                        ("PATCH", habit, body),
                        ("DELETE", goal, None),
                        ("DELETE", habit, None),
                    )
                ),
            ],
        )

        current = (await person.call("GET", goal)).body
        assert answers[0].body["version"] == 1
        assert answers[0].body["current"] == current


def stale(version: int) -> dict[str, str]:
    """The header of a change to *version*."""
    return {"If-Match": f'"v{version}"'}


async def test_a_write_is_named_by_a_uuid(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        keys = (
            "",
            "1",
            "x" * 300,
            new_mutation_id().upper(),
            f"{{{new_mutation_id()}}}",
            "ü",
            "a b",
        )

        await assert_refused(
            person,
            [
                Ask(
                    400,
                    "mutation_id_invalid",
                    operation.method,
                    place_of(operation),
                    None if operation.body in FILES else sent_with(operation)[0],
                    raw=b"" if operation.body in FILES else None,
                    headers=sent_with(operation)[1]
                    | {"Idempotency-Key": key}
                    | FILES.get(operation.body, {}),
                )
                for operation in SURFACE
                if operation.writes
                for key in (*keys, "01a20c66-99df-45bd-8f37-3328887fd981")
            ],
        )


@pytest.mark.parametrize(
    ("method", "path", "body", "other"),
    [
        ("POST", GOALS, {"title": "Swim"}, {"title": "Walk"}),
        ("PATCH", ONE_GOAL.format(id=GOAL), {"title": "Swim"}, {"title": "Walk"}),
        ("PUT", ENTRY.format(id=HABIT, local_date="2026-02-01"), {}, {"state": "skip"}),
        ("POST", HABITS, {"name": "Read"}, {"name": "Read", "archived": False}),
    ],
    ids=["create", "change", "set", "habit"],
)
async def test_a_write_is_carried_out_once_for_its_name(
    settings: Settings, method: str, path: str, body: Json, other: Json
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Idempotency-Key": new_mutation_id()} | (FIRST if method == "PATCH" else {})

        first = await done(person.call(method, path, body, headers=headers))
        witness = await snapshot(person)
        again = await person.call(method, path, dict(reversed(body.items())), headers=headers)
        reused = Ask(422, "mutation_reused", method, path, other, headers=headers)
        elsewhere = Ask(422, "mutation_reused", "POST", f"{HABITS}", {"name": "Z"}, None, headers)
        await assert_refused(person, [reused, elsewhere])

        assert first.headers.get("idempotency-replayed") is None
        assert again.headers["idempotency-replayed"] == "true"
        assert again.status == first.status
        assert again.body == first.body
        assert again.headers["upcoach-cursor"] == first.headers["upcoach-cursor"]
        assert again.headers["etag"] == first.headers["etag"]
        assert await snapshot(person) == witness


async def test_a_deletion_is_carried_out_once_for_its_name(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        goal = ONE_GOAL.format(id=GOAL)
        headers = {"Idempotency-Key": new_mutation_id()}

        first = await person.call("DELETE", goal, headers=headers)
        again = await person.call("DELETE", goal, headers=headers)
        unnamed = await person.call("DELETE", goal)

        assert [first.status, again.status, unnamed.status] == [204, 204, 404]
        assert again.headers["idempotency-replayed"] == "true"


async def test_a_refusal_is_the_same_the_second_time(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        goal = ONE_GOAL.format(id=GOAL)
        key = {"Idempotency-Key": new_mutation_id()}
        ask = Ask(412, "version_stale", "PATCH", goal, {"title": "X"}, headers=stale(2) | key)

        (first,) = await assert_refused(person, [ask])
        await done(person.call("PATCH", goal, {"title": "Y"}, headers=FIRST))
        (again,) = await assert_refused(person, [ask])

        assert wiped(again) == wiped(first)


async def test_a_body_of_another_type_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        types = (
            "text/plain",
            "application/x-www-form-urlencoded",
            "json",
            "",
        )

        await assert_refused(
            person,
            [
                Ask(
                    415,
                    "unsupported_media_type",
                    operation.method,
                    place_of(operation),
                    raw=b"{}",
                    headers={"Content-Type": name} | FIRST,
                )
                for operation in with_body("json", "merge-patch", "zip", "csv")
                for name in types
            ],
        )


async def test_a_body_that_is_too_large_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Content-Type": "application/json"} | FIRST

        await assert_refused(
            person,
            [
                Ask(
                    413,
                    "request_entity_too_large",
                    operation.method,
                    place_of(operation),
                    raw=b'{"title": "' + b"x" * operation.largest + b'"}',
                    headers=headers,
                )
                for operation in with_body("json", "merge-patch")
            ],
        )


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        allowed: dict[str, set[str]] = {}
        places: dict[str, str] = {}
        for operation in SURFACE:
            allowed.setdefault(operation.path, {"OPTIONS"}).add(operation.method)
            places[operation.path] = place_of(operation)
            if operation.method == "GET":
                allowed[operation.path].add("HEAD")

        wrong = [
            (path, method)
            for path, methods in allowed.items()
            for method in (*METHODS, "TRACE", "BREW")
            if method not in methods and method != "HEAD"
        ]
        answers = await assert_refused(
            person,
            [
                Ask(405, "method_not_allowed", method, places[path], raw=b"")
                for path, method in wrong
            ],
        )
        options = {path: await person.call("OPTIONS", places[path]) for path in allowed}

        for (path, _), answer in zip(wrong, answers, strict=True):
            assert answer.headers["allow"] == ", ".join(sorted(allowed[path]))
        for path, answer in options.items():
            assert answer.status == 204
            assert answer.headers["allow"] == ", ".join(sorted(allowed[path]))


async def test_a_path_that_is_not_there_is_not_found(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        paths = (
            "/",
            "/v1",
            "/v2/goals",
            "/v1/goals/",
            "/v1//goals",
            "/v1/Goals",
            "/v1/goals.json",
            f"/v1/goals/{GOAL}/entries",
            "/v1/habits/x/entries/2026-01-01/more",
            "/v1/goals%2F",
            "/%00",
            "/%FF",
            "/../v1/goals",
            "/.git/config",
        )

        await assert_refused(
            person,
            [
                Ask(404, "not_found", method, path, raw=b"" if method == "POST" else None)
                for path in paths
                for method in ("GET", "POST", "DELETE")
            ],
        )


async def test_parameters_are_known_and_in_range(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        lists = {
            GOALS: 100,
            HABITS: 100,
            VACATIONS: 100,
            f"/v1/habits/{HABIT}/entries": 100,
            "/v1/coach/insights": 100,
            **dict.fromkeys(diary.LISTS, 100),
            goals.TEMPLATES: 100,
            goals.POINTS.format(id=GOAL): 100,
            "/v1/snapshot": 200,
            "/v1/events": 500,
        }
        limits = ("0", "-1", "", "x", "1.5", "%201", "1%0A", "%D9%A3", "9999999")

        asks = []
        for path, most in lists.items():
            place = f"{path}?since=0&" if path == "/v1/events" else f"{path}?"
            asks += [
                Ask(400, "parameter_invalid", "GET", f"{place}limit={limit}")
                for limit in (*limits, str(most + 1))
            ]
            asks += [
                Ask(400, "parameter_unknown", "GET", f"{place}page=2", pointer="?page"),
                Ask(400, "parameter_unknown", "GET", f"{place}$where=1", pointer="?$where"),
                Ask(400, "parameter_unknown", "GET", f"{place}limit[$gt]=1"),
                Ask(400, "parameter_repeated", "GET", f"{place}limit=1&limit=2"),
                Ask(400, "parameter_invalid", "GET", f"{place}after=%FF"),
                Ask(400, "parameter_invalid", "GET", f"{place}after=%00"),
                Ask(400, "parameter_invalid", "GET", f"{place}after={'x' * 513}"),
            ]
        asks += [
            Ask(400, "kind_unknown", "GET", "/v1/snapshot?kind=cat"),
            Ask(400, "kind_unknown", "GET", "/v1/snapshot?kind="),
            Ask(404, "feed_unknown", "GET", "/v1/snapshot?feed=u:usr_1"),
            Ask(404, "feed_unknown", "GET", "/v1/events?since=0&feed=admin:kpi"),
        ]

        await assert_refused(person, asks)


async def test_a_cursor_is_one_that_the_server_gave(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        cursor = (await snapshot(person))[1]
        epoch, _, head = cursor.partition(".")
        malformed = (
            "",
            "x",
            epoch,
            f"{epoch}.",
            f".{head}",
            f"{epoch}.-1",
            f"{epoch}.01",
            f"{epoch}.1.2",
            f"{epoch}.1%0A",
            f"%20{cursor}",
            f"{epoch.upper()}Z.1",
            f"{epoch}.{'9' * 17}",
            "00",
            "NOW",
        )
        other = "zzzz" if epoch != "zzzz" else "yyyy"
        gone = (f"{other}.1", f"{epoch}.{int(head) + 1}", f"{epoch}.9999999999999999")

        answers = await assert_refused(
            person,
            [
                *(Ask(410, "cursor_gone", "GET", f"/v1/events?since={text}") for text in gone),
                Ask(400, "cursor_missing", "GET", "/v1/events"),
                *(
                    Ask(400, "cursor_malformed", "GET", f"/v1/events?since={text}")
                    for text in malformed
                ),
                *(
                    Ask(400, "cursor_malformed", "GET", f"/v1/snapshot?since={text}")
                    for text in malformed[1:]
                ),
            ],
        )

        feed = (await person.call("GET", "/v1/me")).body["id"]
        assert [answer.body["reset"] for answer in answers[:3]] == 3 * [
            {
                "f": f"u:{feed}",
                "reason": "epoch",
                "cur": cursor,
                "snapshot": f"/v1/snapshot?feed=u:{feed}",
            }
        ]


async def test_a_log_that_was_cut_is_said_to_be_cut(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        cursor = (await snapshot(person))[1]
        epoch = cursor.partition(".")[0]
        user = (await person.call("GET", "/v1/me")).body["id"]
        await server.node.database["events"].delete_many({"feed": f"u:{user}", "seq": {"$lt": 4}})

        (answer,) = await assert_refused(
            person, [Ask(410, "cursor_gone", "GET", f"/v1/events?since={epoch}.1")]
        )
        kept = await person.call("GET", f"/v1/events?since={epoch}.3")

        assert answer.body["reset"]["reason"] == "retention"
        assert answer.body["reset"]["cur"] == cursor
        assert kept.body[0]["seq"] == 4


def _headed(header: bytes) -> str:
    """*header* as the first part of a token."""
    return base64.urlsafe_b64encode(header).rstrip(b"=").decode()


async def test_who_has_no_token_is_sent_away_from_every_route(settings: Settings) -> None:
    async with serving(settings) as server:
        person, visitor = await furnished(server), server.client()
        head, claims, signature = person.token.split(".")
        unsigned = _headed(b'{"alg":"none","typ":"at+jwt"}')
        known = json.loads(base64.urlsafe_b64decode(head + "=="))
        odd = [b'["alg"]', b'"alg"', b"[" * 100_000]
        odd += [json.dumps(known | {"crit": crit}).encode() for crit in CRITS]
        other = (await server.person()).token.split(".")
        ended = await logged_out(server, person)
        bearers = (
            f"{head}.{claims}.{signature[:-2]}",
            f"{head}.{claims}.{signature[::-1]}",
            f"{head}.{claims}.",
            f"{head}.{claims}",
            f"{head}.{other[1]}.{signature}",
            f"{head}.{claims}.{other[2]}",
            f"{unsigned}.{claims}.",
            f"{unsigned}.{claims}.{signature}",
            *(f"{_headed(header)[:12_000]}.{claims}.{signature}" for header in odd),
            f"{head}..{signature}",
            f".{claims}.{signature}",
            f"{head}.{claims}.{signature}.{signature}",
            f"{head}.ü.ü",
            "x" * 3000,
            "..",
            ended,
        )
        headers = [
            {},
            {"Authorization": ""},
            {"Authorization": "Bearer "},
            {"Authorization": person.token},
            {"Authorization": f"Basic {person.token}"},
        ]
        closed = [operation for operation in SURFACE if not operation.public]
        witness = await snapshot(person)

        for operation in closed:
            for sent in headers:
                ask = Ask(401, "token_missing", operation.method, place_of(operation), headers=sent)
                assert_sent_away(await ask_for(visitor, ask), ask)
            for token in bearers:
                sent = {"Authorization": f"Bearer {token}"}
                ask = Ask(401, "token_invalid", operation.method, place_of(operation), headers=sent)
                assert_sent_away(await ask_for(visitor, ask), ask)

        assert await snapshot(person) == witness
        assert {operation.path for operation in SURFACE if operation.public} == {
            REGISTER,
            LOGIN,
            REFRESH,
            *PUBLIC_MAIL,
            *accounts.PUBLIC,
        }


async def logged_out(server: Server, person: Client) -> str:
    """A token that held once."""
    email = (await person.call("GET", "/v1/me")).body["email"]
    watch = await server.client().log_in(email, PASSWORD, "watch")
    await done(watch.call("POST", "/v1/auth/logout"))
    watch.close()
    return watch.token


def assert_sent_away(answer: Response, ask: Ask) -> None:
    """*answer* says how to come back."""
    assert_problem(answer, ask)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_wrong_credentials_do_not_tell_what_is_wrong(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        email = (await person.call("GET", "/v1/me")).body["email"]
        known = {"email": email, "password": "wrong password", "device": "phone"}
        unknown = known | {"email": "nobody@example.org"}

        answers = await assert_refused(
            person,
            [
                Ask(401, "credentials_wrong", "POST", LOGIN, known),
                Ask(401, "credentials_wrong", "POST", LOGIN, unknown),
                Ask(401, "credentials_wrong", "POST", LOGIN, known | {"password": ""}),
                Ask(401, "credentials_wrong", "POST", LOGIN, known | {"email": ""}),
            ],
        )

        assert len({wiped(answer) for answer in answers}) == 1


async def test_a_refused_request_took_as_long_as_it_took(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        labels = {"method": "POST", "route": LOGIN}
        name = "upcoach_http_request_duration_seconds_sum"
        registry = server.node.measures.registry
        before = registry.get_sample_value(name, labels) or 0.0

        began = time.perf_counter()
        answer = await person.call("POST", LOGIN, CREDENTIALS, headers={"X-Request-Id": "mine"})
        took = time.perf_counter() - began
        counted = (registry.get_sample_value(name, labels) or 0.0) - before

        assert (answer.status, answer.headers["x-request-id"]) == (401, "mine")
        assert 0 < counted <= took


async def test_an_address_has_one_account_however_it_is_spelt(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        me = (await person.call("GET", "/v1/me")).body
        spellings = [me["email"].upper(), me["email"].replace("example", "\uff45xample")]
        for spelt in spellings:
            wanted = REGISTRATION | {"email": spelt, "password": "another horse"}
            assert (await server.client().call("POST", REGISTER, wanted)).status == 202

        users = []
        for spelt in spellings:
            client = await server.client().log_in(spelt, PASSWORD, "phone")
            users.append((await client.call("GET", "/v1/me")).body["id"])
            client.close()

        assert users == [me["id"]] * 2


async def test_a_file_that_is_no_export_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Content-Type": "application/zip"}

        await assert_refused(
            person,
            [
                *(
                    Ask(422, "import_invalid", "POST", IMPORT, raw=raw, headers=headers)
                    for raw in (b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"x" * 100_000)
                ),
                Ask(400, "parameter_invalid", "POST", f"{IMPORT}?tz=x", raw=b"", headers=headers),
                Ask(400, "parameter_unknown", "POST", f"{IMPORT}?a=b", raw=b"", headers=headers),
            ],
        )


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * 20_000 + b"\r\n\r\n", b""),
        (b"POST /v1/goals HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"400"),
        (b"POST /v1/goals HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"GET /v1/me HTTP/1.1\r\nHost: x\r\nBroken\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
    ids=["large header", "large body", "negative body", "broken header", "TLS"],
)
async def test_what_is_hardly_http_does_no_harm(
    settings: Settings, head: bytes, status: bytes
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        witness = await snapshot(person)
        port = int(server.url.rpartition(":")[2])

        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        await writer.wait_closed()

        assert answer[9:12] == status
        assert await snapshot(person) == witness


def wiped(answer: Response) -> bytes:
    """The body without what names the request."""
    body = {k: v for k, v in answer.body.items() if k not in ("request_id", "instance")}
    return msgspec.json.encode(body)

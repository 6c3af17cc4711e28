"""No value that somebody makes up is answered with a fault of ours: each is taken or refused."""

import json
from collections.abc import Iterator
from typing import Any, Final

from msgspec import inspect as types

from config.settings import Settings
from handlers.http.operations import Operation
from handlers.http.pagination import ListQuery
from tests.costs import crafted
from tests.costs.probe import PARTS, Call, Json, probing, rows
from upcoach.cli.explain.questions import NEEDED

# What ends the session of whoever asks, or needs a file.
LEFT_OUT: Final = {"/v1/auth/logout", "/v1/auth/sessions", "/v1/auth/sessions/{id}"}
HEADERS: Final = (
    "Accept",
    "Authorization",
    "Content-Type",
    "Cookie",
    "DPoP",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "Origin",
    "Range",
    "Upcoach-Follows",
    "User-Agent",
    "X-Forwarded-For",
    "X-Request-Id",
    "X-UpCoach-CSRF",
)
REQUESTS: Final = (
    ("GET", "/v1/me", None),
    ("POST", "/v1/tasks", b'{"title":"a"}'),
    ("POST", "/v1/auth/login", b"{}"),
)
SHAPES: Final = (
    '"v1"',
    '"v999999999"',
    'W/"v1", "v2"',
    "DPoP a.b.c",
    "Bearer a.b.c",
    "Basic !!!",
    'sid="\\377\\400"; =; ;;',
    "application/json;charset=",
    ",,,",
)


async def test_a_mark_that_no_list_gave_out_is_refused(settings: Settings) -> None:
    async with probing(settings) as probe:
        lists = [one for one in rows("GET") if issubclass(one.query, ListQuery)]
        calls: list[Call] = []
        for operation in lists:
            path = operation.path.format(**await probe.names(operation))
            for mark in crafted.MARKS:
                url = f"{path}?after={probe.quoted(mark)}"
                calls.append(Call(probe.client(operation), "GET", url))
        await probe.ask(calls)

    assert probe.broken == []
    taken = [url for status, url in probe.answers if status != 400]
    # In a list by name any text is a place.
    assert [url for url in taken if not url.startswith("GET /v1/coaches?")] == []


@PARTS
async def test_no_parameter_breaks_a_read(settings: Settings, every: int) -> None:
    async with probing(settings) as probe:
        calls: list[Call] = []
        for operation in rows("GET"):
            path = operation.path.format(**await probe.names(operation))
            for field in _parameters(operation):
                for value in crafted.parameters(field.encode_name, field.type):
                    query = NEEDED.get(operation.path, {}) | {field.encode_name: value}
                    behind = "&".join(f"{one}={probe.quoted(query[one])}" for one in query)
                    calls.append(Call(probe.client(operation), "GET", f"{path}?{behind}"))
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert len(probe.answers) * every > 2_000


@PARTS
async def test_no_path_breaks_anything(settings: Settings, every: int) -> None:
    async with probing(settings) as probe:
        calls: list[Call] = []
        for operation in rows("GET", "DELETE"):
            known = await probe.names(operation)
            for name in known:
                for value in (*crafted.TEXTS, *crafted.NUMBERS, *crafted.TIMES):
                    url = operation.path.format(**known | {name: probe.quoted(value)})
                    if value and operation.path not in LEFT_OUT:
                        calls.append(Call(probe.client(operation), operation.method, url))
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert len(probe.answers) * every > 1_000


@PARTS
async def test_no_body_breaks_a_write(settings: Settings, every: int) -> None:
    async with probing(settings) as probe:
        calls: list[Call] = []
        for operation in rows("POST", "PUT", "PATCH"):
            if operation.takes is None or operation.path == "/v1/mutations":
                continue
            url = operation.path.format(**await probe.names(operation))
            headers = {"If-Match": '"v1"'} if operation.base == "required" else {}
            for body in _bent(types.type_info(operation.takes), probe.body(operation)):
                raw = json.dumps(body).encode()
                client = probe.client(operation)
                calls.append(Call(client, operation.method, url, raw, headers))
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert len(probe.answers) * every > 2_000


@PARTS
async def test_no_header_breaks_a_request(settings: Settings, every: int) -> None:
    async with probing(settings, is_sown=False) as probe:
        calls: list[Call] = []
        values = (*crafted.TEXTS, *crafted.NUMBERS, *crafted.MARKS, *crafted.CURSORS, *SHAPES)
        for name in HEADERS:
            for value in values:
                # What a header has no form for goes as somebody would write it who knows no better.
                sent = value if value.isascii() and value.isprintable() else probe.quoted(value)
                for method, url, body in REQUESTS:
                    calls.append(Call(probe.person, method, url, body, {name: sent}))
        await probe.ask(calls[::every])

    assert probe.broken == []
    assert len(probe.answers) * every > 2_000


def _parameters(operation: Operation[Any]) -> Iterator[types.Field]:
    """The parameters of *operation* but those that make it wait."""
    for query in dict.fromkeys((operation.query, *operation.forms)):
        info = types.type_info(query)
        assert isinstance(info, types.StructType)
        yield from (field for field in info.fields if field.name not in ("wait", "ticket"))


def _bent(info: types.Type, whole: Any) -> Iterator[Any]:
    """*whole* with each field in turn, at any depth, as no field should be."""
    match info:
        case types.Metadata():
            yield from _bent(info.type, whole)
        case types.UnionType():
            for one in info.types:
                yield from _bent(one, whole)
        case types.StructType() if isinstance(whole, dict):
            for field in info.fields:
                yield from _bent_member(field.type, whole, field.encode_name)
        case types.DictType() if isinstance(whole, dict):
            yield from (whole | {name: "a"} for name in crafted.LONG)
            for name in whole:
                yield from _bent_member(info.value_type, whole, name)
        case types.CollectionType() if isinstance(whole, list) and whole:
            values = (*crafted.values(info.item_type), *_bent(info.item_type, whole[0]))
            yield from ([value, *whole[1:]] for value in values)


def _bent_member(info: types.Type, whole: Json, name: str) -> Iterator[Json]:
    for value in (*crafted.values(info), *_bent(info, whole.get(name))):
        yield whole | {name: value}

"""Bodies that are none, or not such: always a problem, never a 5xx, and nothing has changed."""

from typing import Any

import msgspec

from config.settings import Settings
from handlers.http.operations import Operation
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.laws.asking import place_of, with_body
from tests.laws.contexts import FLAWED, MISSING, furnished
from tests.support.laws.refusals import FIRST, RefusedRequest, assert_refused
from tests.support.people.furnished import GOALS
from tests.support.server import serving

MUTATIONS = "/v1/mutations"


def mut() -> Json:
    """A write that would be carried out."""
    body = {"title": "Swim"}
    return {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": GOALS, "body": body}


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
                RefusedRequest(
                    400,
                    "json_malformed",
                    operation.method,
                    place_of(operation),
                    raw=raw,
                    headers=headers,
                )
                for operation in with_body("json", "merge-patch")
                if not operation.unread
                for raw in MALFORMED.values()
            ],
        )


async def test_a_file_that_is_malformed_is_refused_as_a_file(settings: Settings) -> None:
    files = [operation for operation in with_body("json", "merge-patch") if operation.unread]
    headers = {"Content-Type": "application/json"}
    async with serving(settings) as server:
        person = await furnished(server)
        answers = [
            await person.call(operation.method, place_of(operation), raw=raw, headers=headers)
            for operation in files
            for raw in MALFORMED.values()
        ]
    assert files
    assert {answer.status for answer in answers} <= {400, 422}


async def test_json_that_is_no_such_object_is_refused_everywhere(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        headers = {"Content-Type": "application/json"} | FIRST

        await assert_refused(
            person,
            [
                RefusedRequest(
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
                RefusedRequest(422, "body_invalid", "POST", MUTATIONS, batch, pointer=pointer)
                for batch, pointer in BATCHES
            ],
        )


def test_every_operation_with_a_json_body_has_flawed_ones() -> None:
    assert set(FLAWED) | {("POST", MUTATIONS)} == {
        (operation.method, operation.path) for operation in with_body("json", "merge-patch")
    }


def invalid(operation: Operation[Any], body: Json, pointer: str) -> RefusedRequest:
    """That *operation* refuses *body* for what *pointer* names."""
    return RefusedRequest(
        422,
        "body_invalid",
        operation.method,
        place_of(operation),
        body=body,
        headers=FIRST,
        pointer=pointer,
    )


async def test_a_flawed_field_is_named(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await assert_refused(
            person,
            [
                invalid(operation, FLAWED[operation.method, operation.path][0] | flawed, pointer)
                for operation in with_body("json", "merge-patch")
                if operation.path != MUTATIONS
                for flawed, pointer in FLAWED[operation.method, operation.path][1]
            ],
        )


async def test_a_missing_field_is_named(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await assert_refused(
            person,
            [
                RefusedRequest(422, "body_invalid", method, path, body, pointer=pointer)
                for method, path, body, pointer in MISSING
            ],
        )


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
                RefusedRequest(
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
                RefusedRequest(
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


async def test_a_field_that_is_none_is_not_removed_anywhere(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await assert_refused(
            person,
            [
                invalid(operation, {name: None}, f"/{name}")
                for operation in with_body("merge-patch")
                for name in ("owner", "caption", "")
            ],
        )

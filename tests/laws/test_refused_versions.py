"""Writes from a version that is not, or under a name that is none or was used."""

import uuid

import pytest

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.laws.asking import FILES, place_of, sent_with
from tests.laws.contexts import furnished
from tests.support.laws.refusals import FIRST, RefusedRequest, assert_refused, stale, wiped
from tests.support.laws.snapshots import snapshot
from tests.support.laws.surface import SURFACE
from tests.support.people.furnished import ENTRY, GOAL, GOALS, HABIT, HABITS, ONE_GOAL, ONE_HABIT
from tests.support.server import serving
from tests.support.wire.answers import done

KEY = "Idempotency-Key"


async def test_a_change_says_which_version_it_changes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        malformed = ("v1", "", '"v1', '*, "v1"')
        others = ('"1"', '"v0"', 'W/"v1"', '"v2", "v3"', '"v9999999999"')
        goal, habit = ONE_GOAL.format(id=GOAL), ONE_HABIT.format(id=HABIT)
        body = {"archived": True}

        answers = await assert_refused(
            person,
            [
                RefusedRequest(
                    412, "version_stale", "PATCH", goal, {"title": "X"}, headers=stale(2)
                ),
                RefusedRequest(
                    412, "version_stale", "PATCH", habit, body, headers=stale(999_999_999)
                ),
                RefusedRequest(412, "version_stale", "DELETE", goal, headers=stale(2)),
                RefusedRequest(428, "version_required", "PATCH", goal, {"title": "X"}),
                RefusedRequest(428, "version_required", "PATCH", habit, body),
                *(
                    RefusedRequest(status, code, method, path, sent, headers={"If-Match": text})
                    for status, code, texts in (
                        (400, "version_invalid", malformed),
                        (412, "version_stale", others),
                    )
                    for text in texts
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


async def test_a_write_is_named_by_a_uuid(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        keys = (
            "",
            "1",
            "x" * 300,
            "00000000-0000-0000-0000-000000000000",
            f"urn:uuid:{new_mutation_id()}",
            f'"{new_mutation_id()}',
            f"{{{new_mutation_id()}}}",
            "ü",
            "a b",
        )

        await assert_refused(
            person,
            [
                RefusedRequest(
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
                for key in keys
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
        reused = RefusedRequest(422, "mutation_reused", method, path, other, headers=headers)
        elsewhere = RefusedRequest(
            422, "mutation_reused", "POST", f"{HABITS}", {"name": "Z"}, None, headers
        )
        await assert_refused(person, [reused, elsewhere])

        assert first.headers.get("idempotency-replayed") is None
        assert again.headers["idempotency-replayed"] == "true"
        assert again.status == first.status
        assert again.body == first.body
        assert again.headers["upcoach-cursor"] == first.headers["upcoach-cursor"]
        assert again.headers["etag"] == first.headers["etag"]
        assert await snapshot(person) == witness


async def test_any_uuid_names_a_write_however_it_is_spelt(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        plain = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
        others = (uuid.uuid1(), uuid.uuid5(uuid.NAMESPACE_DNS, "x"), new_mutation_id())

        first, *again = [
            await done(person.call("POST", GOALS, {"title": "Swim"}, headers={KEY: key}))
            for key in (plain, plain.upper(), f'"{plain}"')
        ]
        fresh = [
            await done(person.call("POST", GOALS, {"title": "Swim"}, headers={KEY: str(key)}))
            for key in others
        ]
        refused = await person.call("POST", GOALS, {"title": "Swim"}, headers={KEY: "swim-1"})

        assert [answer.body for answer in again] == [first.body] * 2
        assert {answer.headers["idempotency-replayed"] for answer in again} == {"true"}
        assert len({answer.body["id"] for answer in (first, *fresh)}) == 4
        assert refused.body["detail"].startswith("Idempotency-Key is a UUID")


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
        ask = RefusedRequest(
            412, "version_stale", "PATCH", goal, {"title": "X"}, headers=stale(2) | key
        )

        (first,) = await assert_refused(person, [ask])
        await done(person.call("PATCH", goal, {"title": "Y"}, headers=FIRST))
        (again,) = await assert_refused(person, [ask])

        assert wiped(again) == wiped(first)

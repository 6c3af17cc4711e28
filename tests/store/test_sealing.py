"""What is sealed, under which keys, and what is left in the clear."""

import datetime as dt
from typing import Any

import bson
import msgspec
import pytest
from pymongo.errors import OperationFailure

from config.settings import Settings
from models.account import Session, User
from models.base.document import Document, Privacy, fields_marked
from models.base.ids import new_mutation_id
from models.contexts import DOCUMENTS
from models.goals import Goal
from models.habits import Entry, Habit
from tests.laws.contexts import full_documents
from tests.store.opened import MASTERS, answered, bare, database_of, key
from tests.support.laws.context import FULL_GOAL as GOAL
from tests.support.laws.context import FULL_HABIT as HABIT
from tests.support.laws.context import FULL_OWNER as OWNER
from tests.support.server import PASSWORD, serving
from upcoach.store.base import codec
from upcoach.store.base.database import is_outage
from upcoach.store.base.sealing import Unreadable, associated_data, seal, unseal
from upcoach.store.secrets.keyring import KeyRing, MasterKeys

UTC: Any = bson.CodecOptions(tz_aware=True, tzinfo=dt.UTC)


def test_what_was_sealed_opens() -> None:
    one, where = key(), associated_data("goals", OWNER, GOAL, "title")

    sealed = seal(one, b"Run", where)

    assert unseal(one, sealed, where) == b"Run"
    assert seal(one, b"Run", where) != sealed
    assert b"Run" not in sealed


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("goals", OWNER, GOAL, "description"),
        ("goals", OWNER, f"{GOAL}2", "title"),
        ("goals", "usr_2", GOAL, "title"),
        ("habits", OWNER, GOAL, "title"),
        ("goals", OWNER, GOAL),
        ("goals", OWNER + GOAL, "", "title"),
        ("goals", OWNER, GOAL, "title", ""),
    ],
)
def test_what_was_moved_does_not_open(elsewhere: tuple[str, ...]) -> None:
    one = key()
    sealed = seal(one, b"Run", associated_data("goals", OWNER, GOAL, "title"))

    with pytest.raises(Unreadable):
        unseal(one, sealed, associated_data(*elsewhere))


def test_what_was_tampered_with_does_not_open() -> None:
    one, where = key(), associated_data("goals", OWNER, GOAL, "title")
    sealed = seal(one, b"Run", where)

    changed = [
        sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        for index in range(len(sealed))
    ]
    cut = [sealed[:length] for length in range(len(sealed))]

    for broken in (*changed, *cut, sealed + b"\0"):
        with pytest.raises(Unreadable):
            unseal(one, broken, where)


def test_another_key_does_not_open() -> None:
    where = associated_data("goals", OWNER, GOAL, "title")
    sealed = seal(key(), b"Run", where)

    with pytest.raises(Unreadable):
        unseal(key(), sealed, where)


def test_a_server_that_has_just_started_is_away_and_a_wrong_request_is_wrong() -> None:
    starting = OperationFailure("No keys found for HMAC that is valid for time", 211)
    wrong = OperationFailure("unknown operator: $x", 2)

    assert (is_outage(starting), is_outage(wrong)) == (True, False)


async def test_a_key_is_wrapped_for_every_process(settings: Settings) -> None:
    async with database_of(settings) as database:
        maker, other = KeyRing(database, MASTERS), KeyRing(database, MASTERS)
        stored = maker.create(OWNER)
        await database["keys"].insert_one(stored)
        sealed = seal(maker[OWNER], b"Run", b"")

        with pytest.raises(Unreadable):
            other[OWNER]
        await other.load([OWNER, "usr_nobody"])

        assert set(stored) == {"_id", "master", "wrapped"}
        assert len(stored["wrapped"]) == 40
        assert unseal(other[OWNER], sealed, b"") == b"Run"
        assert [other.holds(OWNER), other.holds("usr_nobody")] == [True, False]


async def test_keys_outlive_a_new_master_key_and_not_a_lost_one(settings: Settings) -> None:
    rotated = MasterKeys("k2", {"k2": b"2" * 32, "k1": b"1" * 32})
    lost = MasterKeys("k2", {"k2": b"2" * 32})
    async with database_of(settings) as database:
        old, new, poor = (KeyRing(database, masters) for masters in (MASTERS, rotated, lost))
        await database["keys"].insert_one(old.create(OWNER))
        await database["keys"].insert_one(new.create("usr_2"))

        await new.load([OWNER])
        await poor.load([OWNER, "usr_2"])

        assert new.holds(OWNER)
        assert [poor.holds(OWNER), poor.holds("usr_2")] == [False, True]


async def test_a_destroyed_key_is_gone(settings: Settings) -> None:
    async with database_of(settings) as database:
        ring, other = KeyRing(database, MASTERS), KeyRing(database, MASTERS)
        await database["keys"].insert_one(ring.create(OWNER))

        await ring.destroy(OWNER)
        await ring.load([OWNER])
        await other.load([OWNER])

        assert await database["keys"].count_documents({}) == 0
        assert [ring.holds(OWNER), other.holds(OWNER)] == [False, False]
        with pytest.raises(Unreadable):
            ring[OWNER]


def test_master_keys_are_not_shown() -> None:
    assert repr(MASTERS) == "MasterKeys(current='k1')"


@pytest.mark.parametrize("document", list(full_documents()), ids=lambda document: document.kind)
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    one, other = key(), key()
    kind = type(document)

    stored = codec.to_bson(document, one)
    read = bson.decode(bson.encode(stored), codec_options=UTC)

    assert codec.from_bson(kind, read, one) == document
    assert b"canary" not in bson.encode(stored)
    if fields_marked(kind, Privacy.SEALED):
        with pytest.raises(Unreadable):
            codec.from_bson(kind, read, other)
        with pytest.raises(Unreadable):
            codec.from_bson(kind, read | {"_id": f"{OWNER}/other"}, one)


def test_every_kind_of_document_is_tried_with_every_field() -> None:
    documents = list(full_documents())

    assert {type(document) for document in documents} == set(DOCUMENTS)
    for document in documents:
        assert [
            name for name, value in msgspec.structs.asdict(document).items() if value is None
        ] == []


async def test_what_people_write_is_nowhere_in_the_clear(settings: Settings) -> None:
    async with serving(settings) as server, bare(settings) as database:
        anonymous = server.client()
        body = {"email": "canary@example.org", "password": PASSWORD, "name": "Canary Bird"}
        await answered(anonymous.call("POST", "/v1/auth/register", body), 202)
        login = {"email": body["email"], "password": PASSWORD, "device": "phone"}
        login["device_name"] = "canary phone"
        granted = (await answered(anonymous.call("POST", "/v1/auth/login", login), 201)).body
        person = server.client(granted["token"])
        secrets = [granted["refresh_token"].rpartition(".")[2], granted["token"].split(".")[2]]
        habit = {"id": HABIT, "name": "canary", "question": "canary?", "description": "canary."}
        goal = {"id": GOAL, "title": "canary", "description": "canary"}
        named = {"Idempotency-Key": new_mutation_id()}
        await answered(person.call("POST", "/v1/habits", habit, headers=named), 201)
        named = {"Idempotency-Key": new_mutation_id()}
        await answered(person.call("POST", "/v1/goals", goal, headers=named), 201)
        named = {"Idempotency-Key": new_mutation_id(), "If-Match": '"v9"'}
        patch = {"title": "another canary"}
        await answered(person.call("PATCH", f"/v1/goals/{GOAL}", patch, headers=named), 412)
        named = {"If-Match": '"v1"'}
        await answered(person.call("PATCH", f"/v1/goals/{GOAL}", patch, headers=named), 200)
        entry = f"/v1/habits/{HABIT}/entries/2026-01-05"
        await answered(person.call("PUT", entry, {"note": "canary"}), 201)

        counts = {}
        for name in await database.list_collection_names():
            found = await database[name].find().to_list()
            counts[name] = len(found)
            for stored in found:
                raw = bson.encode(stored).lower()
                for secret in ("canary", PASSWORD, *secrets):
                    assert secret.lower().encode() not in raw, (name, stored)

        assert counts["receipts"] == 3
        assert counts["events"] == 6
        assert {counts[kind.collection] for kind in (User, Session, Goal, Habit, Entry)} == {1}

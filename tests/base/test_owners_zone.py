"""What names no zone is in its owner's, as that is when the write is carried out."""

import datetime as dt

import pytest

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from models.base.time import zone_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.sockets import mut
from upcoach.client import SyncDevice

FAR = "Pacific/Kiritimati"  # 14 hours ahead
FIRST = {"If-Match": '"v1"'}
MADE: tuple[tuple[str, Json], ...] = (
    ("/v1/habits", {"name": "Run"}),
    ("/v1/goals", {"title": "Run"}),
    ("/v1/tasks", {"title": "Run", "due_date": "2026-11-02"}),
    ("/v1/moods", {"level": 4}),
    ("/v1/journal", {"text": "A run"}),
)


def _here() -> str:
    return dt.datetime.now(zone_of(FAR)).date().isoformat()


@pytest.mark.parametrize(("path", "body"), MADE)
async def test_what_is_made_is_where_its_owner_is(
    settings: Settings, path: str, body: Json
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        await done(person.call("PATCH", "/v1/me", {"tz": FAR}, headers=FIRST))
        before = _here()

        made = (await done(person.call("POST", path, body))).body
        said = (await done(person.call("POST", path, body | {"tz": "UTC"}))).body
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            sent = (await phone.mutate("POST", path, body))["body"]
        one = f"{path}/{said['id']}"
        emptied = await done(person.call("PATCH", one, {"tz": None}, headers=FIRST))
        kept = await done(
            person.call("PATCH", f"{path}/{made['id']}", {"tz": "UTC"}, headers=FIRST)
        )

        assert [document["tz"] for document in (made, said, sent)] == [FAR, "UTC", FAR]
        assert (emptied.body["tz"], kept.body["tz"]) == (FAR, "UTC")
        for name in {"local_date", "starts_on"} & made.keys():
            assert made[name] in (before, _here())
        if path == "/v1/tasks":
            assert made["due_at"] == "2026-11-02T09:59:59.999000Z"
            assert said["due_at"] == "2026-11-02T23:59:59.999000Z"


async def test_the_zone_is_the_one_of_its_place_in_the_order(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        writes = [
            mut("POST", "/v1/moods", {"level": 4}),
            mut("PATCH", "/v1/me", {"tz": FAR}, id=new_mutation_id()) | {"base": 1},
            mut("POST", "/v1/moods", {"level": 5}),
        ]
        answer = await done(person.call("POST", "/v1/mutations", writes))

        zones = [result["body"]["tz"] for result in answer.body]
        assert zones == ["UTC", FAR, FAR]

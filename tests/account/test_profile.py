"""What people write of their own accounts: name, zone, language."""

from config.settings import Settings
from models.base.ids import new_mutation_id
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.operators import audited
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.client import SyncDevice

ME = "/v1/me"
FIRST = {"If-Match": '"v1"'}


async def test_somebody_changes_what_they_are_called_and_where_they_are(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        before = await snapshot(person)
        read = await person.call("GET", ME)
        patch = {"name": "Ada Lovelace", "tz": "Pacific/Auckland", "locale": "en-NZ"}

        changed = await person.call("PATCH", ME, patch, headers={"If-Match": read.headers["etag"]})
        same = await person.call("PATCH", ME, patch, headers={"If-Match": changed.headers["etag"]})
        gone = await person.call(
            "PATCH", ME, {"locale": None}, headers={"If-Match": changed.headers["etag"]}
        )

        assert (read.headers["etag"], changed.headers["etag"]) == ('"v1"', '"v2"')
        assert changed.body == read.body | patch | {
            "version": 2,
            "updated_at": changed.body["updated_at"],
        }
        assert (same.status, same.headers["etag"]) == (200, '"v2"')
        assert "locale" not in gone.body
        assert (await person.call("GET", ME)).body == gone.body
        await assert_law(before, person, ("user.updated", "user.updated"))
        entries = await audited(server, action="account.changed", outcome="done")
        assert len(entries) == 3


async def test_two_devices_change_different_things(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        named = {"Idempotency-Key": new_mutation_id()} | FIRST

        await done(person.call("PATCH", ME, {"name": "Ada"}, headers=FIRST))
        merged = await person.call("PATCH", ME, {"tz": "Europe/Paris"}, headers=named)
        again = await person.call("PATCH", ME, {"tz": "Europe/Paris"}, headers=named)
        stale = await person.call("PATCH", ME, {"name": "Bob"}, headers=FIRST)
        clash = await person.call(
            "PATCH", ME, {"name": "Bob"}, headers={"Idempotency-Key": new_mutation_id()} | FIRST
        )
        unsaid = await person.call("PATCH", ME, {"name": "Bob"})

        assert merged.status == 200, merged
        assert (merged.status, merged.body["name"], merged.body["tz"]) == (
            200,
            "Ada",
            "Europe/Paris",
        )
        assert again.headers["idempotency-replayed"] == "true"
        assert (stale.status, clash.status, unsaid.status) == (412, 409, 428)


async def test_it_is_written_and_heard_over_a_socket(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        async with SyncDevice([server.url], person.token) as phone:
            await phone.until(lambda device: device.live)
            answer = await phone.mutate("PATCH", ME, {"name": "Ada"}, 1)
            await phone.until(
                lambda device: [*device.documents["user"].values()] == [answer["body"]]
            )

            assert (answer["status"], answer["ver"], answer["body"]["name"]) == (200, 2, "Ada")
            assert (await person.call("GET", ME)).body == answer["body"]

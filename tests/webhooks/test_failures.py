"""Receivers that fail in every way, and what becomes of the messages to them."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Final

import pytest

from models.base.merge_patch import Json
from models.webhooks import RETRY_WAITS
from tests.support.engines import TestEngines
from tests.support.people.furnished import write_goals
from tests.support.people.mail import all_sent, post_of, settings_of, text_of
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.server.receiver import WEBHOOKS, Receiver, add_webhook
from tests.support.wire.answers import done
from tests.support.wire.waiting import until
from upcoach.client import RestClient
from upcoach.node.process.outbound import PATIENCE_S
from upcoach.store.base.codec import key_of

SENDING: Final = "web,schedule"
QUICK: Final = (dt.timedelta(milliseconds=5),) * len(RETRY_WAITS)


async def deliveries_of(person: RestClient, webhook: str) -> list[Json]:
    """All attempts to send to *webhook*, the oldest first."""
    page = (await done(person.call("GET", f"{WEBHOOKS}/{webhook}/deliveries"))).body
    return list(reversed(page["items"]))


async def eventually_disabled(person: RestClient, webhook: str) -> Json:
    """The webhook, once it is disabled."""
    async with asyncio.timeout(10):
        while True:
            found: Json = (await done(person.call("GET", f"{WEBHOOKS}/{webhook}"))).body
            if not found["enabled"]:
                return found
            await asyncio.sleep(0.01)


async def progress_of(server: Server, person: RestClient, webhook: str) -> Json:
    """What the database knows of *webhook*."""
    name = key_of(scope_of(server, person).user, webhook)
    found: Json | None = await server.node.database["webhook_progress"].find_one({"_id": name})
    assert found is not None
    return found


# What a receiver does, and what the log of deliveries says of it.
WAYS: Final[dict[str, tuple[int | str, int | None, str]]] = {
    "fails": (500, 500, "it answers 500"),
    "refuses": (403, 403, "it answers 403"),
    "redirects": ("redirects", 308, "it answers 308, and redirects are not followed"),
    "huge": ("huge", None, ""),
}
HANGS: Final[dict[str, tuple[int | str, int | None, str]]] = {
    "hangs": ("hangs", None, "it did not answer in time")
}


@pytest.mark.parametrize(
    ("ways", "patience_s"), [(WAYS, PATIENCE_S), (HANGS, 0.1)], ids=["answers", "hangs"]
)
async def test_a_receiver_that_fails_is_tried_again_and_then_disabled(
    engines: TestEngines,
    tmp_path: Path,
    ways: dict[str, tuple[int | str, int | None, str]],
    patience_s: float,
) -> None:
    settings = settings_of(engines, tmp_path, UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        server.node.webhooks.turns.waits, server.node.webhooks.look_every_s = QUICK, 0.01
        server.node.assembly.chosen_outbound.patience_s = patience_s
        person = await server.person()
        email = (await person.call("GET", "/v1/me")).body["email"]
        ids = {}
        for path, (mode, _, _) in ways.items():
            receiver.modes[path] = mode
            ids[path] = (await add_webhook(person, f"{receiver.url}/{path}", "goal.*"))["webhook"][
                "id"
            ]
        await write_goals(person, 2)

        for path, (_, status, error) in ways.items():
            webhook = await eventually_disabled(person, ids[path])
            attempts = await deliveries_of(person, ids[path])
            assert webhook["disabled_reason"] == "failing"
            assert [one["attempt"] for one in attempts] == [1, 2, 3, 4, 5, 6, 7, 8]
            assert len({one["message"] for one in attempts}) == 1
            assert {one.message for one in receiver.of(path)} == {attempts[0]["message"]}
            assert {one["delivered"] for one in attempts} == {False}
            assert {one.get("status") for one in attempts} == {status}
            assert error in attempts[0]["error"]
        await all_sent(server)
        notices = [
            text_of(mail) for mail in post_of(server, email) if "disabled" in mail["Subject"]
        ]
        assert len(notices) == len(ways)
        assert "had failed to take them for 28 hours" in notices[0]
        assert receiver.of("elsewhere") == []


async def test_a_receiver_that_is_gone_is_disabled_at_once(
    engines: TestEngines, tmp_path: Path
) -> None:
    settings = settings_of(engines, tmp_path, UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        email = (await person.call("GET", "/v1/me")).body["email"]
        receiver.modes["a"] = 410
        webhook = (await add_webhook(person, f"{receiver.url}/a", "goal.*"))["webhook"]["id"]
        await write_goals(person, 3)

        gone = await eventually_disabled(person, webhook)

        assert gone["disabled_reason"] == "gone"
        assert len(receiver.of("a")) == 1
        await all_sent(server)
        [notice] = [mail for mail in post_of(server, email) if "disabled" in mail["Subject"]]
        assert "wants no more" in text_of(notice)
        # Enabled again, it goes on where it had stopped.
        receiver.modes["a"] = 200
        path = f"{WEBHOOKS}/{webhook}"
        await done(person.call("PATCH", path, {"enabled": True}, headers={"If-Match": '"v2"'}))
        assert len(await receiver.wait_for(4)) == 4
        assert receiver.of("a")[0].message == receiver.of("a")[1].message
        assert (await person.call("GET", path)).body.get("disabled_reason") is None


async def test_what_a_receiver_asks_for_is_waited_for(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        receiver.modes["a"], receiver.retry_after = 503, "120"
        webhook = (await add_webhook(person, f"{receiver.url}/a", "goal.*"))["webhook"]["id"]
        await write_goals(person, 1)
        await receiver.wait_for(1)
        await until(lambda: not receiver.open["a"])

        async with asyncio.timeout(10):
            while (found := await progress_of(server, person, webhook))["tries"] == 0:
                await asyncio.sleep(0.01)

        [attempt] = await deliveries_of(person, webhook)
        wait = found["at"] - dt.datetime.fromisoformat(attempt["at"])
        assert dt.timedelta(seconds=115) < wait < dt.timedelta(seconds=130)


async def test_any_answer_of_a_receiver_that_takes_it_will_do(engines: TestEngines) -> None:
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        ids = {}
        receiver.modes = {"a": 200, "b": 299, "c": "garbage", "d": "slow"}
        for path in receiver.modes:
            issued = await add_webhook(person, f"{receiver.url}/{path}", "goal.*")
            ids[path] = issued["webhook"]["id"]
        await write_goals(person, 2)
        for path in ids:
            await receiver.wait_for(2, path)
        pinged = (await done(person.call("POST", f"{WEBHOOKS}/{ids['c']}/ping"))).body

        assert pinged["delivered"] is True
        assert "answer" not in pinged
        listed = await deliveries_of(person, ids["c"])
        assert [one["type"] for one in listed] == ["goal.created", "goal.created", "webhook.ping"]
        assert listed[-1] == pinged
        path = f"{WEBHOOKS}/{ids['c']}/deliveries"
        first = (await person.call("GET", f"{path}?limit=2")).body
        second = (await person.call("GET", first["next"])).body
        assert [*first["items"], *second["items"]] == list(reversed(listed))
        assert "next" not in second


async def test_those_that_hang_make_no_other_late(engines: TestEngines) -> None:
    """There are more of them than places for those that fail, and they hang without end."""
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        runner, outbound = server.node.webhooks, server.node.assembly.chosen_outbound
        runner.turns.waits, runner.places, runner.failing_places = QUICK, 3, 3
        outbound.patience_s, runner.look_every_s = 0.2, 0.05
        bob = await server.person()
        paths = [f"hangs{number}" for number in range(8)]
        receiver.modes |= dict.fromkeys(paths, "hangs")
        for number in range(4):
            ann = await server.person()
            for path in paths[2 * number :][:2]:
                await add_webhook(ann, f"{receiver.url}/{path}", "goal.*")
            await write_goals(ann, 1)
        await until(lambda: all(map(receiver.of, paths)))  # each has begun with its first try
        outbound.patience_s = 600.0
        before = len(receiver.received)
        await until(lambda: len(receiver.received) >= before + runner.failing_places)
        await add_webhook(bob, f"{receiver.url}/a", "goal.*")

        await write_goals(bob, 10)

        assert len(await receiver.wait_for(10)) == 10


async def test_who_has_lost_the_lease_disables_nothing(engines: TestEngines) -> None:
    """A replay during the last try gives the webhook its tries back."""
    settings = engines.settings(UPCOACH_ROLES=SENDING)
    async with serving(settings) as server, Receiver().listening() as receiver:
        server.node.webhooks.turns.waits = ()
        receiver.modes["a"] = "held"
        person = await server.person()
        webhook = (await add_webhook(person, f"{receiver.url}/a", "goal.*"))["webhook"]["id"]
        await write_goals(person, 1)
        await receiver.wait_for(1)

        path = f"{WEBHOOKS}/{webhook}"
        await done(person.call("POST", f"{path}/replay", {"since": "0"}))
        receiver.modes["a"] = 204
        receiver.freed.set()
        await receiver.wait_for(2)

        assert (await done(person.call("GET", path))).body["enabled"]

"""Applications that end at any moment: nothing is lost, nobody logged out, each refusal told."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from config.settings import Settings
from models.base.merge_patch import Json
from tests.clients.stage import FRAMES, Stage
from tests.support.server import Server, serving
from upcoach.client import RestClient, SyncDevice
from upcoach.client.machine import ClientEvent, State

GOALS: Final = "/v1/goals"
LOGIN: Final = {"first": "refresh", "token": "newer", "refresh_token": "newer refresh"}


class Recorder(SyncDevice):
    """A device that keeps what it would save at each moment, until it has kept *most* of them."""

    def __init__(self, *given: Any, most: int = 10_000, **options: Any) -> None:
        self.moments: list[Json] = []
        self.full = asyncio.Event()
        self._most = most
        super().__init__(*given, **options, on_login=lambda _: self.keep())

    def keep(self) -> None:
        """Save, unless the application has ended already."""
        if len(self.moments) < self._most:
            self.moments.append(copy.deepcopy(self.saved()))
        if len(self.moments) == self._most:
            self.full.set()

    def happen(self, event: ClientEvent, frame: Json | None = None) -> None:
        """Save before and after; whoever has ended does nothing any more."""
        self.keep()
        if not self.full.is_set() or event is ClientEvent.STOP:
            super().happen(event, frame)
            self.keep()


async def live_through(device: Recorder, person: RestClient) -> None:
    """Three writes, one of which is refused, and a new token on the way."""
    await device.until(lambda one: one.live)
    goal = (await device.mutate("POST", GOALS, {"title": "Run"}))["body"]
    path = f"{GOALS}/{goal['id']}"
    await person.call("PATCH", path, {"title": "Walk"}, headers={"If-Match": '"v1"'})
    device.happen(ClientEvent.AUTH_EXPIRING, FRAMES[ClientEvent.AUTH_EXPIRING])
    torn = await device.mutate("PATCH", path, {"title": "Swim"}, base=1)
    assert torn["status"] == 409
    await device.mutate("POST", GOALS, {"title": "Read"})
    await device.until(lambda one: one.token != person.token)


class End(NamedTuple):
    """An application that has ended: whose, what it had saved, and all it had begun by then."""

    person: RestClient
    saved: Json
    begun: list[Json]
    is_whole: bool


async def end_at(server: Server, most: int) -> End:
    """An application that ended at its moment *most*, or when it was through."""
    person = await server.person()
    async with Recorder(
        [server.url], person.token, refresh_token=person.refresh_token, most=most
    ) as device:
        living = asyncio.create_task(live_through(device, person))
        ending = asyncio.create_task(device.full.wait())
        await asyncio.wait((living, ending), return_when=asyncio.FIRST_COMPLETED)
        is_whole = living.done()
        moments = list(device.moments)
        for task in (living, ending):
            task.cancel()
    await asyncio.gather(living, ending, return_exceptions=True)
    begun = {write["id"]: write for moment in moments for write in moment["writes"]}
    return End(person, moments[-1], list(begun.values()), is_whole)


async def renew(device: SyncDevice) -> None:
    """Get a new token, which only an open session gives."""
    before = device.token
    device.happen(ClientEvent.AUTH_EXPIRING, FRAMES[ClientEvent.AUTH_EXPIRING])
    await device.until(lambda one: one.live and one.token != before)


def goals_are(number: int) -> Callable[[SyncDevice], bool]:
    """Whether a device holds *number* goals: the event of an answered write may come later."""
    return lambda device: len(device.documents["goal"]) == number


@pytest.mark.chaos
async def test_an_application_may_end_at_any_moment(settings: Settings) -> None:
    async with serving(settings) as server:
        refused, number, is_whole = 0, 0, False
        while not is_whole:
            number += 1
            person, saved, begun, is_whole = await end_at(server, number)
            async with SyncDevice([server.url], saved=saved) as device:
                await device.until(lambda one: one.live and not one.saved()["writes"])
                await renew(device)

                posted = [write for write in begun if write["op"] == "POST"]
                edits = [write["id"] for write in saved["writes"] if write["op"] == "PATCH"]
                await device.until(goals_are(len(posted)))
                assert [refusal["write"]["id"] for refusal in device.refusals] == edits, number
                refused += len(edits)
            assert (await person.call("GET", "/v1/me")).status == 200

        assert refused > 0
        assert number > 20


async def test_what_was_made_before_the_end_is_made_after_it(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        away = SyncDevice([server.url], person.token, refresh_token=person.refresh_token)
        async with away:
            writing = asyncio.ensure_future(away.mutate("POST", GOALS, {"title": "Run"}))
            await asyncio.sleep(0)
            assert away.saved()["writes"] != []
        await asyncio.gather(writing, return_exceptions=True)

        async with SyncDevice([server.url], saved=away.saved()) as device:
            await device.until(lambda one: one.live and not one.saved()["writes"])
            [goal] = device.documents["goal"].values()
            assert goal["title"] == "Run"


async def test_a_write_is_told_before_it_is_sent() -> None:
    seen: list[tuple[Json, int]] = []

    def note(frame: Json) -> None:
        seen.append((frame, len(stage.line.sent)))

    stage: Stage = Stage(on_write=note)
    stage.go(ClientEvent.START)
    stage.greet()
    writing = asyncio.ensure_future(stage.device.mutate("POST", GOALS, {"title": "Run"}))
    await asyncio.sleep(0)

    assert [(stage.line.sent[at], at) for _, at in seen] == seen
    assert len(seen) == 1
    await stage.close()
    await asyncio.gather(writing, return_exceptions=True)


async def test_a_refusal_that_nobody_waits_for_is_kept_until_it_is_dismissed() -> None:
    told: list[Json] = []
    write = {"t": "mut", "id": "one", "op": "PATCH", "path": f"{GOALS}/gol_1", "body": {}}
    answer = {"t": "res", "id": "one", "status": 409, "problem": {"code": "edited"}}
    stage = Stage(saved={"writes": [write]}, on_refused=told.append)
    stage.go(ClientEvent.START)
    stage.greet().hear(answer)
    saved = stage.device.saved()
    await stage.close()

    again = Stage(saved=saved)
    refusals = again.device.refusals
    again.device.dismiss("one")

    assert told == [{"write": write, "answer": answer}]
    assert (refusals, saved["writes"]) == (told, [])
    assert again.device.saved()["refusals"] == []


@pytest.mark.parametrize(
    ("given", "newest"),
    [
        ({"token": "old", "refresh_token": "refresh"}, "newer"),
        ({"token": "", "refresh_token": ""}, "newer"),
        ({"token": "of a new login", "refresh_token": "other"}, "of a new login"),
        ({"token": "without a refresh token", "refresh_token": ""}, "without a refresh token"),
    ],
    ids=["same login", "nothing", "new login", "token alone"],
)
async def test_newer_tokens_of_the_same_login_count(given: Json, newest: str) -> None:
    device = SyncDevice(["http://127.0.0.1:1"], **given, saved={"login": LOGIN})

    assert device.token == newest


@pytest.mark.parametrize("code", [4400, 4403, 4409, 4426])
async def test_a_device_that_stops_keeps_its_writes(code: int) -> None:
    stage = Stage()
    stage.go(ClientEvent.START)
    stage.greet()
    writing = asyncio.ensure_future(stage.device.mutate("POST", GOALS, {}))
    await asyncio.sleep(0)

    stage.line.end(code)

    assert stage.device.state is State.STOPPED
    assert len(stage.device.saved()["writes"]) == 1
    await stage.close()
    await asyncio.gather(writing, return_exceptions=True)


async def test_what_waits_behind_a_write_that_has_to_wait_goes_out_after_it() -> None:
    stage = Stage()
    stage.go(ClientEvent.START)
    stage.greet().hear(FRAMES[ClientEvent.SUBD])
    writing = [
        asyncio.ensure_future(stage.device.mutate("POST", GOALS, {"title": title}))
        for title in "abc"
    ]
    await asyncio.sleep(0)
    a, b, c = [frame["id"] for frame in stage.line.sent if frame["t"] == "mut"]
    wait = {"t": "res", "status": 429, "problem": {"after": 30}}

    # The later one was told to wait for less, and what comes meanwhile is the last.
    stage.line.hear(wait | {"id": a, "problem": {"after": 60}}, wait | {"id": b})
    stage.line.hear({"t": "res", "id": c, "status": 201})
    writing.append(asyncio.ensure_future(stage.device.mutate("POST", GOALS, {"title": "d"})))
    await asyncio.sleep(0)
    sent = [frame for frame in stage.line.sent if frame["t"] == "mut"]
    async with asyncio.timeout(5):
        while len(stage.line.sent) < 7:
            await asyncio.sleep(0.01)

    again = [frame for frame in stage.line.sent if frame["t"] == "mut"][len(sent) :]
    assert len(sent) == 3
    assert [frame["body"]["title"] for frame in again] == ["a", "b", "d"]
    await stage.close()
    await asyncio.gather(*writing, return_exceptions=True)

"""A model of several devices that make, change and delete the same few documents.

Whatever they do and over whichever road: a version of an id has one content for ever, and what a
device was told that it wrote is there until somebody who knew of it wrote over it, or deleted it.
"""

import asyncio
import itertools
from typing import Any, Final, Literal

import hypothesis
import msgspec
from hypothesis import strategies

from config.settings import Settings
from models.base.ids import new_id, new_mutation_id
from models.base.merge_patch import Json, merged
from models.wire.events import read_line
from tests.support.people.scopes import scope_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import send
from upcoach.client import RestClient

HABITS, MOODS, JOURNAL = "/v1/habits", "/v1/moods", "/v1/journal"
DAYS: Final = ("2026-01-05", "2026-01-06")
LATEST: Final = 2**53

Verb = Literal["put", "based", "delete", "delete-based", "sweep"]


class Step(msgspec.Struct, frozen=True):
    """What a device does: to which document, how, and with or without others in one request."""

    device: int
    verb: Verb
    day: str
    over: Literal["rest", "batch"]


STEPS = strategies.lists(
    strategies.builds(
        Step,
        device=strategies.integers(0, 2),
        verb=strategies.sampled_from(
            ("put", "put", "put", "based", "based", "based", "delete", "delete-based", "sweep")
        ),
        day=strategies.sampled_from(DAYS),
        over=strategies.sampled_from(("rest", "batch")),
    ),
    min_size=6,
    max_size=24,
)


class World:
    """One person's habit, the versions that each device knows, and what each was answered."""

    def __init__(self, server: Server, person: RestClient) -> None:
        self._server = server
        self._person = person
        self._habit = new_id("hab")
        self._known: dict[tuple[int, str], int] = {}
        self._notes = itertools.count()
        self.standing: dict[str, tuple[int, str]] = {}  # version and note, as the model has it
        self.seen: dict[tuple[str, int], str] = {}

    async def begin(self) -> None:
        """Make the habit, or make it again."""
        await done(self._person.call("POST", HABITS, {"id": self._habit, "name": "Read"}))

    async def take(self, step: Step) -> None:
        """Do *step*, and hold the answer against the model."""
        if step.verb == "sweep":
            await done(self._person.call("DELETE", f"{HABITS}/{self._habit}"))
            self.standing = {}
            await self.begin()
            return
        base = self._known.get((step.device, step.day)) if step.verb.endswith("based") else None
        note = f"{next(self._notes):04}"  # none continues another: two edits never merge
        is_put = not step.verb.startswith("delete")
        status, version = await self._ask(step, base, note if is_put else None)
        stands = self.standing.get(step.day)
        is_right = base is None or (stands is not None and stands[0] == base)
        if not is_right or (stands is None and not is_put):
            assert status in (404, 409, 412), (step, base, stands, status)
            return
        assert status in (200, 201, 204), (step, base, stands, status)
        if not is_put:
            del self.standing[step.day]
            return
        assert version is not None
        assert (step.day, version) not in self.seen, "a version came twice"
        self.seen[step.day, version] = note
        self.standing[step.day] = (version, note)
        self._known[step.device, step.day] = version

    async def _ask(self, step: Step, base: int | None, note: str | None) -> tuple[int, int | None]:
        op = "DELETE" if note is None else "PUT"
        path = f"{HABITS}/{self._habit}/entries/{step.day}"
        body: Any = None if note is None else {"note": note}
        if step.over == "batch":
            frame: Json = {"id": new_mutation_id(), "op": op, "path": path}
            frame |= {} if body is None else {"body": body}
            frame |= {} if base is None else {"base": base}
            [answer] = await send(self._person, frame)
            return answer["status"], answer.get("ver")
        headers = {} if base is None else {"If-Match": f'"v{base}"'}
        response = await self._person.call(op, path, body, headers=headers)
        etag = response.headers.get("etag")
        return response.status, int(etag.strip('"v')) if etag else None

    async def check(self) -> None:
        """What is there is what the model says; what the log says has each version once."""
        path = f"{HABITS}/{self._habit}/entries"
        listed = (await self._person.call("GET", path)).body["items"]
        found = {one["local_date"]: (one["version"], one["note"]) for one in listed}
        assert found == self.standing
        await self._check_log()

    async def _check_log(self) -> None:
        log = self._server.node.log
        feed = scope_of(self._server, self._person).feed
        await log.load_keys([feed])
        contents: dict[tuple[str, int], Json] = {}
        documents: dict[str, Json] = {}
        for event in await log.page(feed, 0, 10_000):
            line = read_line(log.open_line(event))
            assert line.ver <= line.seq, "a version without a number of its own"
            if line.doc is None and line.patch is None:
                continue
            before = {} if line.doc is not None else documents.get(line.id, {})
            after = merged(before, line.doc or line.patch)
            documents[line.id] = after
            assert contents.setdefault((line.id, line.ver), after) == after
            assert after["version"] == line.ver


async def test_no_version_comes_twice_and_no_write_is_lost(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        loop = asyncio.get_running_loop()

        async def play(steps: list[Step]) -> None:
            world = World(server, person)
            await world.begin()
            for step in steps:
                await world.take(step)
            await world.check()

        @hypothesis.settings(max_examples=12, database=None, deadline=None)
        @hypothesis.given(steps=STEPS)
        def law(steps: list[Step]) -> None:
            asyncio.run_coroutine_threadsafe(play(steps), loop).result(60)

        await asyncio.to_thread(law)

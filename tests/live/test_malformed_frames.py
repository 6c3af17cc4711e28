"""What is no frame, or none that is understood."""

import msgspec

from config.settings import Settings
from models.access.limits import FRAME_BYTES
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.support.laws.snapshots import snapshot
from tests.support.people.furnished import GOALS, furnished
from tests.support.server import serving
from tests.support.wire.sockets import hello, mut, raw_mut, sub, talking


async def test_what_is_no_text_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with talking(server, person) as wire:
            await wire.send_bytes(msgspec.json.encode(sub()))

            assert await wire.closed() == 4400


async def test_what_is_no_json_closes_a_conversation(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)
        messages = (
            '{"t":"sub"',
            '{"t":"sub","f":"u:me"}}',
            "{'t':'sub','f':'u:me'}",
            raw_mut('{"title":"\\ud800"}'),
            raw_mut('{"title":NaN}'),
            raw_mut("[" * 30_000 + "]" * 30_000),
        )

        codes = []
        for message in messages:
            async with talking(server, person) as wire:
                await wire.send(message)
                codes.append(await wire.closed())

        assert codes == [4400] * len(messages)
        assert await snapshot(person) == before


async def test_nothing_is_done_after_a_frame_that_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)

        async with talking(server, person) as wire:
            await wire.send("no frame", mut("POST", GOALS, {"title": "Too late"}))

            assert await wire.closed() == 4400
        await server.node.committer.drain()
        assert await snapshot(person) == before


async def test_a_message_that_is_too_large_closes(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)

        async with talking(server, person) as wire:
            await wire.send(mut("POST", GOALS, {"title": "x" * FRAME_BYTES}))

            assert await wire.closed() == 1009
        assert await snapshot(person) == before


async def test_a_frame_that_is_not_understood_is_answered_and_the_conversation_goes_on(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        before = await snapshot(person)
        frames: list[Json | str] = [
            {"t": "dance"},
            {"t": 1},
            {"t": None},
            {"f": "u:me"},
            {"t": "sub"},
            {"t": "sub", "f": {"$gt": ""}},
            {"t": "sub", "f": "x" * 257},
            {"t": "sub", "f": "u:me", "since": 0},
            {"t": "sub", "f": "u:me", "snap": "yes"},
            {"t": "unsub"},
            {"t": "mut"},
            {"t": "mut", "id": 1, "op": "POST", "path": GOALS},
            {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": GOALS, "base": "v1"},
            {"t": "mut", "id": new_mutation_id(), "op": "POST", "path": "/" + "x" * 256},
            hello(person, hb=14),
            hello(person, hb=121),
            hello(person, *[{"f": "u:me"}] * 65),
            hello(person) | {"v": "1"},
            "[]",
            "[" * 60_000,
            "1",
            '"sub"',
            "null",
            "true",
        ]

        async with talking(server, person) as wire:
            for frame in frames:
                await wire.send(frame)
                answer = await wire.frame()
                assert set(answer) == {"t", "problem"}, (frame, answer)
                assert answer["t"] == "err", (frame, answer)
                assert answer["problem"]["code"] == "frame_invalid", (frame, answer)
                assert answer["problem"]["status"] == 400, (frame, answer)
            await wire.send(hello(person))
            repeated = await wire.frame()
            await wire.send(sub("now"))

            assert repeated["problem"]["code"] == "hello_repeated"
            assert [frame["t"] for frame in await wire.until("live")] == ["subd", "live"]
        assert await snapshot(person) == before

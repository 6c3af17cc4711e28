"""No frame that somebody makes up is answered with a fault of ours, or takes the others along."""

import json
import typing
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect as types

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.wire.close_codes import CloseCode
from models.wire.frames import ClientFrame, Hello, Mut
from tests.costs import crafted
from tests.costs.probe import Json
from tests.support.server import Server, serving
from tests.support.wire.sockets import calling, hello, mut, talking
from upcoach.client import RestClient

WHOLE: Final[dict[str, Json]] = {
    "sub": {"f": "u:me", "since": "0", "snap": False},
    "unsub": {"f": "u:me"},
    "mut": {"op": "POST", "path": "/v1/tasks", "base": 1, "follows": [], "body": {"title": "a"}},
    "ack": {"cur": "now", "f": "u:me"},
    "eph": {"ch": "presence:me", "kind": "a", "body": {}},
    "pong": {},
}
AT_ONCE: Final = 20  # frames of one socket, which takes so many before it is tired of them


def test_every_frame_is_tried() -> None:
    assert set(WHOLE) | {"hello", "auth"} == {_tag(kind) for kind in typing.get_args(ClientFrame)}


async def test_no_frame_breaks_a_conversation(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        broken = [
            flaw
            for kind in typing.get_args(ClientFrame)
            if _tag(kind) in WHOLE
            for flaw in await _broken(server, person, list(_bent(kind, WHOLE[_tag(kind)])))
        ]

    assert broken == []


async def test_no_first_frame_is_a_fault_of_ours(settings: Settings) -> None:
    codes = set()
    async with serving(settings) as server:
        person = await server.person()
        for frame in _bent(Hello, hello(person, {"f": "u:me", "since": "0"})):
            async with calling(server) as wire:
                await wire.send(json.dumps(frame))
                await wire.send("no JSON")  # which ends every conversation
                codes.add(await wire.closed())

    assert CloseCode.INTERNAL not in codes
    assert codes <= {int(code) for code in CloseCode}


async def test_a_version_that_there_cannot_be_is_an_answer_to_its_write(settings: Settings) -> None:
    answers = []
    async with serving(settings) as server:
        person = await server.person()
        task = (await person.call("POST", "/v1/tasks", {"title": "a"})).body["id"]
        path = f"/v1/tasks/{task}"
        bases = (-1, 0, 10**9, 2**53, 2**63, 10**30)
        asked = [mut("PATCH", path, {"title": "b"}, base=base) for base in bases]
        async with talking(server, person) as wire:
            for frame in asked:
                await wire.send(json.dumps(frame))
            answers = await wire.answers(len(asked))

    assert [one["status"] for one in answers] == [400] * len(bases)
    assert {one["problem"]["code"] for one in answers} == {"version_invalid"}


async def _broken(server: Server, person: RestClient, frames: list[Json]) -> list[str]:
    """Those of *frames* that a fault of ours answers, or the socket's end in such a way."""
    found = []
    for start in range(0, len(frames), AT_ONCE):
        part = frames[start : start + AT_ONCE]
        async with talking(server, person) as wire:
            for frame in part:
                await wire.send(json.dumps(frame))
            ending = mut("POST", "/v1/tasks", {"title": "the last"})
            await wire.send(json.dumps(ending))
            while (line := await wire.line()) is not None:
                frame = msgspec.json.decode(line)
                if frame.get("status", 0) >= 500:
                    found.append(line[:200])
                if frame.get("id") == ending["id"]:
                    break
            else:
                found.append(f"closed among {json.dumps(part)[:2_000]}")
    return found


def _bent(kind: Any, whole: Json) -> Iterator[Json]:
    """*whole* as a frame of *kind*, with each field in turn as it should not be."""
    info = types.type_info(kind)
    assert isinstance(info, types.StructType)
    for field in info.fields:
        name = field.encode_name
        values = (*crafted.values(field.type), *crafted.CURSORS, *crafted.INTEGERS)
        for value in values:
            named = {"id": new_mutation_id()} if kind is Mut else {}
            frame = {"t": _tag(kind)} | named | whole | {name: value}
            if "\\ud800" not in json.dumps(frame):  # which is no JSON: it closes the socket
                yield frame


def _tag(kind: Any) -> str:
    tag = kind.__struct_config__.tag
    assert isinstance(tag, str)
    return tag

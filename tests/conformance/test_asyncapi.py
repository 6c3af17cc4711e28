"""The AsyncAPI document: generated, checked in, served, valid, and frozen."""

import asyncio
import os
import typing
from pathlib import Path

import msgspec
import pytest

from config.settings import Settings
from handlers import asyncapi
from handlers.openapi.static_documents import AGE_S, without_prose
from models.wire import frames
from models.wire.close_codes import CloseCode
from tests.conformance.outside import HERE, VAR, node
from tests.support.server import serving

CHECKED_IN = Path("docs/asyncapi.json")

# What the clients of each version depend on, as `handlers.asyncapi.digest` sees it.
FROZEN = {1: "8fb71c9a4560bc7660265be1bf500647a63a2e5e306dacc8bff64ba79abafec6"}


def test_the_document_that_is_checked_in_is_the_one_of_the_frames() -> None:
    assert CHECKED_IN.read_bytes() == asyncapi.text(), (
        "The frames or their docstrings have changed: `make docs` writes docs/asyncapi.json anew."
    )


def test_what_clients_depend_on_has_not_changed_within_its_version() -> None:
    assert asyncapi.digest() == FROZEN.get(frames.VERSION), (
        "The frames have changed, and clients of this version depend on them. Raise "
        "models.wire.frames.VERSION and PROTOCOL, go on serving the version before, and put the "
        "digest "
        f"beside its version here: {frames.VERSION}: {asyncapi.digest()!r}."
    )


def test_prose_may_change_within_a_version_and_the_wire_may_not() -> None:
    document = asyncapi.document()
    reworded = msgspec.json.decode(
        msgspec.json.encode(document).replace(b"Subscribe to feed", b"Do subscribe to feed")
    )
    renamed = msgspec.json.decode(msgspec.json.encode(document).replace(b'"seq":', b'"number":'))

    assert reworded != document
    assert without_prose(reworded) == without_prose(document)
    assert without_prose(renamed) != without_prose(document)


def test_every_frame_and_close_code_stands_in_the_document() -> None:
    document = asyncapi.document()
    spoken = {
        action: [
            one["$ref"].rpartition("/")[2] for one in document["operations"][action]["messages"]
        ]
        for action in ("receiveFrames", "sendFrames")
    }

    assert spoken == {
        "receiveFrames": [one.__name__ for one in typing.get_args(frames.ClientFrame)],
        "sendFrames": [one.__name__ for one in typing.get_args(frames.ServerFrame)],
    }
    assert set(asyncapi.CLOSES) == set(CloseCode)
    guide = Path("docs/live.md").read_text()
    for code in CloseCode:
        assert f"| {code} |" in document["channels"]["live"]["description"]
        assert f"| {code} |" in guide


def test_every_field_of_a_frame_says_what_it_is() -> None:
    mute = [
        f"{name}.{field}"
        for name, schema in asyncapi.document()["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
        if field != "t" and not described.keys() & {"description", "$ref"}
    ]

    assert mute == []


async def test_everybody_may_read_and_keep_the_document(settings: Settings) -> None:
    async with serving(settings) as server:
        anonymous = server.client()
        answer = await anonymous.call("GET", "/asyncapi.json")
        tag = answer.headers["etag"]
        again = await anonymous.call("GET", "/asyncapi.json", headers={"If-None-Match": tag})
        head = await anonymous.call("HEAD", "/asyncapi.json")
        wrong = await anonymous.call("POST", "/asyncapi.json", {})

    assert answer.status == 200
    assert answer.body == asyncapi.document()
    assert answer.headers["content-type"] == asyncapi.MEDIA_TYPE
    assert answer.headers["cache-control"] == f"public, max-age={AGE_S}"
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == tag
    assert (head.status, head.headers["etag"]) == (200, tag)
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.conformance
async def test_the_document_is_valid_to_its_own_parser() -> None:
    program = await asyncio.to_thread(node)
    process = await asyncio.create_subprocess_exec(
        program,
        HERE / "asyncapi.mjs",
        CHECKED_IN,
        env=os.environ | {"PACKAGES": str(VAR / "node")},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    verdict = msgspec.json.decode(output)

    told = msgspec.json.decode(asyncapi.text())
    assert verdict["operations"] == len(told["operations"]) > 0
    assert verdict["messages"] == len(told["components"]["messages"]) > 0
    assert [said["code"] for said in verdict["said"]] == ["asyncapi-latest-version"]

"""Compression on the live socket, as the `websockets` package asks for it."""

import contextlib
import json
import zlib
from collections.abc import AsyncIterator

import pytest
from tornado.httputil import HTTPHeaders
from websockets.asyncio.client import ClientConnection, connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from config.settings import Settings
from handlers.live.base.send_buffer import text_frame
from handlers.live.websocket.deflate import LEAST, agree, deflated_frame
from models.base.merge_patch import Json
from streams.feed.encoded_batch import EncodedBatch, EncodedEvent
from tests.support.laws.snapshots import head_of
from tests.support.people.furnished import furnished, write_goals
from tests.support.people.scopes import reached
from tests.support.server import Server, serving
from tests.support.wire.sockets import hello, mut
from tests.support.wire.waiting import until
from upcoach.client import RestClient

TERMS = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"


@contextlib.asynccontextmanager
async def following(
    server: Server, person: RestClient, since: str, *, squeezed: bool
) -> AsyncIterator[ClientConnection]:
    """A connection that follows its owner's feed from *since*."""
    url = server.url.replace("http", "ws") + "/v1/live"
    async with connect(url, compression="deflate" if squeezed else None) as wire:
        await wire.send(json.dumps(hello(person, {"f": "u:me", "since": since})))
        yield wire


async def frames_until(wire: ClientConnection, *names: str) -> list[Json]:
    """What comes until there is a frame of each of *names*."""
    frames: list[Json] = []
    while not {frame["t"] for frame in frames} >= set(names):
        frames += map(json.loads, str(await wire.recv()).splitlines())
    return frames


async def test_a_client_that_asks_for_compression_gets_the_same_frames(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        await write_goals(person, 30)
        _, head = await head_of(person)
        await until(lambda: reached(server, person, head))
        async with (
            following(server, person, "0", squeezed=True) as small,
            following(server, person, "0", squeezed=False) as plain,
        ):
            told = [await frames_until(wire, "live") for wire in (small, plain)]
            await small.send(json.dumps(mut("POST", "/v1/goals", {"title": "Run " * 20})))
            small_told = {frame["t"]: frame for frame in await frames_until(small, "res", "ev")}
            plain_told = await frames_until(plain, "ev")

        assert small.response is not None
        assert small.response.headers["Sec-WebSocket-Extensions"] == TERMS
        assert told[0][1:] == told[1][1:]  # the first one names the connection
        assert [frame["t"] for frame in told[0][1:]].count("ev") >= 30
        assert small_told["res"]["status"] == 201
        assert [small_told["ev"]] == plain_told


async def test_who_does_not_ask_for_it_gets_none(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        async with following(server, person, f"{epoch}.{head}", squeezed=False) as wire:
            assert wire.response is not None
            assert "Sec-WebSocket-Extensions" not in wire.response.headers


async def test_a_window_that_we_do_not_have_is_not_agreed_to(settings: Settings) -> None:
    async with serving(settings) as server:
        url = server.url.replace("http", "ws") + "/v1/live"
        small = ClientPerMessageDeflateFactory(server_max_window_bits=9)
        async with connect(url, compression=None, extensions=[small]) as wire:
            assert wire.response is not None
            assert "Sec-WebSocket-Extensions" not in wire.response.headers


@pytest.mark.parametrize(
    ("offer", "is_taken"),
    [
        ("permessage-deflate; client_max_window_bits", True),
        ("permessage-deflate", True),
        ("x-webkit-deflate-frame, permessage-deflate; server_no_context_takeover", True),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("permessage-deflate; server_max_window_bits=10", False),
        ("permessage-deflate; surprise", False),
        ("permessage-bzip2", False),
        ("", False),
    ],
)
def test_an_offer_is_taken_if_its_terms_suit_us(offer: str, is_taken: bool) -> None:  # noqa: FBT001
    headers = HTTPHeaders({"Sec-WebSocket-Extensions": offer})

    assert agree(headers) is is_taken
    assert headers["Sec-WebSocket-Extensions"] == (TERMS if is_taken else offer)


def test_a_compressed_message_depends_on_no_other() -> None:
    payload = b'{"t":"ev","f":"u:usr_1"}\n' * 100
    frame = deflated_frame(payload)

    header = 2 if frame[1] < 126 else 4
    assert frame[0] == 0xC1
    assert len(frame) < len(payload) / 10
    assert zlib.decompress(frame[header:] + b"\0\0\xff\xff\x03\0", -15) == payload


def test_what_is_not_worth_it_goes_as_it_is() -> None:
    payload = b"x" * (LEAST - 1)

    assert deflated_frame(payload) == text_frame(payload)


def test_events_are_compressed_once_for_all_who_asked() -> None:
    batch = EncodedBatch("u:usr_1", [EncodedEvent(1, "goal", b'{"t":"ev"}\n' * LEAST)])

    assert batch.form(deflated_frame) is batch.form(deflated_frame)

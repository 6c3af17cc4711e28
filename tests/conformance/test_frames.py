"""RFC 6455 frame by frame."""

import asyncio
import struct
from collections.abc import Callable

import pytest
from tornado.web import Application

from handlers.live.websocket.websocket_protocol import ProtocolFault, _check_close
from tests.conformance.cases import BROKEN_TEXTS, HELLO, LARGEST, TABLES, Case
from tests.conformance.echo import Echo, echoing
from tests.conformance.raw import (
    BINARY,
    CLOSE,
    TEXT,
    Received,
    answers,
    closing,
    frame,
    upgraded,
)
from upcoach.node.app import listening


@pytest.mark.parametrize("table", TABLES)
async def test_frames_are_taken_and_refused_as_the_standard_says(
    table: Callable[[], dict[str, Case]],
) -> None:
    asked = table()

    async with echoing(largest=LARGEST) as port:
        seen = {name: bare(await answers(port, pieces)) for name, (pieces, _) in asked.items()}

    assert seen == {name: expected for name, (_, expected) in asked.items()}


def bare(frames: list[Received]) -> list[Received]:
    """*frames*, close frames without their reason."""
    return [
        one if one.opcode != CLOSE else Received(CLOSE, one.payload[:2], one.flags)
        for one in frames
    ]


def test_a_peer_may_send_the_registered_codes_and_those_of_applications() -> None:
    taken = set()
    for code in range(1 << 16):
        try:
            _check_close(struct.pack("!H", code))
        except ProtocolFault:
            continue
        taken.add(code)

    assert taken == {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}


async def test_a_broken_text_is_found_before_its_frame_has_ended() -> None:
    async with echoing(largest=LARGEST) as port:
        for payload in (*BROKEN_TEXTS.values(), HELLO + b"\xf4\x90"):
            async with upgraded(port) as raw:
                begun = frame(TEXT, payload + bytes(1000))[:-1000]
                await raw.send(begun)
                end = await raw.receive()

                assert end is not None
                assert end.code == 1007, payload


async def test_who_sends_on_behind_a_fault_still_gets_the_code() -> None:
    async with echoing(largest=LARGEST) as port, upgraded(port) as raw:
        await raw.send(frame(BINARY, size=1 << 20) + bytes(900_000))

        assert [one.code for one in await raw.rest()] == [1009]


async def test_who_sends_on_and_on_behind_a_fault_is_cut_off() -> None:
    async with echoing(largest=LARGEST) as port, upgraded(port) as raw:
        await raw.send(frame(3), *[bytes(65_536)] * 1000)

        with pytest.raises(ConnectionError):
            await raw.send_surely(b"still here?")


class Burst(Echo):
    """An echo that does not wait until what it says is taken."""

    async def on_message(self, message: str | bytes) -> None:
        self.write_message(message, binary=isinstance(message, bytes))


async def test_who_closes_gets_all_that_was_sent_before_and_the_answer() -> None:
    content = bytes(9_000_000)  # more than the kernel holds for a reader that does not read
    application = Application(
        [("/", Burst, {"compression": False})], websocket_max_message_size=len(content)
    )
    async with listening(application, "127.0.0.1", 0) as port, upgraded(port) as raw:
        await raw.send(frame(BINARY, content), closing(1000))
        frames = await raw.rest()

        assert [(one.opcode, len(one.payload)) for one in frames] == [
            (BINARY, len(content)),
            (CLOSE, 2),
        ]
        assert frames[-1].code == 1000


class Counting(Echo):
    """Says how many messages were acted on when others had their turn after the first."""

    acted = 0

    async def on_message(self, message: str | bytes) -> None:
        assert message == "x"
        self.acted += 1
        if self.acted == 1:
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self.write_message(f"{self.acted}")


async def test_who_sends_much_at_once_leaves_others_their_turn() -> None:
    application = Application([("/", Counting, {"compression": False})])
    async with listening(application, "127.0.0.1", 0) as port, upgraded(port) as raw:
        await raw.send(frame(TEXT, b"x") * 1_000)
        told = await raw.receive()

        assert told is not None
        assert int(told.payload) <= 2

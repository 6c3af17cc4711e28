"""How a conversation on a socket begins, spoken by hand on raw WebSockets."""

import datetime as dt

import pytest

from config.settings import Settings
from models.access.limits import FRAME_BYTES
from models.base.merge_patch import Json
from tests.support.laws.snapshots import head_of
from tests.support.people.furnished import GOALS, furnished
from tests.support.server import serving
from tests.support.wire.sockets import calling, hello, mut, only_connection, sub
from tests.support.wire.waiting import now, until


async def test_hello_is_welcomed(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        epoch, head = await head_of(person)
        caller = server.node.services.account.sessions.authenticate(person.token)

        async with calling(server, protocol="upcoach.v1") as wire:
            await wire.send(hello(person, hb=15, dev="phone", app="2.4.0", later="ignored"))
            welcome = await wire.frame()

            assert wire.protocol == "upcoach.v1"
            assert set(welcome) == {"t", "conn", "cur", "hb", "exp", "now", "limits"}
            assert (welcome["t"], welcome["hb"]) == ("welcome", 15)
            assert welcome["cur"] == f"{epoch}.{head}"
            assert dt.datetime.fromisoformat(welcome["exp"]) == caller.expires_at
            assert welcome["conn"] == only_connection(server).name
            assert welcome["limits"] == {
                "frame": FRAME_BYTES,
                "subs": 64,
                "muts": 32,
                "mut_s": 1_000_000,
                "frame_s": 100,
                "unacked": 1_000,
                "window": 262_144,
            }


async def test_a_token_may_come_in_the_header(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with calling(server, token=person.token) as wire:
            await wire.send({"t": "hello", "v": 1, "subs": [{"f": "u:me"}]})
            frames = await wire.until("live")

            assert [frame["t"] for frame in frames] == ["welcome", "subd", "live"]


async def test_an_unknown_subprotocol_is_not_agreed_to(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with calling(server, protocol="upcoach.v9") as wire:
            await wire.send(hello(person))

            assert (await wire.frame())["t"] == "welcome"
            assert wire.protocol is None


@pytest.mark.parametrize("in_header", [False, True], ids=["no token", "token in the header"])
async def test_who_says_nothing_for_ten_seconds_is_closed(
    settings: Settings,
    in_header: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        async with calling(server, token=person.token if in_header else "") as wire:
            await until(lambda: bool(server.node._connections._open))
            connection = only_connection(server)
            if in_header:
                await until(lambda: connection.caller is not None)
            connection.tick(now() + 9)
            still_open = only_connection(server)
            connection.tick(now() + 11)

            assert still_open is connection
            assert await wire.closed() == 4408


def first_frames() -> dict[str, tuple[Json | str, int]]:
    """What may not come first, and the code that it is closed with."""
    return {
        "no token": ({"t": "hello", "v": 1}, 4401),
        "a token of nobody": ({"t": "hello", "v": 1, "token": "usr_1.ses_1.c2VjcmV0"}, 4401),
        "a token that is none": ({"t": "hello", "v": 1, "token": "\x00\ud7ff"}, 4401),
        "another version": ({"t": "hello", "v": 2, "token": "x"}, 4426),
        "a subscription": (sub(), 4400),
        "a write": (mut("POST", GOALS, {"title": "X"}), 4400),
        "a pong": ({"t": "pong"}, 4400),
        "no JSON": ("hello", 4400),
        "half a frame": ('{"t":"hello",', 4400),
        "NaN": ('{"t":"hello","v":NaN}', 4400),
        "a lone surrogate": ('{"t":"hello","v":1,"token":"\\ud800"}', 4400),
    }


async def test_a_conversation_begins_with_hello(settings: Settings) -> None:
    async with serving(settings) as server:
        codes = {}
        for name, (frame, _) in first_frames().items():
            async with calling(server) as wire:
                await wire.send(frame)
                codes[name] = await wire.closed()

        assert codes == {name: code for name, (_, code) in first_frames().items()}


async def test_a_bad_token_in_the_header_closes(settings: Settings) -> None:
    async with serving(settings) as server, calling(server, token="usr_1.ses_1.eA") as wire:
        assert await wire.closed() == 4401

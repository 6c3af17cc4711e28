"""What a request of a stranger costs a node, by its processor: twice for twice as much.

The node is in this process, and so is whoever asks: what is counted holds both.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urlencode

from config.settings import Settings
from models.access.limits import ANONYMOUS_BODY_BYTES
from tests.costs.adversarial import QUICK, repeated
from tests.costs.cpu import GROWTH, HOLD_S, NOISE_S, ROUNDS
from tests.costs.probe import PARTS, rows
from tests.support.server import serving
from tests.support.wire.sockets import mut
from upcoach.client import RestClient
from upcoach.client.rest import NO_ANSWER

LARGEST: Final = 60_000  # characters, of the 64 KiB that a body may have
HEADER: Final = 12_000  # of the 16 KiB that all headers may have
MUCH: Final = b"x" * (ANONYMOUS_BODY_BYTES + 1)  # of which the head decides
REQUEST_S: Final = 0.01  # what a request takes by itself, with both sides of it
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
# What is no operation takes forms.
FORMS: Final = (
    *(f"/oauth/{name}" for name in ("token", "par", "introspect", "revoke", "device")),
    *(f"/account/{name}" for name in ("login", "register", "forgot", "factor")),
    "/nowhere",
)
FIELDS: Final = ("email", "password", "token", "scope", "client_id", "redirect_uri", "state")
HEADERS: Final = ("Authorization", "Cookie", "Accept", "User-Agent", "If-None-Match", "DPoP")


class Ask(NamedTuple):
    """A request with a text somewhere, of at most *most* characters."""

    method: str
    path: str
    media: str
    field: str
    unit: str
    most: int = LARGEST

    def body(self, size: int) -> bytes | None:
        """The body of *size*, if it has one."""
        text = repeated(self.unit, size, LARGEST)
        if self.media == JSON:
            value = {text: 1} if self.field == "*" else {self.field: text}
            return json.dumps(value, ensure_ascii=False).encode(errors="replace")[:LARGEST]
        if self.media == FORM:
            value = {text: 1} if self.field == "*" else {self.field: text}
            return urlencode(value, errors="replace").encode()[:LARGEST]
        return None if self.method == "GET" else MUCH

    def headers(self, size: int) -> dict[str, str]:
        """The headers, of which one is of *size*."""
        if self.media:
            return {"Content-Type": self.media}
        text = repeated(self.unit, size).encode("latin-1", errors="replace").decode("latin-1")
        text = "".join(one if one.isprintable() else "x" for one in text)
        return {self.field: f'sid="{text}"' if self.field == "Cookie" else text}


@PARTS
async def test_no_request_of_a_stranger_is_slow(settings: Settings, every: int) -> None:
    async with serving(settings) as server:
        client = server.client()
        asks = list(_asks())
        found = {ask: told for ask in asks[::every] if (told := await _flaw(client, ask))}

    assert found == {}
    assert len(asks) > 1_000


def _asks() -> Iterator[Ask]:
    public = [one for one in rows("POST", "PUT", "PATCH") if one.public and one.takes is not None]
    for unit in QUICK:
        for operation in public:
            path = operation.path.replace("{provider}", "nobody")
            fields = operation.takes.__struct_fields__
            yield from (Ask("POST", path, JSON, field, unit) for field in ("*", *fields))
        for path in FORMS:
            yield from (Ask("POST", path, FORM, field, unit) for field in ("*", *FIELDS))
        for path in ("/v1/me", "/oauth/authorize", "/account"):
            yield from (Ask("GET", path, "", header, unit, HEADER) for header in HEADERS)
        yield from (Ask("POST", "/v1/goals", "", header, unit, HEADER) for header in HEADERS)


async def _flaw(client: RestClient, ask: Ask) -> str:
    """What is wrong with the cost of *ask*; empty if it is fine."""
    half = whole = float("inf")
    for _ in range(ROUNDS):
        whole = min(whole, await _cost_s(client, ask, ask.most))
        if whole < REQUEST_S + NOISE_S:
            return ""
        half = min(half, await _cost_s(client, ask, ask.most // 2))
        if whole < HOLD_S and whole < GROWTH * half:
            return ""
    return f"{half:.4f} s becomes {whole:.4f} s"


async def _cost_s(client: RestClient, ask: Ask, size: int) -> float:
    """What this thread's processor does until there is an answer, which is no fault of ours."""
    raw, headers = ask.body(size), ask.headers(size)
    began = time.thread_time()
    with contextlib.suppress(*NO_ANSWER):  # Tornado hangs up on what is not HTTP
        answer = await client.call(ask.method, ask.path, raw=raw, headers=headers)
        assert answer.status < 500, (ask, answer)
    return time.thread_time() - began


async def test_a_batch_of_long_texts_lets_others_have_their_turn(settings: Settings) -> None:
    texts = ("1 " * 15_000, "x" * 30_000, "\u0301\u0316" * 5_000, " - at `" * 4_000)
    async with serving(settings) as server:
        person = await server.person()
        holds = []
        for _ in range(ROUNDS):
            batch = [mut("POST", "/v1/journal", {"text": text}) for text in texts * 4]
            watch = asyncio.create_task(_longest_turn_s())
            answer = await person.call("POST", "/v1/mutations", batch)
            watch.cancel()
            holds.append(await watch)
            assert [one["status"] for one in answer.body] == [201] * len(batch)

    assert min(holds) < HOLD_S


async def _longest_turn_s() -> float:
    """The most that this thread's processor did between two turns, until it is cancelled."""
    longest = 0.0
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)
    return longest

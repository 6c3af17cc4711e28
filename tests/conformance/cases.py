"""The cases of Autobahn's fuzzing client, frame by frame: what is sent, and what comes back."""

import struct
from collections.abc import Iterable

from tests.conformance.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MASK,
    PING,
    PONG,
    TEXT,
    Received,
    closing,
    fragments,
    frame,
    masking,
    octets,
)

LARGEST = 65_536  # as the product has it
BYE = closing(1000)
SIZES = (0, 1, 125, 126, 127, 128, 65_535, 65_536)
HELLO = "Hello-µ@ßöäüàá-UTF-8!!".encode()
RSV1 = 0x4

Case = tuple[Iterable[bytes], list[Received]]


def text(payload: bytes) -> Received:
    return Received(TEXT, payload)


def closed(code: int | None = None) -> Received:
    return Received(CLOSE, b"" if code is None else struct.pack("!H", code))


def framing() -> dict[str, Case]:
    """1.x: every length, in one segment and in many."""
    cases: dict[str, Case] = {}
    for opcode in (TEXT, BINARY):
        for size in SIZES:
            payload = b"*" * size if opcode == TEXT else b"\xfe" * size
            whole = frame(opcode, payload)
            pieces = octets(whole, 1 if size < 1000 else 997)
            expected = [Received(opcode, payload), closed(1000)]
            cases[f"{opcode} of {size}"] = ([whole, BYE], expected)
            cases[f"{opcode} of {size}, chopped"] = ([*pieces, BYE], expected)
    return cases


def pings() -> dict[str, Case]:
    """2.x: pings are answered, pongs are not."""
    payload = bytes(range(125))
    full = [Received(PONG, payload), closed(1000)]
    ten = [b"%d" % number for number in range(10)]
    return {
        "empty": ([frame(PING), BYE], [Received(PONG, b""), closed(1000)]),
        "full": ([frame(PING, payload), BYE], full),
        "full, in octets": ([*octets(frame(PING, payload)), BYE], full),
        "too large": ([frame(PING, bytes(126))], [closed(1002)]),
        "a pong that nobody asked for": ([frame(PONG), BYE], [closed(1000)]),
        "a pong with a payload": ([frame(PONG, b"unasked"), BYE], [closed(1000)]),
        "a pong before a ping": (
            [frame(PONG, b"unasked"), frame(PING, b"asked"), BYE],
            [Received(PONG, b"asked"), closed(1000)],
        ),
        "ten": (
            [*(frame(PING, one) for one in ten), BYE],
            [*(Received(PONG, one) for one in ten), closed(1000)],
        ),
        "a ping in fragments": ([frame(PING, b"x", fin=False)], [closed(1002)]),
        "a pong in fragments": ([frame(PONG, b"x", fin=False)], [closed(1002)]),
    }


def reserved() -> dict[str, Case]:
    """3.x and 4.x: what has no meaning is refused, and what came before it is not lost."""
    before = frame(TEXT, b"before")
    cases: dict[str, Case] = {}
    for flags in range(1, 8):
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            name = f"bits {flags} on {opcode}"
            cases[name] = ([before, frame(opcode, flags=flags)], [text(b"before"), closed(1002)])
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        cases[f"opcode {opcode}"] = ([before, frame(opcode)], [text(b"before"), closed(1002)])
        cases[f"opcode {opcode}, in octets"] = (octets(frame(opcode, b"?")), [closed(1002)])
    cases["no mask"] = ([before, frame(TEXT, b"x", mask=None)], [text(b"before"), closed(1002)])
    cases["no mask on a ping"] = ([frame(PING, mask=None)], [closed(1002)])
    cases["a length in too many bytes"] = (
        [b"\x81\xfe\x00\x7d" + MASK + masking(bytes(125))],
        [closed(1002)],
    )
    cases["a length in far too many bytes"] = (
        [b"\x81\xff" + struct.pack("!Q", 65_535)],
        [closed(1002)],
    )
    return cases


def fragmentation() -> dict[str, Case]:
    """5.x: one message in many frames, with control frames between them."""
    first, second = fragments(TEXT, b"one", b"two")
    joined = [text(b"onetwo"), closed(1000)]
    ping = frame(PING, b"!")
    pong = Received(PONG, b"!")
    return {
        "two": ([first, second, BYE], joined),
        "two in one segment": ([first + second, BYE], joined),
        "two in octets": ([*octets(first + second), BYE], joined),
        "a ping between": ([first, ping, second, BYE], [pong, *joined]),
        "a pong between": ([first, frame(PONG, b"!"), second, BYE], joined),
        "many, and pings": (
            [*(part + ping for part in fragments(BINARY, *(b"x" for _ in range(50)))), BYE],
            [*[pong] * 49, Received(BINARY, b"x" * 50), pong, closed(1000)],
        ),
        "ten thousand": (
            [*fragments(TEXT, *(b"x" for _ in range(10_000))), BYE],
            [text(b"x" * 10_000), closed(1000)],
        ),
        "ten thousand empty ones": (
            [b"".join(fragments(TEXT, *(b"" for _ in range(10_000)), b"x")), BYE],
            [text(b"x"), closed(1000)],
        ),
        "all empty": ([*fragments(TEXT, b"", b"", b""), BYE], [text(b""), closed(1000)]),
        "nothing to continue": ([frame(CONTINUATION, b"x")], [closed(1002)]),
        "nothing to continue, not the last": (
            [frame(CONTINUATION, b"x", fin=False)],
            [closed(1002)],
        ),
        "continued after the end": (
            [first, second, second],
            [text(b"onetwo"), closed(1002)],
        ),
        "a text within a text": ([first, frame(TEXT, b"x")], [closed(1002)]),
        "a binary within a text": ([first, frame(BINARY, b"x", fin=False)], [closed(1002)]),
        "a bit on a continuation": (
            [first, frame(CONTINUATION, b"x", flags=RSV1)],
            [closed(1002)],
        ),
        "a close between": ([first, BYE], [closed(1000)]),
    }


VALID_TEXTS = {
    "ascii": b"plain",
    "two, three and four bytes": HELLO + "κόσμε 🏃".encode(),
    "the first of each length": "\x00\x80\u0800\U00010000".encode(),
    "the last of each length": "\x7f\u07ff\uffff\U0010ffff".encode(),
    "around the surrogates": "\ud7ff\ue000\ufffd".encode(),
    "no characters": "\ufdd0\ufffe\U0001fffe".encode(),
}
BROKEN_TEXTS = {
    "a continuation first": b"\x80",
    "two continuations": b"\x80\xbf",
    "a start of two and no more": b"\xc3 ",
    "a start of three and a letter": b"\xe2\x82A",
    "a start of four and a letter": b"\xf0\x9f\x8fA",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "a slash in two bytes": b"\xc0\xaf",
    "a slash in three": b"\xe0\x80\xaf",
    "a slash in four": b"\xf0\x80\x80\xaf",
    "zero in two bytes": b"\xc0\x80",
    "a high surrogate": b"\xed\xa0\x80",
    "a low surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "beyond the last": b"\xf4\x90\x80\x80",
    "impossible": b"\xfe",
    "impossible too": b"\xff",
    "behind good ones": HELLO + b"\xed\xa0\x80edited",
}
CUT_TEXTS = {"two": b"\xc3", "three": b"\xe2\x82", "four": b"\xf0\x9f\x8f"}


def texts() -> dict[str, Case]:
    """6.x: texts are UTF-8, however they are cut."""
    cases: dict[str, Case] = {}
    for name, payload in VALID_TEXTS.items():
        expected = [text(payload), closed(1000)]
        cases[name] = ([frame(TEXT, payload), BYE], expected)
        cases[f"{name}, a byte a frame"] = (
            [*fragments(TEXT, *octets(payload)), BYE],
            expected,
        )
        cases[f"{name}, in octets"] = ([*octets(frame(TEXT, payload)), BYE], expected)
    for name, payload in BROKEN_TEXTS.items():
        cases[name] = ([frame(TEXT, payload)], [closed(1007)])
        cases[f"{name}, a byte a frame"] = (fragments(TEXT, *octets(payload)), [closed(1007)])
        cases[f"{name}, in binary"] = (
            [frame(BINARY, payload), BYE],
            [Received(BINARY, payload), closed(1000)],
        )
    for name, payload in CUT_TEXTS.items():
        cases[f"the end cut off {name}"] = ([frame(TEXT, b"x" + payload)], [closed(1007)])
        cases[f"the end cut off {name}, an empty frame behind"] = (
            fragments(TEXT, payload, b""),
            [closed(1007)],
        )
    return cases


def closes() -> dict[str, Case]:
    """7.x: the closing handshake."""
    late = frame(TEXT, b"late") + frame(PING, b"late")
    cases: dict[str, Case] = {
        "without a code": ([frame(CLOSE)], [closed()]),
        "half a code": ([frame(CLOSE, b"\x03")], [closed(1002)]),
        "a reason": ([closing(1000, b"enough")], [closed(1000)]),
        "the longest reason": ([closing(1000, b"x" * 123)], [closed(1000)]),
        "a reason too long": ([closing(1000, b"x" * 124)], [closed(1002)]),
        "a reason that is no text": ([closing(1000, b"\xed\xa0\x80")], [closed(1007)]),
        "a reason cut off": ([closing(1000, b"\xe2\x82")], [closed(1007)]),
        "words behind it": ([BYE + late], [closed(1000)]),
        "twice": ([BYE + BYE], [closed(1000)]),
        "in fragments": ([frame(CLOSE, b"\x03\xe8", fin=False)], [closed(1002)]),
        "in octets": (octets(closing(1000, b"enough")), [closed(1000)]),
        "words behind a fault": ([frame(3), late, BYE], [closed(1002)]),
    }
    good = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)
    bad = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)
    cases |= {f"code {code}": ([closing(code)], [closed(code)]) for code in good}
    cases |= {f"code {code}": ([closing(code)], [closed(1002)]) for code in bad}
    return cases


def limits() -> dict[str, Case]:
    """9.x: as large as may be, and a byte more."""
    half = b"x" * (LARGEST // 2)
    return {
        "the largest": (
            [frame(BINARY, b"x" * LARGEST), BYE],
            [Received(BINARY, b"x" * LARGEST), closed(1000)],
        ),
        "the largest in fragments": (
            [*fragments(TEXT, half, half), BYE],
            [text(half + half), closed(1000)],
        ),
        "the largest in small fragments": (
            [*fragments(TEXT, *octets(b"x" * LARGEST, 64)), BYE],
            [text(b"x" * LARGEST), closed(1000)],
        ),
        "a byte more": ([frame(TEXT, b"x" * (LARGEST + 1))], [closed(1009)]),
        "a byte more in fragments": (fragments(TEXT, half, half, b"x"), [closed(1009)]),
        "a length that is never sent": ([frame(TEXT, size=1 << 40)], [closed(1009)]),
        "the largest length": ([frame(TEXT, size=(1 << 63) - 1)], [closed(1009)]),
        "a length with its first bit": ([frame(TEXT, size=1 << 63)], [closed(1009)]),
    }


TABLES = (framing, pings, reserved, fragmentation, texts, closes, limits)

"""The load generator, `native/listen.c`, and the floor, `native/floor.c`, built when needed."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.bench.child import Program

SOURCES = Path(__file__).parent / "native"
AT_ONCE = 64  # sockets that are opened at the same time
PATIENCE_MS = 120_000


class Door(msgspec.Struct, frozen=True):
    """How a server's sockets are opened.

    Attributes
    ----------
    path
        May hold `%d`, the number of the socket.
    hellos
        What a socket says first: one line for all, or one for each.
    until
        What it must have heard to be open; if empty, it is once the upgrade was answered.

    """

    port: int
    path: str = "/"
    hellos: Sequence[str] = ()
    until: str = ""


class Arrivals(msgspec.Struct, frozen=True):
    """What has arrived.

    Attributes
    ----------
    p50, p99
        From the publication to the arrival, in seconds.
    first, last
        When the first and the last delivery arrived.
    least, most
        How many events the sockets got.
    lasts
        When each event arrived at the last of the sockets, if that was asked for.
    cpu
        CPU seconds of the generator.

    """

    deliveries: int
    p50: float
    p99: float
    first: float
    last: float
    least: int
    most: int
    lasts: list[float]
    cpu: float

    @property
    def seconds(self) -> float:
        """From the first arrival to the last."""
        return self.last - self.first


class GaveUp(Exception):
    """A server did not do what was asked of it."""


async def build(folder: Path) -> None:
    """Compile both programs into *folder*."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise RuntimeError("The fan-out is measured with programs in C: install a C compiler (cc).")
    for name in ("listen", "floor"):
        command = (compiler, "-O2", "-o", str(folder / name), str(SOURCES / f"{name}.c"))
        process = await asyncio.create_subprocess_exec(*command)
        if await process.wait():
            raise RuntimeError(f"{name}.c could not be compiled.")


class Generator:
    """Sockets that count what arrives."""

    def __init__(self, folder: Path, core: int | None = None) -> None:
        self._folder = folder
        self.program = Program((str(folder / "listen"),), core=core)

    async def open(self, door: Door, count: int) -> float:
        """Open *count* sockets; how long that took."""
        hellos = self._folder / "hellos"
        hellos.write_text("".join(f"{hello}\n" for hello in door.hellos))
        named = str(hellos) if door.hellos else "-"
        line = f"open {door.port} {count} {AT_ONCE} {door.path} {named} {door.until or '-'}"
        return msgspec.convert(self._checked(await self.program.say(line))["seconds"], float)

    async def begin(self, deliveries: int, *, lasts: bool = False) -> None:
        """Count from now on until *deliveries* have arrived."""
        self._checked(await self.program.say(f"count {deliveries} {PATIENCE_MS} {int(lasts)}"))

    async def arrivals(self) -> Arrivals:
        """What was counted, once all has arrived."""
        return msgspec.convert(self._checked(await self.program.hear()), Arrivals)

    async def close(self) -> None:
        """Close all sockets."""
        await self.program.say("close")

    def _checked(self, answer: dict[str, object]) -> dict[str, object]:
        if "error" in answer:
            raise GaveUp(f"the load generator gave up: {answer['error']}")
        return answer

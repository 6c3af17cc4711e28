"""Who is measured in a fan-out: our server, and each peer as its documentation would have it.

A peer is one small file under `peers/`, two where its events come through Redis; `make bench-peers`
installs what they need into `var/bench`.  One that is not installed is absent from the figures.
"""

import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from tests.bench.child import Child, Program
from tests.bench.figures import FLOOR
from tests.bench.generator import Door
from tests.support.engines import TestEngines

PEERS = Path(__file__).parent / "peers"
INSTALLED = Path("var/bench").absolute()
PYTHON = INSTALLED / "venv" / "bin" / "python"
MODULES = INSTALLED / "node_modules"
BUN = MODULES / ".bin" / "bun"


class Stage(msgspec.Struct, frozen=True):
    """Where a run takes place: the engines, the compiled programs, and the cores."""

    engines: TestEngines
    folder: Path
    server_core: int
    other_core: int
    people: int


class Side(Protocol):
    """A server at work, and who publishes to its sockets."""

    door: Door

    @property
    def pid(self) -> int:
        """The server's process."""

    async def prepare(self, how: str, events: int) -> None:
        """Get *events* ready, where they have to be."""

    async def publish(self, how: str, events: int, measure: int) -> None:
        """Publish them: `broadcast` or `unicast` every so many nanoseconds; `flood`, see below."""


class Ours:
    """Our server; another process commits the events first, and then publishes them."""

    def __init__(self, node: Child, feeder: Child, door: Door) -> None:
        self._node = node
        self._feeder = feeder
        self.door = door

    @property
    def pid(self) -> int:
        """See `Side.pid`."""
        return self._node.pid

    async def prepare(self, how: str, events: int) -> None:
        """See `Side.prepare`."""
        await self._feeder.ask("prepare", events=events, everybody=how != "unicast")
        if how == "flood":
            await self._feeder.ask("pack")

    async def publish(self, how: str, _events: int, measure: int) -> None:
        """See `Side.publish`; a flood is joined as it is read."""
        if how == "flood":
            await self._feeder.ask("flood")
        else:
            await self._feeder.ask("publish", interval_ns=measure)


class Peer(msgspec.Struct, frozen=True):
    """A server of somebody else.

    Attributes
    ----------
    program
        What runs *server*, a file of `peers/`.
    needs
        A package without which it does not run, or a path.
    publisher
        The file of who publishes through Redis; without one, the server itself does.

    """

    name: str
    program: str
    server: str
    needs: str
    publisher: str = ""
    path: str = "/?user=%d"
    hello: str = ""
    until: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it can be run."""
        if self.program == "node":
            return shutil.which("node") is not None and (MODULES / self.needs).is_dir()
        if self.program == "bun":
            return BUN.exists()
        return not self.needs or any(INSTALLED.glob(f"venv/lib/*/site-packages/{self.needs}"))

    @contextlib.asynccontextmanager
    async def started(self, stage: Stage) -> AsyncIterator[Side]:
        """The server at work."""
        environ = {
            "REDIS_URL": stage.engines.environ()["UPCOACH_REDIS_URL"],
            "NODE_PATH": str(MODULES),
        }
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(
                Program(self._command(stage, self.server), environ, stage.server_core)
            )
            port = (await server.hear())["port"]
            publisher = server
            if self.publisher:
                publisher = await stack.enter_async_context(
                    Program(self._command(stage, self.publisher), environ, stage.other_core)
                )
            hellos = (self.hello,) if self.hello else ()
            yield Running(server, publisher, Door(port, self.path, hellos, self.until))

    def _command(self, stage: Stage, file: str) -> tuple[str, ...]:
        path = str(PEERS / file)
        match self.program:
            case "native":
                return (str(stage.folder / file),)
            case "node":
                return ("node", path)
            case "bun":
                return (str(BUN), path)
            case _:
                return (str(PYTHON) if self.needs else sys.executable, path)


class Running:
    """A peer at work."""

    def __init__(self, server: Program, publisher: Program, door: Door) -> None:
        self._server = server
        self._publisher = publisher
        self.door = door

    @property
    def pid(self) -> int:
        """See `Side.pid`."""
        return self._server.pid

    async def prepare(self, how: str, events: int) -> None:
        """See `Side.prepare`."""

    async def publish(self, how: str, events: int, measure: int) -> None:
        """See `Side.publish`; in a flood *measure* is how many events the program in C joins."""
        await self._publisher.say(f"{how} {events} {measure}")


_ENGINE_IO = "/socket.io/?EIO=4&transport=websocket&user=%d"

CATALOGUE = (
    Peer(FLOOR, "native", "floor", ""),
    Peer("picows", "python", "picows_server.py", "picows"),
    Peer("Bun", "bun", "bun_server.js", "bun"),
    Peer("ws (Node)", "node", "ws_node.js", "ws"),
    Peer(
        "Socket.IO (Node, Redis streams)",
        "node",
        "socketio_node.js",
        "@socket.io/redis-streams-adapter",
        publisher="socketio_publish.js",
        path=_ENGINE_IO,
        hello="40",
        until="40{",
    ),
    Peer(
        "FastAPI (uvicorn, Redis)",
        "python",
        "fastapi_redis.py",
        "fastapi",
        publisher="fastapi_publish.py",
    ),
    Peer("naive Tornado", "python", "tornado_naive.py", ""),
    Peer(
        "python-socketio (uvicorn)",
        "python",
        "socketio_python.py",
        "socketio",
        path=_ENGINE_IO,
        hello="40",
        until="40{",
    ),
    Peer(
        "Django Channels (uvicorn, Redis)",
        "python",
        "channels_server.py",
        "channels_redis",
        publisher="channels_publish.py",
        path="/%d",
    ),
)


@contextlib.asynccontextmanager
async def ours(stage: Stage, *, apart: bool) -> AsyncIterator[Ours]:
    """Our server at work: its sockets follow one feed, or *apart*, each that of its own user."""
    environ = stage.engines.environ(UPCOACH_TOKEN_MINUTES="60")
    async with (
        Child("node", environ, stage.server_core) as node,
        Child("feeder", environ, stage.other_core) as feeder,
    ):
        crowd = await node.ask("crowd", count=stage.people if apart else 1)
        await feeder.ask("begin", users=[person["user"] for person in crowd["people"]])
        yield Ours(node, feeder, live_door(crowd))


def live_door(crowd: Mapping[str, object], *, follow: bool = True) -> Door:
    """How sockets come to follow the feeds of their owners, the people of *crowd*."""
    answer = msgspec.convert(crowd, Crowd)
    subs = [{"f": "u:me"}] if follow else []
    hellos = [
        msgspec.json.encode({"t": "hello", "v": 1, "token": one.token, "hb": 120, "subs": subs})
        for one in answer.people
    ]
    until = '"t":"live"' if follow else '"t":"welcome"'
    return Door(answer.port, "/v1/live", [hello.decode() for hello in hellos], until)


class Person(msgspec.Struct, frozen=True):
    """Somebody logged in."""

    user: str
    token: str


class Crowd(msgspec.Struct, frozen=True):
    """People, and the port of their node."""

    people: list[Person]
    port: int

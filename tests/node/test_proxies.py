"""Two nodes behind the balancers of `config/deploy`, changed in nothing but ports and paths."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.node.going_on import goes_on, nodes_of
from tests.support.people.chaos import Writer, until
from tests.support.server import Server, ServerProcess
from tests.support.wire.event_streams import reading
from tests.support.wire.fleet import FeedFollower, following

DEPLOY = Path(__file__).parents[2] / "config" / "deploy"
SOCKETS = 10


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """*text* with each pair's first part, which must occur once, in the form of its second."""
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def certificate(folder: Path) -> Path:
    """A certificate of our own for 127.0.0.1, in one file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "upcoach.test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    file = folder / "upcoach.pem"
    file.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, private, serialization.NoEncryption())
    )
    return file


class Balancer:
    """A balancer in front of two nodes, with a port for TLS and one without."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = certificate(folder)
        self.port = free_port()
        self.tls_port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> Path:
        """What it says."""
        return self.folder / "output"

    @property
    def nodes_lost(self) -> int:
        """How many nodes are down in its opinion, if it has one."""
        said = self.output.read_text()
        return said.count(" is DOWN") - said.count(" is UP")


def nginx(balancer: Balancer, nodes: Sequence[ServerProcess]) -> list[str]:
    """The command that runs `nginx.conf` for *nodes*."""
    folder = balancer.folder
    temporary = "".join(
        f"{one}_temp_path {folder}/{one};\n"
        for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    first, second = (node.url.removeprefix("http://") for node in nodes)
    text = replaced(
        (DEPLOY / "nginx.conf").read_text(),
        ("pid /run/nginx.pid;", f"pid {folder}/pid; daemon off; error_log {folder}/log;"),
        ("worker_rlimit_nofile 65536;", ""),
        ("worker_connections 32768;", "worker_connections 512;"),
        ("http {", f"http {{\n{temporary}"),
        (
            "listen 443 ssl http2;",
            f"listen 127.0.0.1:{balancer.tls_port} ssl http2; listen 127.0.0.1:{balancer.port};",
        ),
        ("/etc/ssl/upcoach.pem", str(balancer.certificate)),
        ("/etc/ssl/upcoach.key", str(balancer.certificate)),
        ("10.0.0.11:8888", first),
        ("10.0.0.12:8888", second),
    )
    file = folder / "nginx.conf"
    file.write_text(text)
    return ["nginx", "-p", str(folder), "-e", f"{folder}/log", "-c", str(file)]


def haproxy(balancer: Balancer, nodes: Sequence[ServerProcess]) -> list[str]:
    """The command that runs `haproxy.cfg` for *nodes*."""
    first, second = (node.url.removeprefix("http://") for node in nodes)
    checked, also_checked = (node.metrics_port for node in nodes)
    text = replaced(
        (DEPLOY / "haproxy.cfg").read_text(),
        ("maxconn 40000", "maxconn 500"),
        ("bind :443 ssl", f"bind 127.0.0.1:{balancer.port}\n    bind :443 ssl"),
        ("bind :443 ssl", f"bind 127.0.0.1:{balancer.tls_port} ssl"),
        ("/etc/haproxy/upcoach.pem", str(balancer.certificate)),
        ("10.0.0.11:8888 check port 8889", f"{first} check port {checked}"),
        ("10.0.0.12:8888 check port 8889", f"{second} check port {also_checked}"),
    )
    file = balancer.folder / "haproxy.cfg"
    file.write_text(text)
    return ["haproxy", "-db", "-f", str(file)]


Command = Callable[[Balancer, Sequence[ServerProcess]], list[str]]

both = pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            one,
            id=one.__name__,
            marks=pytest.mark.skipif(
                shutil.which(one.__name__) is None,
                reason=f"no wheel carries {one.__name__}, and tests install nothing in the system: "
                "CI does (.ci/run)",
            ),
        )
        for one in (nginx, haproxy)
    ],
)


@contextlib.asynccontextmanager
async def balanced(
    command: Command, environ: dict[str, str], folder: Path
) -> AsyncIterator[tuple[Balancer, list[ServerProcess]]]:
    """Two nodes behind a balancer."""
    environ["UPCOACH_DRAIN_S"] = "1"
    nodes = [ServerProcess(environ | {"UPCOACH_METRICS_PORT": str(free_port())}) for _ in range(2)]
    balancer = Balancer(folder)
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(node) for node in nodes))
        with balancer.output.open("wb") as sink:
            process = await asyncio.create_subprocess_exec(
                *command(balancer, nodes), stdout=sink, stderr=subprocess.STDOUT
            )
        try:
            await until(lambda: answers(balancer.port), 10)
            yield balancer, nodes
        except BaseException:
            print(balancer.output.read_text(), *(node.output for node in nodes), sep="\n")
            raise
        finally:
            process.terminate()
            await process.wait()


def answers(port: int) -> bool:
    """Whether something listens on *port*."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.chaos
@both
async def test_devices_behind_a_balancer_hop_when_a_node_drains_and_lose_nothing(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    async with (
        balanced(command, environ, tmp_path) as (balancer, nodes),
        Writer([balancer.url]).present() as person,
    ):
        followers = [FeedFollower([balancer.url], person.token) for _ in range(SOCKETS)]
        async with following(followers):
            writing = [asyncio.create_task(person.journal.write(send)) for send in person.senders()]
            for node in nodes:
                assert await node.stop() == 0
                await goes_on(person)
                await node.start()
                await until(lambda: balancer.nodes_lost == 0)
            person.journal.stopping = True
            await asyncio.gather(*writing)
            await person.check()
            _, head = await person.snapshot()
            await until(lambda: all(one.seq == head for one in followers))

    assert [(one.gaps, one.repeats, one.resets) for one in followers] == [(0, 0, [])] * SOCKETS
    assert sum(one.moves for one in followers) >= SOCKETS
    assert max(one.deaf_s for one in followers) < 2


@both
async def test_a_balancer_passes_events_and_polls_on_as_they_come(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    async with (
        balanced(command, environ, tmp_path) as (balancer, _),
        contextlib.AsyncExitStack() as stack,
    ):
        server = Server(balancer.url)
        stack.callback(server.close)
        person = await server.person()
        cursor = (await person.call("GET", "/v1/snapshot")).headers["upcoach-cursor"]
        path = f"/v1/events?since={cursor}"
        reader = await stack.enter_async_context(reading(server, path, person.token))
        await reader.until("live")
        poll = asyncio.create_task(person.call("GET", f"{path}&wait=25"))

        written = await person.call("POST", "/v1/goals", {"title": "Run"})
        [event] = await reader.until("ev")
        answer = await poll

    assert event.frame["id"] == written.body["id"]
    assert [one["id"] for one in answer.body] == [written.body["id"]]


@both
async def test_a_balancer_keeps_a_user_on_a_node_and_speaks_tls(
    command: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    async with (
        balanced(command, environ, tmp_path) as (balancer, _),
        contextlib.AsyncExitStack() as stack,
    ):
        server = Server(balancer.url)
        stack.callback(server.close)
        people = [await server.person() for _ in range(8)]
        followers = [FeedFollower([balancer.url], one.token) for one in people for _ in range(3)]
        await stack.enter_async_context(following(followers))
        trusted = ssl.create_default_context(cafile=str(balancer.certificate))
        reader, writer = await asyncio.open_connection("127.0.0.1", balancer.tls_port, ssl=trusted)
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: upcoach.test\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert [len(nodes_of(followers[n : n + 3])) for n in range(0, len(followers), 3)] == [1] * 8
    assert len(nodes_of(followers)) == 2
    assert answer.startswith(b"HTTP/1.1 200 ")

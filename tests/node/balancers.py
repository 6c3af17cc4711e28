"""The balancers of `config/deploy` before two nodes, changed in nothing but ports and paths."""

import asyncio
import contextlib
import datetime as dt
import getpass
import ipaddress
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.people.chaos import until
from tests.support.server import ServerProcess
from upcoach.embedded import ports

DEPLOY = Path(__file__).parents[2] / "config" / "deploy"


def free_port() -> int:
    """A port that nobody is given who takes any, as the other tests beside this one do."""
    return ports.choose(None)


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


class Node(Protocol):
    """What a balancer has to know of a node."""

    url: str


class Balancer:
    """A balancer in front of two nodes, with a port for TLS, its usual one, and one without."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = certificate(folder)
        self.port = free_port()
        self.tls_port = free_port()
        self.plain_port = free_port()

    @property
    def ports(self) -> tuple[int, ...]:
        """All that it listens on."""
        return self.port, self.tls_port, self.plain_port

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


def nginx(balancer: Balancer, nodes: Sequence[Node]) -> list[str]:
    """The command that runs `nginx.conf` for *nodes*."""
    folder = balancer.folder
    temporary = "".join(
        f"{one}_temp_path {folder}/{one};\n"
        for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    first, second = (node.url.removeprefix("http://") for node in nodes)
    user = getpass.getuser()  # root's workers are somebody else's, and write no bodies there
    text = replaced(
        (DEPLOY / "nginx.conf").read_text(),
        (
            "pid /run/nginx.pid;",
            f"user {user}; pid {folder}/pid; daemon off; error_log {folder}/log;",
        ),
        ("worker_rlimit_nofile 65536;", ""),
        ("worker_connections 32768;", "worker_connections 512;"),
        ("http {", f"http {{\n{temporary}"),
        (
            "listen 443 ssl http2;",
            f"listen 127.0.0.1:{balancer.tls_port} ssl http2; listen 127.0.0.1:{balancer.port};",
        ),
        ("listen 80;", f"listen 127.0.0.1:{balancer.plain_port};"),
        ("/etc/ssl/upcoach.pem", str(balancer.certificate)),
        ("/etc/ssl/upcoach.key", str(balancer.certificate)),
        ("10.0.0.11:8888", first),
        ("10.0.0.12:8888", second),
    )
    file = folder / "nginx.conf"
    file.write_text(text)
    return ["nginx", "-p", str(folder), "-e", f"{folder}/log", "-c", str(file)]


def haproxy(balancer: Balancer, nodes: Sequence[Node]) -> list[str]:
    """The command that runs `haproxy.cfg` for *nodes*."""
    first, second = (node.url.removeprefix("http://") for node in nodes)
    text = replaced(
        (DEPLOY / "haproxy.cfg").read_text(),
        ("maxconn 40000", "maxconn 500"),
        ("bind :443 ssl", f"bind 127.0.0.1:{balancer.port}\n    bind :443 ssl"),
        ("bind :443 ssl", f"bind 127.0.0.1:{balancer.tls_port} ssl"),
        ("/etc/haproxy/upcoach.pem", str(balancer.certificate)),
        ("bind :80", f"bind 127.0.0.1:{balancer.plain_port}"),
        ("10.0.0.11:8888 check", f"{first} check"),
        ("10.0.0.12:8888 check", f"{second} check"),
        ("10.0.0.11:8888 backup", f"{first} backup"),
        ("10.0.0.12:8888 backup", f"{second} backup"),
    )
    file = balancer.folder / "haproxy.cfg"
    file.write_text(text)
    return ["haproxy", "-db", "-f", str(file)]


Command = Callable[[Balancer, Sequence[Node]], list[str]]


def behind(*commands: Command) -> pytest.MarkDecorator:
    """Run a test behind each of the balancers that the *commands* run, if it is installed."""
    return pytest.mark.parametrize(
        "command",
        [
            pytest.param(
                one,
                id=one.__name__,
                marks=pytest.mark.skipif(
                    shutil.which(one.__name__) is None,
                    reason=f"no wheel carries {one.__name__}, and tests install nothing in the "
                    "system: CI does (.ci/run)",
                ),
            )
            for one in commands
        ],
    )


both = behind(nginx, haproxy)


@contextlib.asynccontextmanager
async def balanced(
    command: Command, environ: dict[str, str], folder: Path
) -> AsyncIterator[tuple[Balancer, list[ServerProcess]]]:
    """Two nodes behind a balancer."""
    environ["UPCOACH_DRAIN_S"] = "1"
    nodes = [ServerProcess(dict(environ)) for _ in range(2)]
    async with contextlib.AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(node) for node in nodes))
        try:
            async with in_front_of(nodes, command, folder) as balancer:
                yield balancer, nodes
        except BaseException:
            print(*(node.output for node in nodes), sep="\n")
            raise


@contextlib.asynccontextmanager
async def in_front_of(
    nodes: Sequence[Node], command: Command, folder: Path
) -> AsyncIterator[Balancer]:
    """A balancer for two *nodes*."""
    balancer = Balancer(folder)
    with balancer.output.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *command(balancer, nodes), stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        await until(lambda: all(map(answers, balancer.ports)), 10)
        yield balancer
    except BaseException:
        print(balancer.output.read_text())
        raise
    finally:
        process.terminate()
        await process.wait()


def answers(port: int) -> bool:
    """Whether something listens on *port*."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0

"""A port or a host that cannot be used stops the start, and the right setting is named."""

import socket
from collections.abc import Callable

import pytest
from tornado.web import Application

from upcoach.node.process.listener import HttpListener, Reservation, StartError


def listen(host: str, port: int) -> None:
    HttpListener(Application(), host, port)


@pytest.mark.parametrize("use", [listen, Reservation])
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no such host"])
def test_a_host_that_is_not_ours_blames_no_port(
    host: str, use: Callable[[str, int], object]
) -> None:
    with pytest.raises(StartError) as refusal:
        use(host, 0)

    words = str(refusal.value)
    assert words.startswith(f"{host} is no address of this machine")
    assert "UPCOACH_HOST" in words
    assert "PORT" not in words


@pytest.mark.parametrize("use", [listen, Reservation])
def test_a_port_that_is_taken_blames_no_host(use: Callable[[str, int], object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} on 127.0.0.1.*UPCOACH_PORT"):
            use("127.0.0.1", port)

"""Loopback ports for the engines."""

import random
import socket
from pathlib import Path

from upcoach.embedded.errors import EngineError

LOOPBACK = "127.0.0.1"

# Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing
# connections, so that none of those sits on an engine's port while the engine restarts.
RANGE = range(20_000, 32_000)


def choose(kept: int | None) -> int:
    """The port *kept* if it is free, otherwise another."""
    return kept if kept is not None and is_free(kept) else _any_free()


def read(path: Path) -> int | None:
    """The port that the file *path* holds, if it holds one."""
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def is_free(port: int) -> bool:
    """Whether a server could listen on *port* now."""
    with socket.socket() as probe:
        # The engines set it too: connections that are still closing are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    for port in random.sample(RANGE, len(RANGE)):
        if is_free(port):
            return port
    raise EngineError(f"No port of {LOOPBACK} from {RANGE[0]} to {RANGE[-1]} is free.")

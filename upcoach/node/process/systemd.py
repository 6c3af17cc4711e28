"""What a process tells systemd of itself (sd_notify(3)): it is ready, it works, it stops.

Whoever started us names a datagram socket in NOTIFY_SOCKET; where nobody did, nothing is told.
"""

import os
import socket
from collections.abc import Mapping

NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Notifier:
    """The socket of the service manager.

    Attributes
    ----------
    watchdog_s
        How long it waits for `works` before it ends us; None if it does not.

    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = _watchdog_s(environ) if self._address else None

    def ready(self) -> None:
        """Say that we serve."""
        self._tell("READY=1")

    def works(self) -> None:
        """Say that the loop turns; only the loop may say so."""
        if self.watchdog_s is not None:
            self._tell("WATCHDOG=1")

    def stops(self) -> None:
        """Say that this is the end."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)
            try:
                manager.sendto(state.encode(), self._address)
            except OSError:  # a manager that does not listen is no reason to stop
                return


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """What of WATCHDOG_USEC is for this process."""
    for_us = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    interval = environ.get("WATCHDOG_USEC", "")
    return int(interval) / 1e6 if for_us and interval.isdecimal() and int(interval) else None

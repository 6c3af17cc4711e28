"""Notifications to systemd (sd_notify(3)): ready, watchdog, stopping.

Whoever started us names a datagram socket in NOTIFY_SOCKET; where nobody did, nothing is sent.
"""

import os
import socket
from collections.abc import Mapping

NAMES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Notifier:
    """Notifies the service manager over its socket.

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
        """Notify that the process is ready."""
        self._notify("READY=1")

    def works(self) -> None:
        """Send the watchdog's keep-alive; only from the event loop."""
        if self.watchdog_s is not None:
            self._notify("WATCHDOG=1")

    def stops(self) -> None:
        """Notify that the process is stopping."""
        self._notify("STOPPING=1")

    def _notify(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setblocking(False)
            try:
                manager.sendto(state.encode(), self._address)
            except OSError:  # a manager that does not listen is no reason to stop
                return


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """The watchdog interval if it is meant for this process."""
    for_us = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    interval = environ.get("WATCHDOG_USEC", "")
    return int(interval) / 1e6 if for_us and interval.isdecimal() and int(interval) else None

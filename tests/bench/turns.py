"""What one server did."""

import msgspec

from tests.bench.generator import Arrivals


class Turn(msgspec.Struct, frozen=True):
    """Some deliveries.

    Attributes
    ----------
    rate
        Deliveries a second that were asked for; 0 for as many as there can be.
    cpu_s
        CPU seconds of the server per delivery.

    """

    rate: float
    cpu_s: float
    arrivals: Arrivals

    @property
    def generator(self) -> float:
        """The share of a core that the load generator needed."""
        return self.arrivals.cpu / max(self.arrivals.seconds, 1e-9)

    @property
    def per_second(self) -> float:
        """Deliveries a second."""
        return self.arrivals.deliveries / max(self.arrivals.seconds, 1e-9)


class Opened(msgspec.Struct, frozen=True):
    """Some sockets that were opened.

    Attributes
    ----------
    per_second
        How many a second.
    cpu_s, kilobytes
        For each: CPU seconds of the server, and what it holds.

    """

    per_second: float
    cpu_s: float
    kilobytes: float

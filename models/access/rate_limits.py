"""Limits: the table of rate limits by surface, quotas, and sizes.

A bound is a lasting rate with bursts: the generic cell rate algorithm (ITU-T I.371, Annex A), which
keeps one number, the moment at which all that was taken is paid for.  Passwords of one account have
a backoff instead: some tries at once, then one after a wait that doubles.  Neither ever locks
anybody out for good (ASVS 6.1.1).
"""

from typing import Final, Literal

import msgspec

# What is counted: requests (a heavy one as many), writes, or kibibytes that are kept.
Unit = Literal["request", "kib"]

# By what is counted: who asks (*user*, *client*), from where (*ip*: one IPv4 address or an IPv6
# /64), or what is asked for (an *account*'s password from anywhere, or from a *device* that has
# shown the right one before; an *address* that gets mail; a *session* that is refreshed).
Party = Literal["user", "client", "ip", "account", "device", "address", "session"]


class Cost(msgspec.Struct, frozen=True):
    """The cost of a request: so many requests or writes, and so many kibibytes."""

    requests: int = 1
    kib: int = 0

    def of(self, unit: Unit) -> int:
        """The cost in *unit*."""
        return self.requests if unit == "request" else self.kib


ONE: Final = Cost()


def kib(size: int) -> int:
    """*size* bytes in kibibytes, rounded up.

    Examples
    --------
    >>> [kib(size) for size in (0, 1, 1024, 1025)]
    [0, 1, 1, 2]

    """
    return -(-size // 1024)


FREE_GROWTH_BYTES: Final = 4_096  # by which an answer may be larger than what was sent, for free
BYTES_PER_READ: Final = 65_536  # bytes of an answer that one request stands for


def extra_write_cost(sent: int, answered: int) -> Cost | None:
    """The cost of a write beyond the bytes that it *sent*; None for the usual one.

    A few words may change a large document, which is kept anew, with its answer.
    """
    if answered <= sent + FREE_GROWTH_BYTES:
        return None
    return Cost(0, kib(answered) - kib(sent))


def extra_read_cost(answered: int) -> Cost | None:
    """The cost of a read beyond its weight, by the bytes *answered*; None for the usual one."""
    requests = answered // BYTES_PER_READ
    return Cost(requests) if requests else None


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """A rate limit: *count* in *seconds*, *burst* of them at once, for each of the parties *by*."""

    name: str
    by: tuple[Party, ...]
    count: int
    seconds: int
    burst: int
    unit: Unit = "request"

    @property
    def every_us(self) -> int:
        """The microseconds between two."""
        return self.seconds * 1_000_000 // self.count


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Exponential backoff: *free* tries, then waits from *first_s*, doubled up to *most_s*.

    It is forgotten when nobody has tried for *most_s* longer than there is to wait.

    Examples
    --------
    >>> [PASSWORDS.wait_s(tried) for tried in (0, 4, 5, 6, 8, 9, 50)]
    [0, 0, 60, 120, 480, 900, 900]

    """

    name: str
    by: tuple[Party, ...]
    free: int
    first_s: int
    most_s: int

    def wait_s(self, tried: int) -> int:
        """The seconds between the last try and the next one allowed."""
        if tried < self.free:
            return 0
        return min(self.most_s, self.first_s << min(tried - self.free, 20))


Rule = Bound | Backoff


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """A group of operations that are counted together, by several rules at once.

    Attributes
    ----------
    opens
        Whether everything passes while nobody counts (Redis is away); else each process counts by
        itself, at a tenth of the rates.

    """

    rules: tuple[Rule, ...]
    opens: bool = False

    @property
    def parties(self) -> frozenset[Party]:
        """The parties that its rules count by."""
        return frozenset(party for rule in self.rules for party in rule.by)


PASSWORDS: Final = Backoff(name="account", by=("account",), free=5, first_s=60, most_s=900)
_OWN: Final = msgspec.structs.replace(PASSWORDS, name="device", by=("account", "device"))
_NETWORK: Final = (
    Bound(name="minute", by=("ip",), count=20, seconds=60, burst=20),
    Bound(name="hour", by=("ip",), count=200, seconds=3_600, burst=200),
)


_MAILS: Final = (
    Bound(name="network", by=("ip",), count=5, seconds=3_600, burst=5),
    Bound(name="address", by=("address",), count=3, seconds=3_600, burst=3),
)


KEPT_AT_ONCE: Final = 16_384  # KiB of one account


def _of_user(count: int, burst: int, seconds: int = 60) -> Surface:
    bound = Bound(name="user", by=("user",), count=count, seconds=seconds, burst=burst)
    return Surface(rules=(bound,), opens=True)


SURFACES: Final[dict[str, Surface]] = {
    "login": Surface(rules=(PASSWORDS, *_NETWORK)),
    "known": Surface(rules=(_OWN, *_NETWORK)),  # a login on a device that was let in before
    "mail": Surface(rules=_MAILS),
    "reset": Surface(rules=_MAILS),  # apart: the way back of who was shut out
    "factor": Surface(rules=_NETWORK),
    "refresh": Surface(
        rules=(
            Bound(name="session", by=("session",), count=20, seconds=60, burst=10),
            Bound(name="network", by=("ip",), count=600, seconds=60, burst=100),
        )
    ),
    "token": Surface(
        rules=(
            Bound(name="client", by=("client", "ip"), count=60, seconds=60, burst=20),
            # Anybody can name any client.
            Bound(name="network", by=("ip",), count=600, seconds=60, burst=100),
        )
    ),
    "client": Surface(  # failures of clients to show who they are
        rules=(Bound(name="failed", by=("client", "ip"), count=10, seconds=60, burst=10),)
    ),
    "public": Surface(
        rules=(Bound(name="network", by=("ip",), count=300, seconds=60, burst=100),), opens=True
    ),
    "authorize": Surface(
        rules=(Bound(name="network", by=("ip",), count=60, seconds=60, burst=60),)
    ),
    "user_code": Surface(  # wrong codes of devices
        rules=(Bound(name="codes", by=("ip", "session"), count=10, seconds=3_600, burst=10),)
    ),
    # Of operations, and of what a socket is sent to be up to date.
    "read": _of_user(600, 100),
    # The one ledger of what an account keeps: over REST, sockets, batches and imports together.  A
    # phone comes back after weeks with five hundred writes at once.
    "write": Surface(
        rules=(
            Bound(name="user", by=("user",), count=120, seconds=60, burst=600),
            Bound(
                name="hour",
                by=("user",),
                count=32_768,
                seconds=3_600,
                burst=KEPT_AT_ONCE,
                unit="kib",
            ),
            Bound(name="day", by=("user",), count=65_536, seconds=86_400, burst=65_536, unit="kib"),
        ),
        opens=True,
    ),
    "upload": _of_user(30, 30, 3_600),
    "relation": _of_user(20, 20, 3_600),  # each begins with mails to both
    "integration": Surface(
        rules=(Bound(name="client", by=("client",), count=300, seconds=60, burst=100),),
        opens=True,
    ),
    "connect": Surface(
        rules=(Bound(name="network", by=("ip",), count=20, seconds=60, burst=20),), opens=True
    ),
}

"""How much anybody may ask for: the table of all surfaces, and the arithmetic of one bound.

A bound is a lasting rate with bursts: the generic cell rate algorithm (ITU-T I.371, Annex A), which
keeps one number, the moment at which all that was taken is paid for.  Passwords of one account have
a backoff instead: some tries at once, then one after a wait that doubles.  Neither ever locks
anybody out for good (ASVS 6.1.1).
"""

from typing import Final, Literal

import msgspec

# By what is counted: who asks (*user*, *client*), from where (*ip*: one IPv4 address or an IPv6
# /64), or what is asked for (an *account*'s password from anywhere, or from a *device* that has
# shown the right one before; an *address* that gets mail; a *session* that is refreshed).
Party = Literal["user", "client", "ip", "account", "device", "address", "session"]


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """*count* in *seconds*, of which *burst* at once, for each combination of the parties *by*."""

    name: str
    by: tuple[Party, ...]
    count: int
    seconds: int
    burst: int

    @property
    def every_us(self) -> int:
        """The microseconds that one takes."""
        return self.seconds * 1_000_000 // self.count


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """*free* tries at once; the next after *first_s*, each wait twice the last, up to *most_s*.

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
        """How long after the last try the next one may come."""
        if tried < self.free:
            return 0
        return min(self.most_s, self.first_s << min(tried - self.free, 20))


Rule = Bound | Backoff


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted together, by several rules at once.

    Attributes
    ----------
    opens
        Whether everything passes while nobody counts (Redis is away); else each process counts by
        itself, at a tenth of the rates.

    """

    rules: tuple[Rule, ...]
    opens: bool = False


PASSWORDS: Final = Backoff(name="account", by=("account",), free=5, first_s=60, most_s=900)
_OWN: Final = msgspec.structs.replace(PASSWORDS, name="device", by=("account", "device"))
_NETWORK: Final = (
    Bound(name="minute", by=("ip",), count=20, seconds=60, burst=20),
    Bound(name="hour", by=("ip",), count=200, seconds=3_600, burst=200),
)


def _of_user(count: int, burst: int, seconds: int = 60, *, opens: bool = True) -> Surface:
    bound = Bound(name="user", by=("user",), count=count, seconds=seconds, burst=burst)
    return Surface(rules=(bound,), opens=opens)


SURFACES: Final[dict[str, Surface]] = {
    "login": Surface(rules=(PASSWORDS, *_NETWORK)),
    "known": Surface(rules=(_OWN, *_NETWORK)),  # a login on a device that was let in before
    "mail": Surface(
        rules=(
            Bound(name="network", by=("ip",), count=5, seconds=3_600, burst=5),
            Bound(name="address", by=("address",), count=3, seconds=3_600, burst=3),
        )
    ),
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
    "read": _of_user(600, 100),
    "write": _of_user(120, 30),
    "batch": _of_user(12, 6),  # of up to 100 writes, which is what a socket may send
    "upload": _of_user(30, 30, 3_600),
    "integration": Surface(
        rules=(Bound(name="client", by=("client",), count=300, seconds=60, burst=100),),
        opens=True,
    ),
    "connect": Surface(
        rules=(Bound(name="network", by=("ip",), count=20, seconds=60, burst=20),), opens=True
    ),
}

OPEN_OF_USER: Final = 10  # sockets on one node
OPEN_OF_NETWORK: Final = 50

"""The feeds and channels that a device follows, and the event that a frame is to it."""

from collections.abc import Iterable
from typing import Final

from models.base.merge_patch import Json
from upcoach.client.machine import ClientEvent
from upcoach.client.replica import Replica

OWN: Final = "u:me"
_FRAMES: Final = {
    ClientEvent.WELCOME,
    ClientEvent.SUBD,
    ClientEvent.SNAP,
    ClientEvent.EV,
    ClientEvent.SKIP,
    ClientEvent.LIVE,
    ClientEvent.RES,
    ClientEvent.PING,
    ClientEvent.AUTH_EXPIRING,
    ClientEvent.GO,
    ClientEvent.EPH,
    ClientEvent.RESET,
    ClientEvent.ERR,
}


class FollowedFeeds:
    """The copies of feeds, and the channels that have no number."""

    def __init__(self, feeds: Iterable[str], channels: Iterable[str]) -> None:
        self.replicas = {name: Replica(name) for name in (OWN, *feeds)}
        self.channels = list(channels)

    @property
    def is_live(self) -> bool:
        """Whether every copy is current."""
        return all(replica.is_live for replica in self.replicas.values())

    def subscriptions(self) -> list[Json]:
        """The subscriptions for the `hello` frame."""
        subscriptions = [replica.subscription() for replica in self.replicas.values()]
        return subscriptions + [{"f": name} for name in self.channels]

    def find(self, frame: Json) -> Replica | None:
        """The copy that *frame* is about; answers name the own feed in full."""
        name = frame.get("f")
        if name is None or name in self.channels:
            return None
        return self.replicas.get(name) or self.replicas[OWN]

    def replica(self, frame: Json) -> Replica:
        """The copy that *frame* is about, which must be about one."""
        replica = self.find(frame)
        assert replica is not None, frame
        return replica

    def forget(self, frame: Json) -> None:
        """Stop following the feed or channel of an `unsubd` frame."""
        self.replicas.pop(frame["f"], None)
        if frame["f"] in self.channels:
            self.channels.remove(frame["f"])

    def event_of(self, frame: Json) -> ClientEvent | None:
        """The event that *frame* is in this client's state; None for a frame to ignore."""
        replica = self.find(frame)
        if replica is not None and not replica.hears(frame):
            return None
        is_known = frame["t"] in _FRAMES and not (frame["t"] == "subd" and replica is None)
        event = ClientEvent(frame["t"]) if is_known else None
        match frame["t"]:
            case "unsubd":
                event = self._unsubd(frame, replica)
            case "reset" if frame["reason"] == "snapshot":
                event = ClientEvent.UNREADY
            case "ev" | "skip" if replica is not None and replica.misses(frame):
                event = ClientEvent.GAP
            case "live" if not self._are_live_but(replica):
                event = ClientEvent.PARTLY
        return event

    def _are_live_but(self, replica: Replica | None) -> bool:
        """Whether every other copy is current."""
        return all(other.is_live for other in self.replicas.values() if other is not replica)

    @staticmethod
    def _unsubd(frame: Json, replica: Replica | None) -> ClientEvent | None:
        problem = frame.get("problem")
        if problem is None:
            return None
        if problem["status"] == 503:
            return ClientEvent.UNREADY
        return (
            ClientEvent.UNSUBD if replica is not None and replica.feed == OWN else ClientEvent.LOST
        )

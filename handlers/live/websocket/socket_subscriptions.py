"""The subscriptions of one socket: to feeds, to channels, and to the feeds of operators."""

from collections.abc import Callable

from handlers.live.base import limits
from handlers.live.base.admin_feeds import AdminSubscriptions, is_admin_feed
from handlers.live.base.live_node import LiveNode
from handlers.live.websocket.channel_access import ChannelAccess, is_channel
from handlers.live.websocket.channel_subscriptions import ChannelSubscriptions
from handlers.live.websocket.feed_subscriptions import FeedSubscriptions
from models.access.caller import Caller
from models.access.scope import Scope
from models.base.errors import Invalid, Refusal
from models.wire.frames import Ack, Eph, Frame, Sub, SubscriptionRequest, Unsub, Unsubd
from streams.base.transport import FlowControl


class SocketSubscriptions:
    """The subscriptions of one socket, dispatched by what a name begins with."""

    def __init__(
        self, node: LiveNode, name: str, transport: FlowControl, send_frame: Callable[[Frame], None]
    ) -> None:
        self._node = node
        self._transport = transport
        self._send_frame = send_frame
        self._feeds = FeedSubscriptions(node.feeds, node.runner.metrics, transport, send_frame)
        self._channels = ChannelSubscriptions(
            node.channels,
            node.presence,
            ChannelAccess.of(node.runner.services),
            transport,
            send_frame,
            node.clock,
            name,
        )
        self._admin_feeds: AdminSubscriptions | None = None

    @property
    def hears_others(self) -> bool:
        """Whether it follows channels that may be taken from it."""
        return self._channels.follows_others

    def tops(self) -> dict[str, int]:
        """See `FeedSubscriptions.tops`."""
        return self._feeds.tops()

    def enter(self, scope: Scope, device: str) -> None:
        """See `ChannelSubscriptions.enter`."""
        self._channels.enter(scope, device)

    async def follow(self, caller: Caller, wish: Sub | SubscriptionRequest) -> None:
        """Subscribe to what *wish* names, or send why not."""
        try:
            await self._follow(caller, wish)
        except Refusal as refusal:
            self._feeds.refuse(self._feeds.full_name(caller.scope, wish.f), refusal)

    async def _follow(self, caller: Caller, wish: Sub | SubscriptionRequest) -> None:
        self._require_room(self._feeds.full_name(caller.scope, wish.f))
        if is_channel(wish.f):
            await self._channels.follow(caller.scope, wish.f)
        elif is_admin_feed(wish.f):
            if self._admin_feeds is None:
                self._admin_feeds = AdminSubscriptions(self._node.admin_feeds, self._transport)
            await self._admin_feeds.follow(caller, wish.f, wish.since)
        else:
            # Whoever asks for too much waits for it, and is not sent away.
            price = limits.SNAP if wish.snap else limits.SUB
            await self._node.credit.pace(caller.scope.user, price)
            await self._feeds.subscribe(caller.scope, wish)

    def _require_room(self, name: str) -> None:
        """Refuse to follow *name* where so much else is followed already, of whatever sort."""
        followed = {*self._feeds.names, *self._channels.names}
        if self._admin_feeds is not None:
            followed.update(self._admin_feeds.names)
        if len(followed - {name}) >= limits.SUBSCRIPTIONS:
            words = f"A socket has {limits.SUBSCRIPTIONS} subscriptions at most."
            raise Invalid("subscriptions_too_many", words)

    def leave(self, scope: Scope, frame: Unsub) -> None:
        """Unsubscribe from what *frame* names."""
        if is_channel(frame.f):
            self._channels.leave(frame.f)
        elif self._admin_feeds is not None and self._admin_feeds.leave(frame.f):
            self._send_frame(Unsubd(f=frame.f))
        else:
            self._feeds.unsubscribe(scope, frame)

    async def ack(self, scope: Scope, frame: Ack) -> tuple[str, int] | None:
        """The feed that is acknowledged, and how far; None if the device cannot have come so far.

        Then it is ahead of us, or of another log.
        """
        seq = await self._feeds.ack(scope, frame)
        return None if seq is None else (self._feeds.full_name(scope, frame.f), seq)

    async def speak(self, scope: Scope, frame: Eph) -> None:
        """See `ChannelSubscriptions.speak`."""
        await self._channels.speak(scope, frame)

    async def check_channels(self, scope: Scope) -> None:
        """See `ChannelSubscriptions.check`."""
        await self._channels.check(scope)

    def close(self) -> None:
        """End all subscriptions, and take no new ones."""
        self._feeds.close()
        self._channels.close()
        if self._admin_feeds is not None:
            self._admin_feeds.close()

"""Login on a socket: by a token or a ticket, and the `welcome` that answers it."""

from handlers.http.policy import require_live_token
from handlers.live.base import limits
from handlers.live.base.connections import LiveConnection
from handlers.live.base.live_node import LiveNode
from handlers.live.websocket.websocket_protocol import ProtocolFault
from models.access.caller import Caller
from models.access.limits import FRAME_BYTES, OPEN_OF_USER
from models.base.errors import Unauthenticated, Unavailable
from models.wire.close_codes import CloseCode
from models.wire.frames import Auth, Hello, Welcome
from streams.feed.subscription import ACK_WINDOW


async def caller_of_frame(node: LiveNode, frame: Hello | Auth) -> Caller | None:
    """The caller whose token or ticket *frame* holds; None if it has neither."""
    if frame.token is not None:
        # Without the proof that a bound token needs: whoever has one asks for a ticket.
        sessions = node.runner.services.account.sessions
        await sessions.load_key_of(frame.token)
        return require_live_token(sessions.authenticate(frame.token))
    if frame.ticket is not None:
        return await node.tickets.require(frame.ticket)
    return None


async def caller_of_hello(node: LiveNode, frame: Hello) -> Caller | None:
    """The caller who says hello, or `ProtocolFault`; None if the frame does not say."""
    try:
        return await caller_of_frame(node, frame)
    except Unauthenticated:
        what = "ticket" if frame.token is None else "token"
        raise ProtocolFault(CloseCode.TOKEN, f"{what} invalid") from None
    except Unavailable:
        raise ProtocolFault(CloseCode.INTERNAL, "tickets unavailable") from None


def register_connection(
    node: LiveNode, connection: LiveConnection, caller: Caller, at: float
) -> None:
    """Register *connection* at *node* for *caller*, who said hello *at*; or `ProtocolFault`."""
    if not node.connections.register(connection, at):
        raise ProtocolFault(CloseCode.FULL, "node full")
    if node.runner.limits.is_on and node.connections.sockets_of(caller.scope.user) > OPEN_OF_USER:
        raise ProtocolFault(CloseCode.TOO_MANY, "too many sockets")
    if node.runner.services.account.sessions.has_ended(caller):
        # Before it could be found by its session.
        raise ProtocolFault(CloseCode.REVOKED, "session ended")


def welcome_frame(node: LiveNode, name: str, caller: Caller, heartbeat_s: int) -> Welcome:
    """The `welcome` frame for *caller*, on the socket *name*."""
    newest = node.feeds.hub.newest(caller.scope.feed)
    return Welcome(
        conn=name,
        cur=None if newest is None else node.feeds.cursor(newest),
        hb=heartbeat_s,
        exp=caller.expires_at,
        now=node.clock(),
        limits={
            "frame": FRAME_BYTES,
            "subs": limits.SUBSCRIPTIONS,
            "muts": limits.WRITES_AT_ONCE,
            "mut_s": node.writes_s,
            "frame_s": limits.FRAMES_S,
            "unacked": ACK_WINDOW,
            "window": node.window,
        },
    )

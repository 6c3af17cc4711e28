"""What one connection may do; `welcome` announces it to sockets."""

from typing import Final

from models.access.rate_limits import Cost

LINES: Final = 2_048  # of one message
SUBSCRIPTIONS: Final = 64
WRITES_AT_ONCE: Final = 32
FOLLOWED: Final = 64  # the writes before one that it is taken to build on
SUB: Final = Cost(1)  # reads that following a feed costs, beside the pages that are sent
SNAP: Final = Cost(3)
FRAMES_S: Final = 100  # of all kinds but writes
AUTH: Final = 20  # frames that a token counts as: its signature is checked
KIB_S: Final = 1_024  # of messages when they are unpacked; what goes beyond is read later
KIB_BURST_S: Final = 8
BURST: Final = 10  # in seconds of the lasting rate
HELLO_S: Final = 10.0
MISSED: Final = 2  # heartbeats in which a socket says nothing, not even `pong`
LATE_S: Final = 1.0  # the same for what is under way
COMMENT_S: Final = 15.0  # between two signs of life on an event stream
CHANNELS_S: Final = 30.0  # how long a change of a share may go unheard of on a channel
LOOK_S: Final = 15.0  # at least so often, each connection is looked after
TAKEN_S: Final = 60.0  # without a byte taken, a connection is given up
EXPIRING_S: Final = 60.0  # before its token ends, a device is told
GRACE_S: Final = 30.0  # after its token has ended, a device is let go

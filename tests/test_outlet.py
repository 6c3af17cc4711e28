"""Who takes some bytes now and then is slow; who takes none is stuck."""

import socket

from tornado.iostream import IOStream

from handlers.live.outlet import SocketOutlet, text_frame

SIP = 65_536


async def test_a_reader_that_takes_a_little_is_not_stuck() -> None:
    ours, theirs = socket.socketpair()
    stream = IOStream(ours)
    outlet = SocketOutlet(stream)
    outlet.queue(text_frame(bytes(8_000_000)))  # more than the kernel holds
    outlet.flush()
    began = outlet.stuck_since
    assert began is not None

    outlet.look(began + 50)
    nothing_taken = outlet.stuck_since
    theirs.recv(SIP, socket.MSG_WAITALL)  # too little for the kernel to ask for more
    outlet.look(began + 55)
    some_taken = outlet.stuck_since
    outlet.look(began + 100)
    no_more_taken = outlet.stuck_since
    stream.close()
    theirs.close()

    assert nothing_taken == began
    assert some_taken == no_more_taken == began + 55

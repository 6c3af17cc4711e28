"""Who takes some bytes now and then is slow; who takes none is stuck."""

import asyncio
import socket

from tornado.iostream import IOStream

from handlers.live.outlet import WINDOW, SocketOutlet, text_frame


async def test_a_reader_that_takes_a_little_is_not_stuck() -> None:
    ours, theirs = socket.socketpair()
    stream = IOStream(ours)
    outlet = SocketOutlet(stream)
    outlet.queue(text_frame(bytes(8 * WINDOW)))  # more than the kernel holds, twice
    outlet.flush()
    began = outlet.stuck_since
    assert began is not None

    outlet.look(began + 50)
    nothing_taken = outlet.stuck_since
    await asyncio.to_thread(theirs.recv, WINDOW, socket.MSG_WAITALL)
    outlet.look(began + 55)
    some_taken = outlet.stuck_since
    outlet.look(began + 100)
    no_more_taken = outlet.stuck_since
    stream.close()
    theirs.close()

    assert nothing_taken == began
    assert some_taken == no_more_taken == began + 55

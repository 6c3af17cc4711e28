"""How bytes leave: in order, and never on behalf of somebody who is gone."""

import socket

from tornado.iostream import IOStream

from handlers.live.base.send_buffer import SocketTransport, pong_frame, text_frame

SIP = 65_536
MUCH = 8_000_000  # more than the kernel holds


async def test_a_reader_that_takes_a_little_is_not_stuck() -> None:
    stream, theirs, transport = _backlogged()
    began = transport.stuck_since
    assert began is not None

    transport.check_progress(began + 50)
    nothing_taken = transport.stuck_since
    theirs.recv(SIP, socket.MSG_WAITALL)  # too little for the kernel to ask for more
    transport.check_progress(began + 55)
    some_taken = transport.stuck_since
    transport.check_progress(began + 100)
    no_more_taken = transport.stuck_since
    stream.close()
    theirs.close()

    assert nothing_taken == began
    assert some_taken == no_more_taken == began + 55


async def test_a_peer_that_is_gone_is_found_out_by_a_write_and_hurts_nobody() -> None:
    ours, theirs = _connected()
    stream = IOStream(ours)
    transport = SocketTransport(stream)
    theirs.close()

    transport.queue(text_frame(bytes(MUCH)))
    transport.flush()
    transport.queue(text_frame(b"more"))
    transport.flush()
    transport.check_progress(0.0)

    assert stream.closed()
    assert SocketTransport(stream).raw_send is None


async def test_a_stream_that_was_closed_with_bytes_waiting_can_be_looked_at() -> None:
    stream, theirs, transport = _backlogged()
    since = transport.stuck_since
    stream.close()
    theirs.close()

    transport.check_progress(1e9)

    assert since is not None
    assert transport.stuck_since == since


async def test_of_many_pongs_that_wait_the_last_is_sent() -> None:
    stream, theirs, transport = _backlogged()
    reader, first = IOStream(theirs), text_frame(bytes(MUCH))

    for number in range(1_000):
        transport.send_late(pong_frame(b"%d" % number))
    waiting = len(stream._write_buffer)
    await reader.read_bytes(len(first))
    late = await reader.read_bytes(5)
    transport.send_late(pong_frame(b"at once"))
    next_one = await reader.read_bytes(9)
    stream.close()
    reader.close()

    assert waiting < len(first)
    assert late == pong_frame(b"999")
    assert next_one == pong_frame(b"at once")


async def test_what_is_shut_sends_nothing_more() -> None:
    ours, theirs = socket.socketpair()
    stream = IOStream(ours)
    transport = SocketTransport(stream)
    transport.queue(text_frame(b"first"))
    transport.flush()
    transport.queue(text_frame(b"queued"))
    transport.discard()
    transport.flush()
    transport.queue(text_frame(b"later"))
    transport.flush()
    stream.close()

    assert theirs.recv(1_000) == text_frame(b"first")
    assert theirs.recv(1_000) == b""
    theirs.close()


def _backlogged() -> tuple[IOStream, socket.socket, SocketTransport]:
    """An transport that was given more than the kernel holds, and the end that reads nothing."""
    ours, theirs = socket.socketpair()
    stream = IOStream(ours)
    transport = SocketTransport(stream)
    transport.queue(text_frame(bytes(MUCH)))
    transport.flush()
    return stream, theirs, transport


def _connected() -> tuple[socket.socket, socket.socket]:
    """Two ends of a connection over TCP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = socket.create_connection(server.getsockname())
        return server.accept()[0], theirs

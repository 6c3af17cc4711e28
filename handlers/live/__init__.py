"""The live protocol over WebSocket.

`socket` is the transport (bytes, Tornado), `connection` the meaning (frames), `outlet` the way out
(one write for what is ready, one bounded window), `connections` all sockets of a node and the one
timer that looks after them.
"""

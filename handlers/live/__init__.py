"""The live protocol: over WebSocket, and the same feeds over plain HTTP.

A WebSocket: `socket` is the transport (bytes, Tornado), `connection` the meaning (frames).  Plain
HTTP: `events` is the path, `sse` a stream of events, `poll` a request that waits, `streaming` what
both need, `seats` how many a user may have.  `admin` and `watching` are for operators.

What they share: `outlet`, the way out (one write for what is ready, one bounded window), and
`connections`, all that is open on a node and the one timer that looks after it.
"""

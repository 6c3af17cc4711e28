"""The live protocol: over WebSocket, and the same feeds over plain HTTP.

A WebSocket: `socket` is the transport (bytes, Tornado), `connection` the meaning (frames).  Plain
HTTP: `events` is the path, `sse` a stream of events, `poll` a request that waits, `streaming` what
both need.  `admin_feeds` is what operators follow (`handlers.admin`).

What they share: `send_buffer`, the way out (one write for what is ready, one bounded window), and
`connections`, all that is open on a node and the one timer that looks after it.
"""

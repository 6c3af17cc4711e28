"""Event streaming: from the commit to every socket, and to the learner.

The road
--------
1.  `feed.relay`: after a commit, its events are appended to the Redis stream of their feed's
    partition (`live:{n}`), and marked as published.  What a crash left unmarked the relay's sweep
    finds in MongoDB a moment later.  Publishing twice is harmless.
2.  `feed.reader`: every process reads all partitions in one XREAD.  Order within a feed is nearly
    always right, and never relied upon.
3.  `feed.sequencer`: per feed, the one rule that makes exactly-once: apply `last + 1`, ignore what
    is not larger, fetch from MongoDB what is missing.
4.  `feed.hub`: opens each event once, keeps the recent tail of each feed in memory, and hands the
    same bytes to every subscriber who may see the same (`feed.fanout`).
5.  `consumers.runner`: hands the same events to the consumers of the log, such as the learner and
    the revocation of sessions.

Beside the road: `channels` (typing and presence, kept by nobody), `limits` (rate limiters),
`redis.connection_tickets` (one-time logins), `admin` (the feeds of operators).

Redis may be emptied at any moment.  A marker key tells: when it is gone, or when the connection
was, events may have been lost that nothing later in their feed would reveal; then everybody
compares the feeds they follow with MongoDB's log.
"""

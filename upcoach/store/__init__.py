"""The store: documents, events and keys in MongoDB, which no other package knows about.

How a write gets there
----------------------
1.  A service hands a `Write` to the `Committer`: which documents it must see, and a pure function
    that decides, against them, what changes.  It may refuse; then nothing changes.
2.  The committer gathers the writes that wait, reads all their documents at once, lets each decide
    in turn (a later one sees what an earlier one did), and commits what they decided as one
    transaction: documents, one event for each feed concerned, and a receipt for each mutation id.
3.  Nothing was read inside the transaction and nothing is locked.  What makes that safe is the
    unique index over (feed, seq): the next number of a feed can be taken once.  If it could be
    taken, nobody else has written to that feed since its last number became known, and so the
    documents read after that are the documents still.  If it could not, the batch starts again.
4.  After the commit the events go to the relay.  Until they are marked as published they are due,
    and the sweeper finds them: a crash on any line loses nothing.

Ids in the database begin with their owner (`usr_1/gol_2`), so a query without the caller's scope
cannot be written by accident, and an owner's documents of a kind are one range of the `_id` index.

Event bodies, and the fields that a document declares as sealed, are encrypted under their owner's
data key (`secrets.keyring`, `base.sealing`); destroying that key makes them unreadable wherever
they lie.
"""

"""How much anybody may send, keep and hold open: sizes, quotas, counts of connections."""

from typing import Final

import msgspec


class Quota(msgspec.Struct, frozen=True):
    """A storage quota of one account for a kind: *most* documents, of *mib* mebibytes in all.

    Contexts declare one for each kind that a person can make.  What others make for somebody (a
    coach's clients), and what the server makes, is bounded where it is made.
    """

    most: int
    mib: int

    @property
    def size(self) -> int:
        """The quota in bytes."""
        return self.mib << 20


# What may be sent at once.  Whatever the fields of a document may hold, with every letter escaped,
# fits into one write, over each road; a test computes it from the schemas.
MUTATION_BYTES: Final = 1536 * 1024  # a body of one write
FRAME_BYTES: Final = MUTATION_BYTES + 64 * 1024  # a message of a socket
HELLO_BYTES: Final = 64 * 1024  # the same, of who has not said hello
BATCH_BYTES: Final = 2 * 1024 * 1024
BATCH_WRITES: Final = 100
UPLOAD_BYTES: Final = 8 * 1024 * 1024
ARCHIVE_BYTES: Final = 1024 * 1024 * 1024  # an archive of an import, which goes to the disk
PUBLIC_BYTES: Final = 64 * 1024  # of what needs no login, and of all that carries no document

# A body, by whether its sender shows a token that holds, and how long it may take to come.
ANONYMOUS_BODY_BYTES: Final = PUBLIC_BYTES + 32 * 1024  # beyond what a row takes it refuses itself
ANONYMOUS_BODY_S: Final = 15.0
AUTHENTICATED_BODY_BYTES: Final = BATCH_BYTES + 64 * 1024
AUTHENTICATED_BODY_S: Final = 60.0
UPLOAD_S: Final = 120.0
ARCHIVE_S: Final = 3_600.0
LINGER_S: Final = 5.0  # what still comes of a body that was too slow is dropped for so long
PAGE_BYTES: Final = 1024 * 1024  # of a list, a snapshot, or events
CHUNKS: Final = 1_024  # of a body, beside one for each of the next number of bytes
LEAST_CHUNK: Final = 256
DROPPED_BYTES: Final = 64 * 1024 * 1024  # read of a refused body, so that its answer arrives

# What a node holds at once of bodies, and of large messages, that have come in part or are in work.
UNCOUNTED_BYTES: Final = 4 * 1024  # of each
HELD_BY_NETWORK: Final = 4 * 1024 * 1024  # of an address, by who has shown nothing
HELD_BY_ANONYMOUS: Final = 64 * 1024 * 1024  # by all of those
SPOOLED_BY_USER: Final = ARCHIVE_BYTES  # on the disk
SPOOLED_BY_ALL: Final = 8 * ARCHIVE_BYTES
SPOOLED_BURST: Final = 4 * ARCHIVE_BYTES  # sent by a user, whatever came of it
SPOOLED_PER_S: Final = SPOOLED_BURST / 3_600
HELD_BY_USER: Final = 24 * 1024 * 1024
HELD_BY_AUTHENTICATED: Final = 256 * 1024 * 1024  # by all who have logged in

# What a node holds at once of answers that were not taken yet, beyond which nothing more is read.
UNREAD_BY_READER: Final = 8 * 1024 * 1024
UNREAD_BY_ALL: Final = 256 * 1024 * 1024
UNREAD_S: Final = 120.0  # in which an answer has to be taken

# Pages of one user that are read at once, and those that wait for it, on one node.
PAGES_AT_ONCE: Final = 4
PAGES_WAITING: Final = 28

# Batches of writes of one user that wait for the one before them, and for how long, on one node.
BATCHES_WAITING: Final = 31
BATCH_PATIENCE_S: Final = 15.0

CONNECTIONS_OF_NETWORK: Final = 256  # over HTTP, on one node
OPEN_OF_USER: Final = 10  # sockets on one node
OPEN_OF_NETWORK: Final = 50

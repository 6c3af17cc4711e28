"""Identifiers: a type prefix and a UUID, made by the client or by the server.

`gol_01a20c66-99df-75bd-8f37-3328887fd989`.  Random ids are UUID version 7 (RFC 9562, 5.7), so they
sort by time.  Ids that are computed from a name, so that the same input names the same document,
are version 8 (RFC 9562, 5.8).
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
import uuid_utils

from models.base.text.type_words import shaped

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

_PART = "an id of 1 to 40 letters, digits, dashes and underscores, and not 'type'"

# Of a part of a document.  Not "type": in a merge, that names what an object is.
PartId = Annotated[str, shaped(pattern=r"^(?!type\Z)[A-Za-z0-9_-]{1,40}\Z", form=_PART)]
# Of any version: ours sort by time, and many programs can make only those that do not.
MUTATION_ID_PATTERN: Final = (
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
)
MutationId = Annotated[str, shaped(pattern=MUTATION_ID_PATTERN, form="a UUID in lower case")]


def id_pattern(prefix: str) -> msgspec.Meta:
    """What an id with *prefix* looks like: `GoalId = Annotated[str, id_pattern("gol")]`."""
    form = f"an id that begins with {prefix}_ and goes on with a UUID of version 7"
    return shaped(pattern=rf"^{prefix}_{_UUID}\Z", form=form)


def new_id(prefix: str) -> str:
    """A fresh id that sorts after all earlier ones."""
    return f"{prefix}_{uuid_utils.uuid7()}"


def new_mutation_id() -> str:
    """A fresh id for one write (`mut.id`, `Idempotency-Key`)."""
    return str(uuid_utils.uuid7())


_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def derived_uuid(*names: str) -> str:
    """The UUIDv8 that *names* always give.

    Examples
    --------
    >>> derived_uuid("usr_1", "loop", "Meditate") == derived_uuid("usr_1", "loop", "Meditate")
    True

    """
    return _version_8(_digest(names)[:16])


def dated_uuid(at: dt.datetime, *names: str) -> str:
    """The UUIDv8 that *at* and *names* always give, which sorts by the moment.

    Examples
    --------
    >>> noon = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    >>> dated_uuid(noon, "usr_1", "task:tsk_1")
    '019b8e07-4600-84f7-bf31-b9280f85c0fc'

    """
    milliseconds = (at - _EPOCH) // dt.timedelta(milliseconds=1)
    return _version_8(milliseconds.to_bytes(6) + _digest(names)[:10])


def _digest(names: Iterable[str]) -> bytes:
    return hashlib.sha256("\x1f".join(names).encode()).digest()


def _version_8(content: bytes) -> str:
    """The UUIDv8 with 16 bytes of *content* (RFC 9562, 5.8), but where its version stands."""
    raw = bytearray(content)
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(raw)))


def derived_id(prefix: str, *names: str) -> str:
    """The id that *names* always give, for documents that an import or a learner makes."""
    return f"{prefix}_{derived_uuid(*names)}"

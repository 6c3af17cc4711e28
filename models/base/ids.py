"""Identifiers: a type prefix and a UUID, made by the client or by the server.

`gol_01a20c66-99df-75bd-8f37-3328887fd989`.  Random ids are UUID version 7 (RFC 9562, 5.7), so they
sort by time.  Ids that are computed from a name, so that the same input names the same document,
are version 8 (RFC 9562, 5.8).
"""

import hashlib
import uuid
from typing import Annotated

import msgspec
import uuid_utils

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

GoalId = Annotated[str, msgspec.Meta(pattern=rf"^gol_{_UUID}\Z")]
HabitId = Annotated[str, msgspec.Meta(pattern=rf"^hab_{_UUID}\Z")]
JournalEntryId = Annotated[str, msgspec.Meta(pattern=rf"^jen_{_UUID}\Z")]
JournalId = Annotated[str, msgspec.Meta(pattern=rf"^jou_{_UUID}\Z")]
MoodId = Annotated[str, msgspec.Meta(pattern=rf"^moo_{_UUID}\Z")]
TaskId = Annotated[str, msgspec.Meta(pattern=rf"^tsk_{_UUID}\Z")]
# Of a part of a document.  Not "type": in a merge, that names what an object is.
PartId = Annotated[str, msgspec.Meta(pattern=r"^(?!type\Z)[A-Za-z0-9_-]{1,40}\Z")]
PointId = Annotated[str, msgspec.Meta(pattern=rf"^pnt_{_UUID}\Z")]
GoalTemplateId = Annotated[str, msgspec.Meta(pattern=rf"^tpl_{_UUID}\Z")]
TemplateId = Annotated[str, msgspec.Meta(pattern=rf"^jtp_{_UUID}\Z")]
VacationId = Annotated[str, msgspec.Meta(pattern=rf"^vac_{_UUID}\Z")]
MutationId = Annotated[str, msgspec.Meta(pattern=rf"^{_UUID}\Z")]


def new_id(prefix: str) -> str:
    """A fresh id that sorts after all earlier ones."""
    return f"{prefix}_{uuid_utils.uuid7()}"


def new_mutation_id() -> str:
    """A fresh id for one write (`mut.id`, `Idempotency-Key`)."""
    return str(uuid_utils.uuid7())


def derived_uuid(*names: str) -> str:
    """The UUIDv8 that *names* always give.

    Examples
    --------
    >>> derived_uuid("usr_1", "loop", "Meditate") == derived_uuid("usr_1", "loop", "Meditate")
    True

    """
    digest = bytearray(hashlib.sha256("\x1f".join(names).encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(digest)))


def derived_id(prefix: str, *names: str) -> str:
    """The id that *names* always give, for documents that an import or a learner makes."""
    return f"{prefix}_{derived_uuid(*names)}"

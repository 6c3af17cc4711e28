"""Named writes: what an `Idempotency-Key` or a `mut.id` names, and the version it is based on."""

import hashlib
from collections.abc import Collection
from typing import Any, Final

import msgspec

from handlers.http.operations.rows import Operation
from models.base.errors import Invalid
from models.base.ids import MutationId, new_mutation_id
from models.base.versions.version_conditions import VersionCondition
from upcoach.store.write.requests import Mutation

NEWEST: Final = 999_999_999  # version of a document


def checked_version(given: int | None) -> int | None:
    """The version that a write says it is based on, or `Invalid` where there can be none such."""
    if given is not None and not 1 <= given <= NEWEST:
        raise Invalid("version_invalid", f"A version is a number from 1 to {NEWEST}.")
    return given


def mutation_of(
    key: str | None,
    operation: Operation[Any],
    path: str,
    base: int | None,
    body: Any,
    follows: Collection[str] = (),
    *,
    called: str = "The id of a write",
) -> Mutation | None:
    """The name of a write with a digest of what it asks for; None when the client gave no name.

    The name is *called* so where it stands.
    """
    if key is None:
        return None
    try:
        msgspec.convert(key, MutationId)
    except msgspec.ValidationError:
        words = f"{called} is a UUID (RFC 9562) in lower case, such as {new_mutation_id()}."
        raise Invalid("mutation_id_invalid", words) from None
    versions = base.described if isinstance(base, VersionCondition) else base
    content = msgspec.json.encode([operation.method, path, versions, body], order="sorted")
    return Mutation(key, hashlib.sha256(content).digest(), follows)

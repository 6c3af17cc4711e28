"""Entries of the audit log, a hash chain: none can be changed unnoticed.

An entry's hash is SHA-256 over its canonical JSON (RFC 8785) without the hash itself, so anybody
can compute it again without a line of ours.  A checkpoint says which hash stands at which number;
it is signed, and kept in a second place too: who rewrites the whole log still meets it there.

Whoever is named is named by a pseudonym, which tells nothing once the account is erased.
"""

import datetime as dt
import hashlib
import json
import re
from typing import Annotated, Final, Literal

import msgspec

from models.base.merge_patch import Json

STREAM: Final = "main"
GENESIS: Final = "0" * 64  # what stands before the first entry
TARGET: Final = 200  # characters of a target

ActorKind = Literal["anonymous", "user", "operator", "client", "system"]
Outcome = Literal["done", "refused"]
Action = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+\.[a-z_]+\Z")]
TimestampText = Annotated[
    str,
    msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z\Z"),
]
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]

_CODE: Final = re.compile(r"[a-z0-9_.:-]{0,64}")


class AuditAction(msgspec.Struct, frozen=True, kw_only=True):
    """An action to be recorded in the audit log, before its entry is made.

    Attributes
    ----------
    action
        A noun and a past participle: "session.started".
    user
        Whose act it was; it is written down as a pseudonym.
    target
        What it was done to: an id.  Users and addresses become pseudonyms here too.
    reason
        The code of the refusal, if it was refused.

    """

    action: Action
    kind: ActorKind
    user: str = ""
    session: str = ""
    target: str = ""
    outcome: Outcome = "done"
    reason: str = ""

    def __post_init__(self) -> None:
        """Require that the reason is a code, never free text."""
        if not _CODE.fullmatch(self.reason):
            raise ValueError(self.reason)


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the audit log.

    Attributes
    ----------
    seq
        Its number in its stream, from 1 without a hole.
    ts
        When, in microseconds of UTC; never before the entry before.
    actor, sid
        The pseudonym of who did it, and their session.
    ip, ua_hash, req
        The network it came from (/24, /48), a hash of the program's name, the request's name.
    prev, hash
        The hash of the entry before, and its own.
    stream
        The log that it stands in.
    actor_kind
        What kind of caller it was.
    action
        What was done.
    target
        What it was done to.
    outcome
        Whether it was done or refused.
    reason
        The code of the refusal.

    """

    stream: str
    seq: Annotated[int, msgspec.Meta(ge=1)]
    ts: TimestampText
    actor: str
    actor_kind: ActorKind
    sid: str
    action: Action
    target: str
    outcome: Outcome
    reason: str
    ip: str
    ua_hash: str
    req: str
    prev: Hash
    hash: Hash


class AuditHead(msgspec.Struct, frozen=True):
    """The end of a stream: what the next entry goes on from."""

    seq: int = 0
    hash: str = GENESIS
    ts: str = ""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed checkpoint: *hash* stood at the number *seq*, after *count* entries.

    Attributes
    ----------
    key
        The id of the signing key.
    signature
        Ed25519 over the canonical JSON of all else, in hexadecimal.

    """

    stream: str
    seq: Annotated[int, msgspec.Meta(ge=1)]
    hash: Hash
    count: int
    ts: TimestampText
    key: str
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """The bytes that are signed."""
        members: Json = msgspec.to_builtins(self)
        del members["signature"]
        return canonical(members)


def canonical(members: Json) -> bytes:
    r"""The canonical JSON of *members* (RFC 8785): strings and integers, under names in ASCII.

    Examples
    --------
    >>> canonical({"b": 1, "a": "ä\n"}).decode()
    '{"a":"ä\\n","b":1}'

    """
    text = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def digest_of(members: Json) -> str:
    """The hash of an entry, which its *members* may hold already."""
    rest = {name: value for name, value in members.items() if name != "hash"}
    return hashlib.sha256(canonical(rest)).hexdigest()


def moment_of(at: dt.datetime) -> TimestampText:
    """*at* as entries write it.

    Examples
    --------
    >>> moment_of(dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC))
    '2026-01-05T09:00:00.000000Z'

    """
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def chained(head: AuditHead, fields: Json) -> AuditEntry:
    """The entry with *fields* that follows *head* in the hash chain."""
    members = fields | {
        "stream": STREAM,
        "seq": head.seq + 1,
        # A clock that was set back must not put anything before what was there.
        "ts": max(fields["ts"], head.ts),
        "prev": head.hash,
    }
    return msgspec.convert(members | {"hash": digest_of(members)}, AuditEntry)


def head_of(entry: AuditEntry) -> AuditHead:
    """The end of a stream whose last entry is *entry*."""
    return AuditHead(entry.seq, entry.hash, entry.ts)

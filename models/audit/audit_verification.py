"""Whether an audit log is as it was written."""

import itertools
from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec

from models.audit.entries import AuditEntry, AuditHead, Checkpoint, digest_of
from models.base.merge_patch import Json

DamageKind = Literal[
    "unreadable",  # it is no entry
    "missing",  # numbers are not there
    "repeated",  # a number is there twice
    "changed",  # the entry is not what its hash says
    "unlinked",  # it does not go on from the entry before
    "early",  # it claims to be older than the entry before
    "forged",  # a checkpoint that we did not sign
    "rewritten",  # a checkpoint saw another entry here
    "cut",  # a checkpoint saw more entries than there are
]

WORDS: Final[dict[DamageKind, str]] = {
    "unreadable": "is no entry",
    "missing": "has a gap before it",
    "repeated": "is there twice",
    "changed": "is not what its hash says",
    "unlinked": "does not go on from the entry before",
    "early": "claims to be older than the entry before",
    "forged": "has a checkpoint that this installation did not sign",
    "rewritten": "is not the entry that the checkpoint saw",
    "cut": "has a checkpoint, and the log ends before it",
}


class Damage(msgspec.Struct, frozen=True):
    """What is wrong, and with the entry of which number."""

    seq: int
    kind: DamageKind

    def __str__(self) -> str:
        return f"entry {self.seq} {WORDS[self.kind]}"


class AuditVerification:
    """Reads a stream once, in the order of its numbers, against what its checkpoints saw.

    Attributes
    ----------
    head
        The last entry that was read.
    damages
        Everything that is wrong so far.

    """

    def __init__(
        self,
        checkpoints: Iterable[Checkpoint] = (),
        *,
        is_ours: Callable[[Checkpoint], bool],
        head: AuditHead | None = None,
    ) -> None:
        self.head = head or AuditHead()
        self.damages: list[Damage] = []
        self._seen: dict[int, set[str]] = {}
        for one in checkpoints:
            if is_ours(one) and one.count == one.seq:
                self._seen.setdefault(one.seq, set()).add(one.hash)
            else:
                self._damage(one.seq, "forged")

    def read_on(self, found: Iterable[Json]) -> None:
        """Read the next entries."""
        for one in found:
            self.read(one)

    def read(self, found: Json) -> None:
        """Read the next entry, as the database holds it."""
        try:
            entry = msgspec.convert(found, AuditEntry)
            right = digest_of(found)
        except (msgspec.ValidationError, ValueError):
            self._damage(self.head.seq + 1, "unreadable")
            return
        self._place(entry)
        if entry.hash != right:
            self._damage(entry.seq, "changed")
        if entry.ts < self.head.ts:
            self._damage(entry.seq, "early")
        if self._seen.pop(entry.seq, {entry.hash}) != {entry.hash}:
            self._damage(entry.seq, "rewritten")
        self.head = AuditHead(entry.seq, entry.hash, entry.ts)

    def end(self) -> list[Damage]:
        """What is wrong, when all was read."""
        for seq in sorted(self._seen):
            self._damage(seq, "cut" if seq > self.head.seq else "missing")
        self._seen.clear()
        return [damage for damage, _ in itertools.groupby(self.damages)]

    def _place(self, entry: AuditEntry) -> None:
        if entry.seq <= self.head.seq:
            self._damage(entry.seq, "repeated")
        elif entry.seq > self.head.seq + 1:
            self._damage(entry.seq, "missing")
        if entry.prev != self.head.hash:
            self._damage(entry.seq, "unlinked")

    def _damage(self, seq: int, kind: DamageKind) -> None:
        self.damages.append(Damage(seq, kind))

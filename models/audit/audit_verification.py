"""Verification of the audit log: hash chain, numbers, checkpoints."""

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
    """A fault of the audit log, and the number of its entry."""

    seq: int
    kind: DamageKind

    def __str__(self) -> str:
        return f"entry {self.seq} {WORDS[self.kind]}"


class AuditVerification:
    """Verifies a stream against its checkpoints, entry by entry in order.

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
        for checkpoint in checkpoints:
            if is_ours(checkpoint) and checkpoint.count == checkpoint.seq:
                self._seen.setdefault(checkpoint.seq, set()).add(checkpoint.hash)
            else:
                self._damage(checkpoint.seq, "forged")

    def read_on(self, rows: Iterable[Json]) -> None:
        """Verify the next entries."""
        for row in rows:
            self.read(row)

    def read(self, row: Json) -> None:
        """Verify the next entry, as the database holds it."""
        try:
            entry = msgspec.convert(row, AuditEntry)
            digest = digest_of(row)
        except (msgspec.ValidationError, ValueError):
            self._damage(self.head.seq + 1, "unreadable")
            return
        self._check_chain(entry)
        if entry.hash != digest:
            self._damage(entry.seq, "changed")
        if entry.ts < self.head.ts:
            self._damage(entry.seq, "early")
        if self._seen.pop(entry.seq, {entry.hash}) != {entry.hash}:
            self._damage(entry.seq, "rewritten")
        self.head = AuditHead(entry.seq, entry.hash, entry.ts)

    def end(self) -> list[Damage]:
        """All faults, after the last entry was read."""
        for seq in sorted(self._seen):
            self._damage(seq, "cut" if seq > self.head.seq else "missing")
        self._seen.clear()
        return [damage for damage, _ in itertools.groupby(self.damages)]

    def _check_chain(self, entry: AuditEntry) -> None:
        if entry.seq <= self.head.seq:
            self._damage(entry.seq, "repeated")
        elif entry.seq > self.head.seq + 1:
            self._damage(entry.seq, "missing")
        if entry.prev != self.head.hash:
            self._damage(entry.seq, "unlinked")

    def _damage(self, seq: int, kind: DamageKind) -> None:
        self.damages.append(Damage(seq, kind))

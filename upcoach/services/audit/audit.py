"""The audit log: who did what, to what, from where, and what came of it.

`note` returns when the entry is on a majority of the database's disks, and raises `Unavailable`
when it cannot get there: what cannot be accounted for is not answered as done.  Notes that wait
together are added together, so one waits for two inserts at most.  The number of an entry can be
taken once; of several nodes one gets it, and the others go on from there.
"""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog

from models.access.request_origin import NOWHERE, RequestOrigin
from models.audit.audit_verification import AuditVerification
from models.audit.entries import (
    STREAM,
    TARGET,
    AuditAction,
    AuditEntry,
    AuditHead,
    Checkpoint,
    chained,
    head_of,
    moment_of,
)
from models.base.clock import Clock
from models.base.errors import Unavailable
from models.base.merge_patch import Json
from models.base.periodic_jobs import PeriodicJob
from upcoach.services.audit.audit_signing import AuditSigner
from upcoach.store.collections.audit import AuditStore

EVERY_S: Final = 60.0  # between checkpoints, if there is anything new
EVERY: Final = 1_000  # entries, after which there is one sooner
TRIES: Final = 50  # each lost one is an entry of another node

_log = structlog.get_logger(__name__)


class _Batch:
    """Records that are appended together, and the task that does so."""

    def __init__(self) -> None:
        self.records: list[Json] = []
        self.work: asyncio.Task[None]


class Audit:
    """Writes the audit log, and reads it for operators."""

    def __init__(
        self, store: AuditStore, signer: AuditSigner, clock: Clock, second_place: Path
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._second_place = second_place
        self._batch: _Batch | None = None
        self._turn = asyncio.Lock()
        self._head: AuditHead | None = None
        self._fresh = 0
        self._full = asyncio.Event()

    async def note(self, act: AuditAction, origin: RequestOrigin = NOWHERE) -> None:
        """Append *act*, or raise `Unavailable`."""
        batch = self._batch
        if batch is None:
            batch = self._batch = _Batch()
            batch.work = asyncio.create_task(self._write(batch), name="audit")
        batch.records.append(self._record(act, origin))
        await asyncio.shield(batch.work)

    async def page(
        self, *, user: str = "", action: str = "", before: int | None = None, limit: int
    ) -> list[AuditEntry]:
        """The newest entries: all, what *user* did, or one kind of *action*."""
        wanted = {"actor": self._signer.pseudonym(user), "action": action}
        query = {"stream": STREAM} | {name: value for name, value in wanted.items() if value}
        return await self._store.page(query, before, limit)

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic checkpoint."""
        job = PeriodicJob(name="audit", every_s=EVERY_S, run=self.checkpoint, sooner=self._full)
        return (job,)

    async def close(self) -> None:
        """Sign a last checkpoint."""
        with contextlib.suppress(Unavailable):
            await self.checkpoint()

    async def checkpoint(self) -> Checkpoint | None:
        """Verify what is new and sign a checkpoint, unless nothing is new, or it is damaged."""
        self._fresh = 0
        last = await self._store.newest_checkpoint(STREAM)
        begins = AuditHead(last.seq, last.hash) if last else AuditHead()
        inspection = AuditVerification(
            [last] if last else [], is_ours=self._signer.is_ours, head=begins
        )
        inspection.read_on([entry async for entry in self._store.read(STREAM, begins.seq)])
        if inspection.damages:
            _log.error("audit_damaged", damages=[str(damage) for damage in inspection.damages])
            return None
        head = inspection.head
        if head.seq == begins.seq:
            return None
        return await self._signed(head)

    async def _signed(self, head: AuditHead) -> Checkpoint | None:
        checkpoint = self._signer.signed(
            Checkpoint(
                stream=STREAM,
                seq=head.seq,
                hash=head.hash,
                count=head.seq,
                ts=moment_of(self._clock()),
                key="",
            )
        )
        if not await self._store.add_checkpoint(checkpoint):
            return None
        # The log line goes wherever the logs go: the second place that no database reaches.
        _log.info("audit_checkpoint", **msgspec.to_builtins(checkpoint))
        line = msgspec.json.encode(checkpoint) + b"\n"
        await asyncio.to_thread(_append, self._second_place, line)
        return checkpoint

    async def _write(self, batch: _Batch) -> None:
        async with self._turn:
            self._batch = None  # it is closed; who comes now is written next
            await self._append(batch.records)
        self._fresh += len(batch.records)
        if self._fresh >= EVERY:
            self._full.set()

    async def _append(self, records: Sequence[Json]) -> None:
        for _ in range(TRIES):
            # Forgotten until it is certain: an insert whose answer was lost may have gone in.
            head, self._head = self._head, None
            entries = _chain(head or await self._store.head(STREAM), records)
            count = await self._store.append(entries)
            if count == len(entries):
                self._head = head_of(entries[-1])
                return
            records = records[count:]
        raise Unavailable("audit_busy", "Too many writes right now. Try again shortly.")

    def _record(self, act: AuditAction, origin: RequestOrigin) -> Json:
        return {
            "ts": moment_of(self._clock()),
            "actor": _plain(act.user) if act.kind == "client" else self._signer.pseudonym(act.user),
            "actor_kind": act.kind,
            "sid": act.session,
            "action": act.action,
            "target": _plain(self._signer.masked(act.target)),
            "outcome": act.outcome,
            "reason": act.reason,
            "ip": origin.network,
            "ua_hash": origin.agent_hash if origin.agent else "",
            "req": _plain(origin.request),
        }


def _chain(head: AuditHead, records: Sequence[Json]) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for record in records:
        entry = chained(head, record)
        entries.append(entry)
        head = head_of(entry)
    return entries


def _plain(text: str) -> str:
    """*text* as any JSON can write it: no lone surrogates, and not too long."""
    return text[:TARGET].encode(errors="replace").decode()


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())

"""Reads files in processes of their own, limited in time and memory.

Reading is pure computation on what a stranger sent, and in a thread it would hold the interpreter.
So a process that has everything imported (`upcoach.node.process.import_worker`) is started with the
first file; it forks for each file, and its child has little priority, so much CPU time and memory,
and no way to anything of ours but the socket of its job.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import threading
from typing import Any, Final

import msgspec
import structlog

from models.base.errors import Invalid, Unavailable
from upcoach.services.base.spooled_file import SpooledFile
from upcoach.services.imports.plan_codec import PackedItem, PackedPlan, area_named, kept_by
from upcoach.services.imports.worker_protocol import (
    LENGTH,
    TOO_COSTLY,
    Answer,
    ImportFile,
    ImportJob,
    Items,
    PlanBegun,
    PlanRefused,
    ReaderBroken,
    frame,
)

MODULE: Final = "upcoach.node.process.import_worker"
AT_ONCE: Final = 2  # files that one node reads
SHORT: Final = 64 * 1024  # bytes of a file that takes little, as long as it is no archive
_ARCHIVES: Final = frozenset({"loop", "dayone"})  # of which a few bytes may hold much
PATIENCE_S: Final = 20.0  # how long others wait for their turn
DEADLINE_S: Final = 60.0  # for one file; its CPU time ends earlier
_PASSED_ON: Final = ("PATH", "PYTHONTZPATH", "LANG", "TZ")  # of the environment: no secrets

_log = structlog.get_logger(__name__)


class WorkerFailed(Exception):
    """The reader failed, which is a fault of ours; what was in the file is not told."""


class ForkServer:
    """The process that forks a reader for each file; made when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork(self, file: SpooledFile | None = None) -> socket.socket:
        """The socket of a new reader, which gets the open *file*."""
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as unless_sent, theirs:
            unless_sent.enter_context(ours)
            try:
                self._send(theirs, file)
            except OSError:  # it has died: once more, with another
                self.close()
                self._send(theirs, file)
            unless_sent.pop_all()
        ours.setblocking(False)
        return ours

    def close(self) -> None:
        """Stop the process, and with it the readers under way."""
        with self._lock:
            control, process = self._control, self.process
            self._control = self.process = None
        if control is not None and process is not None:
            control.close()
            process.wait()

    def _send(self, job: socket.socket, file: SpooledFile | None) -> None:
        descriptors = [job.fileno(), *([] if file is None else [file.fileno()])]
        with self._lock:
            if self._control is None:
                self._control, self.process = _started()
            socket.send_fds(self._control, [b"\0"], descriptors)


def _started() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as unless_started, theirs:
        unless_started.enter_context(ours)
        environ = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environ["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
        environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads cannot be forked safely
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", MODULE, str(theirs.fileno())],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # a Ctrl-C is for us alone
        )
        unless_started.pop_all()
    return ours, process


class Workers:
    """Reads files in other processes, some at once.

    A short file waits for short ones only, whatever else is being read.
    """

    def __init__(
        self,
        server: ForkServer,
        *,
        patience_s: float = PATIENCE_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._server = server
        self._patience_s = patience_s
        self._deadline_s = deadline_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._short_turns = asyncio.Semaphore(1)

    async def read(self, job: ImportJob, file: ImportFile) -> PackedPlan:
        """Read *file* into a plan; raises `Invalid` with up to 20 flaws."""
        is_short = job.format not in _ARCHIVES and isinstance(file, bytes) and len(file) <= SHORT
        turns = self._short_turns if is_short else self._turns
        try:
            async with asyncio.timeout(self._patience_s):
                await turns.acquire()
        except TimeoutError:
            words = "Too many files are read at once. Try again shortly."
            raise Unavailable("busy", words) from None
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._read(job, file)
        except TimeoutError:
            raise Invalid(TOO_COSTLY.code, TOO_COSTLY.detail, flaws=TOO_COSTLY.flaws) from None
        except (EOFError, OSError) as failure:  # what takes too much says so before it ends
            _log.error("import_reader_died", exception=type(failure).__name__)
            words = "This file could not be read just now. Try again shortly."
            raise Unavailable("busy", words) from None
        finally:
            turns.release()

    async def _read(self, job: ImportJob, file: ImportFile) -> PackedPlan:
        content, opened = (file, None) if isinstance(file, bytes) else (b"", file)
        ours = await asyncio.to_thread(self._server.fork, opened)
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            writer.write(frame(job))
            writer.write(LENGTH.pack(len(content)))
            writer.write(content)
            await writer.drain()
            return await _plan_from(reader)
        finally:
            writer.close()  # whoever still reads ends when it has something to say


async def _plan_from(reader: asyncio.StreamReader) -> PackedPlan:
    answer: Any = await _next(reader, Answer)
    match answer:
        case PlanRefused():
            raise answer.as_refusal()
        case ReaderBroken():
            _log.error("import_reader_failed", exception=answer.name)
            raise WorkerFailed(answer.name)
    assert isinstance(answer, PlanBegun)
    items: list[PackedItem] = []
    size = 0
    while batch := await _next(reader, Items | PlanRefused):
        if isinstance(batch, PlanRefused):
            raise batch.as_refusal()
        items.extend(batch)
        size += kept_by(batch)
        await asyncio.sleep(0)
    areas = tuple(map(area_named, answer.areas))
    return PackedPlan(answer.source, items, size, areas, answer.notes, answer.reports)


async def _next(reader: asyncio.StreamReader, kind: Any) -> Any:
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return msgspec.msgpack.decode(await reader.readexactly(length), type=kind)

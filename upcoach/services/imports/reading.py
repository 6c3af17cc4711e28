"""Reading a file, in the process that was made for it."""

from collections.abc import Callable, Iterator
from typing import IO, Any

import msgspec

from models.base.errors import Invalid
from models.base.validation import checked
from upcoach.services.imports import dayone, habitica, loop_plan, sheet
from upcoach.services.imports.habitica import HabiticaExport
from upcoach.services.imports.jobs import (
    LENGTH,
    TOGETHER,
    TOO_COSTLY,
    Begun,
    Broken,
    Job,
    Refused,
    frame,
)
from upcoach.services.imports.packing import PackedItem
from upcoach.services.imports.plan import Plan

Parse = Callable[[bytes], Any]


def plan_of(job: Job, content: bytes, parse: Parse) -> Plan:
    """What the file *content* wants; raises `Invalid` with up to 20 flaws.

    Parameters
    ----------
    parse
        Reads JSON as strictly as the server does.

    """
    match job.format:
        case "loop":
            return loop_plan.read(content, owner=job.owner, tz=job.tz)
        case "habitica":
            export = checked(parse(content) if content else None, HabiticaExport)
            return habitica.read(export, owner=job.owner, tz=job.tz)
        case "dayone":
            return dayone.read(content, owner=job.owner, tz=job.tz)
    return sheet.read(content, what=job.format, owner=job.owner, tz=job.tz)


def answer(asked: IO[bytes], told: IO[bytes], parse: Parse) -> None:
    """Read the job that is *asked*, and write what becomes of it; see `jobs`."""
    job = msgspec.msgpack.decode(_next(asked), type=Job)
    content = _next(asked)
    try:
        for framed in _framed(plan_of(job, content, parse)):
            told.write(framed)
    except Invalid as refusal:
        told.write(frame(Refused(refusal.code, refusal.detail, refusal.flaws)))
    except MemoryError:
        told.write(frame(Refused("import_invalid", TOO_COSTLY.detail, TOO_COSTLY.flaws)))
    # Whatever it is, its words may quote the file: they end here, with this process.
    except Exception as failure:  # noqa: BLE001
        told.write(frame(Broken(type(failure).__name__)))


def _framed(plan: Plan) -> Iterator[bytes]:
    yield frame(Begun(plan.source, tuple(one.area for one in plan.areas), plan.notes))
    for start in range(0, len(plan.items), TOGETHER):
        yield frame([PackedItem.of(one) for one in plan.items[start : start + TOGETHER]])
    yield frame([])


def _next(stream: IO[bytes]) -> bytes:
    """The content of the next frame."""
    (length,) = LENGTH.unpack(stream.read(LENGTH.size))
    return stream.read(length)

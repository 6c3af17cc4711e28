"""Reads a file, in a process of its own."""

from collections.abc import Iterator, Sequence
from typing import IO

import msgspec

from models.base.errors import Invalid
from upcoach.services.imports.files.archive import Archive
from upcoach.services.imports.plan_codec import PackedItem
from upcoach.services.imports.planning.import_errors import refused
from upcoach.services.imports.planning.plan import MOST_ITEMS, ImportPlan
from upcoach.services.imports.readers import (
    csv_import,
    daylio,
    dayone,
    habitica,
    loop_plan,
    streaks,
)
from upcoach.services.imports.readers.habitica_json import Parse, parsed_parts
from upcoach.services.imports.worker_protocol import (
    ITEMS_PER_FRAME,
    LENGTH,
    TOO_COSTLY,
    ImportJob,
    PlanBegun,
    PlanRefused,
    ReaderBroken,
    TooCostly,
    frame,
)


def bounded_plan_of(job: ImportJob, content: Archive, parse: Parse) -> ImportPlan:
    """Read a file as `plan_of` does, and refuse one that holds too much for one import."""
    plan = plan_of(job, content, parse)
    if len(plan.items) > MOST_ITEMS:
        words = f"This holds more than {MOST_ITEMS:,} documents: split it."
        raise refused("", "export_too_large", words)
    return plan


def plan_of(job: ImportJob, content: Archive, parse: Parse) -> ImportPlan:
    """Read the file *content* into a plan; raises `Invalid` with up to 20 flaws.

    Parameters
    ----------
    parse
        Reads JSON as strictly as the server does.

    """
    match job.format:
        case "loop":
            return loop_plan.read(content, owner=job.owner, tz=job.tz, now=job.now)
        case "dayone":
            return dayone.read(content, owner=job.owner, tz=job.tz, now=job.now)
    assert isinstance(content, bytes)  # no archive
    match job.format:
        case "habitica":
            export = parsed_parts(content, parse) if content else None
            return habitica.read(export, owner=job.owner, tz=job.tz, now=job.now)
        case "daylio":
            return daylio.read(content, owner=job.owner, tz=job.tz, moods=job.moods)
        case "streaks":
            return streaks.read(content, owner=job.owner, tz=job.tz, now=job.now)
    return csv_import.read(content, what=job.format, owner=job.owner, tz=job.tz, now=job.now)


def answer(
    request: IO[bytes], reply: IO[bytes], parse: Parse, files: Sequence[IO[bytes]] = ()
) -> None:
    """Read a job from *request*, and write its plan to *reply*; see `worker_protocol`.

    What it is about is the one of *files*, or what stands in *request*.
    """
    job = msgspec.msgpack.decode(_next(request), type=ImportJob)
    content = _next(request)
    try:
        for framed in _framed(bounded_plan_of(job, files[0] if files else content, parse)):
            reply.write(framed)
    except Invalid as refusal:
        reply.write(frame(PlanRefused(refusal.code, refusal.detail, refusal.flaws)))
    except (MemoryError, TooCostly):
        reply.write(frame(PlanRefused("import_invalid", TOO_COSTLY.detail, TOO_COSTLY.flaws)))
    # Whatever it is, its words may quote the file: they end here, with this process.
    except Exception as failure:  # noqa: BLE001
        reply.write(frame(ReaderBroken(type(failure).__name__)))


def _framed(plan: ImportPlan) -> Iterator[bytes]:
    areas = tuple(item.area for item in plan.areas)
    yield frame(PlanBegun(plan.source, areas, plan.notes, plan.reports))
    for start in range(0, len(plan.items), ITEMS_PER_FRAME):
        yield frame([PackedItem.of(item) for item in plan.items[start : start + ITEMS_PER_FRAME]])
    yield frame([])


def _next(stream: IO[bytes]) -> bytes:
    """The content of the next frame."""
    (length,) = LENGTH.unpack(stream.read(LENGTH.size))
    return stream.read(length)

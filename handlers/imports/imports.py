"""Imports of files of other apps; with `dry_run`, only saying what would become of them."""

from typing import Annotated, Any, Final

import msgspec

from handlers.http.operations import Body, Call, Operation, Query, Reply, write_reply
from handlers.http.prefer_header import RESPOND_ASYNC
from handlers.http.time_zones import zone
from models.access.limits import ARCHIVE_BYTES, UPLOAD_BYTES
from models.access.rate_limits import KEPT_AT_ONCE, Cost, kib
from models.base.errors import Invalid, invalid_parameter
from models.base.merge_patch import Json
from models.jobs import Job
from upcoach.services.imports import ImportServices
from upcoach.services.imports.plan_codec import PackedPlan
from upcoach.services.imports.planning.plan import Imported
from upcoach.services.imports.readers.csv_columns import COLUMNS, What
from upcoach.services.imports.readers.csv_rows import ROWS
from upcoach.services.imports.readers.habitica_export import HabiticaExport
from upcoach.services.imports.worker_protocol import Format
from upcoach.store.write.outcomes import WriteResult

_LEVELS: Final = frozenset("12345")


class ImportQuery(Query, frozen=True, kw_only=True):
    """How a file is to be read.

    Attributes
    ----------
    tz
        The zone in which the file's days begin; the caller's without it.
    dry_run
        Whether it is only said what would be made, changed and kept.

    """

    tz: str | None = None
    dry_run: bool = False


class DaylioQuery(ImportQuery, frozen=True, kw_only=True):
    """How a file of Daylio is to be read.

    Attributes
    ----------
    moods
        The levels of the moods that its owner has named, as `Solid:4;almost rad:5`; those that it
        begins with (rad, good, meh, bad, awful) are known.

    """

    # In letters of any script it fits into the head of a request (`upcoach.node`).
    moods: Annotated[str, msgspec.Meta(max_length=1_000)] = ""


def _levels(query: ImportQuery) -> dict[str, int]:
    """The levels in the query, by the names of moods."""
    levels: dict[str, int] = {}
    written = query.moods if isinstance(query, DaylioQuery) else ""
    for part in filter(None, map(str.strip, written.split(";"))):
        name, _, level = part.rpartition(":")
        if not name.strip() or level.strip() not in _LEVELS:
            raise invalid_parameter("moods", "Write moods and their levels as Solid:4;tired:2.")
        levels[name.strip()] = int(level)
    return levels


async def _repeated(services: ImportServices, call: Call) -> WriteResult[Json] | None:
    """The answer that this import got before under the name that *call* has."""
    if call.mutation is None:
        return None
    return await services.imports.repeated(call.scope, call.mutation)


def _reply(result: WriteResult[Json] | WriteResult[Job]) -> Reply:
    """The reply to an import that is done, or to one that was begun: a job was made of it."""
    reply = write_reply(result)
    if reply.status != 201:
        return reply
    location = f"/v1/jobs/{reply.body['id']}"
    headers = {"Location": location, "Preference-Applied": RESPOND_ASYNC}
    return msgspec.structs.replace(reply, status=202, version=None, headers=headers)


async def _pay(call: Call, plan: PackedPlan) -> None:
    """Charge what *plan* would keep: of the same ledger as writes one by one."""
    cost = Cost(0, kib(plan.size))
    if cost.kib > KEPT_AT_ONCE:
        words = f"This holds more than may be kept at once, {KEPT_AT_ONCE >> 10} MiB: split it."
        raise Invalid("import_too_large", words)
    await call.charge(cost)


def _row(
    path: str,
    format_: Format,
    summary: str,
    body: Body,
    needs: str,
    takes: Any = None,
    parameters: type[ImportQuery] = ImportQuery,
) -> Operation[ImportServices]:
    async def run(services: ImportServices, call: Call) -> Reply:
        query = call.parse_query(parameters)
        levels = _levels(query)
        tz = await zone(services.zones, call, query.tz)
        async with services.imports.slot(call.scope):
            answered = None if query.dry_run else await _repeated(services, call)
            if answered is not None:  # neither read nor paid for again
                return _reply(answered)
            file = call.content if call.upload is None else call.upload
            plan = await services.imports.read(call.scope, format_, file, tz, levels)
            if query.dry_run:
                return Reply(body=await services.imports.show(call.scope, plan))
            await _pay(call, plan)
            if RESPOND_ASYNC in call.preferences:
                begun = await services.imports.begin(call.scope, plan, format_, call.mutation)
                return _reply(begun)
            return _reply(await services.imports.carry_out(call.scope, plan, call.mutation))

    return Operation(
        method="POST",
        path=f"/v1/imports/{path}",
        run=run,
        needs=needs,
        body=body,
        takes=takes,
        unread=True,
        query=parameters,
        gives=Imported,
        named=True,
        statuses=(200,),
        otherwise=((202, Job),),
        prefers=(RESPOND_ASYNC,),
        largest=ARCHIVE_BYTES if body == "zip" else UPLOAD_BYTES,
        limit="upload",
        summary=summary,
    )


def _sheet(what: What, contents: str, needs: str) -> Operation[ImportServices]:
    summary = f"Import a CSV table of {contents}.\n\n{_columns_of(what)}"
    return _row(f"csv/{what}", what, summary, "csv", needs)


def _columns_of(what: What) -> str:
    """The description of a table and its columns, as Markdown."""
    rows = (
        f"| `{column.name}` | {'yes' if column.required else 'no'} | {column.format} |"
        for column in COLUMNS[what]
    )
    words = (
        "Cells are separated by commas, semicolons, tabs or bars and may be quoted (RFC 4180), in "
        "UTF-8, or UTF-16 with a byte order mark; the first line names the columns, in any order "
        "and in any case, or the separator (`sep=;`) and the next one the columns. With semicolons "
        f"`1,500` is one and a half. At most {ROWS:,} rows."
    )
    return "\n".join((words, "", "| Column | Required | Its cells |", "|---|---|---|", *rows))


OPERATIONS = (
    _row(
        "loop", "loop", "Import the CSV export (zip) of Loop Habit Tracker.", "zip", "habits:write"
    ),
    _row(
        "habitica",
        "habitica",
        "Import the export of a user's data (JSON) of Habitica.",
        "json",
        "account:write",  # habits and tasks
        HabiticaExport,
    ),
    _row("dayone", "dayone", "Import the JSON export (zip) of Day One.", "zip", "journal:write"),
    _row(
        "daylio",
        "daylio",
        "Import the CSV export of Daylio.",
        "csv",
        "moods:write",
        parameters=DaylioQuery,
    ),
    _row("streaks", "streaks", "Import the CSV export of Streaks.", "csv", "habits:write"),
    _sheet("habits", "habits and their entries", "habits:write"),
    _sheet("moods", "moods", "moods:write"),
    _sheet("tasks", "tasks", "tasks:write"),
    _sheet("journal", "journal entries", "journal:write"),
)

"""Importing other people's files; with `dry_run`, only saying what would become of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from handlers.operations import Body, Call, Operation, Query, Reply, written
from handlers.zones import zone
from models.errors import Invalid
from models.limits import KEPT_AT_ONCE, UPLOAD_BYTES, Cost, kib
from upcoach.services import Services
from upcoach.services.imports.habitica import HabiticaExport
from upcoach.services.imports.plan import Imported, Plan
from upcoach.services.imports.sheet import What


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


Read = Callable[[Services, Call, str], Awaitable[Plan]]


async def read_loop(services: Services, call: Call, tz: str) -> Plan:
    """Take the CSV export (zip) of Loop Habit Tracker."""
    return await services.imports.read_loop(call.scope, call.content, tz)


async def read_habitica(services: Services, call: Call, tz: str) -> Plan:
    """Take the export of a user's data (JSON) of Habitica."""
    return await services.imports.read_habitica(call.scope, call.read(HabiticaExport), tz)


async def read_dayone(services: Services, call: Call, tz: str) -> Plan:
    """Take the JSON export (zip) of Day One."""
    return await services.imports.read_dayone(call.scope, call.content, tz)


def sheet(what: What) -> Read:
    """Read a table of *what*."""

    async def read(services: Services, call: Call, tz: str) -> Plan:
        return await services.imports.read_sheet(call.scope, call.content, what, tz)

    read.__doc__ = f"Take a table (CSV) of {what}."
    return read


async def _pay(call: Call, plan: Plan) -> None:
    """Charge what *plan* would keep: of the same ledger as writes one by one."""
    cost = Cost(0, kib(await asyncio.to_thread(plan.size)))
    if cost.kib > KEPT_AT_ONCE:
        words = f"This holds more than may be kept at once, {KEPT_AT_ONCE >> 10} MiB: split it."
        raise Invalid("import_too_large", words)
    await call.charge(cost)


def _row(path: str, read: Read, body: Body, needs: str, takes: Any = None) -> Operation:
    async def run(services: Services, call: Call) -> Reply:
        query = call.asked(ImportQuery)
        plan = await read(services, call, await zone(services, call, query.tz))
        if query.dry_run:
            return Reply(body=await services.imports.show(call.scope, plan))
        await _pay(call, plan)
        return written(await services.imports.carry_out(call.scope, plan, call.mutation))

    run.__doc__ = read.__doc__
    return Operation(
        method="POST",
        path=f"/v1/imports/{path}",
        run=run,
        needs=needs,
        body=body,
        takes=takes,
        query=ImportQuery,
        gives=Imported,
        named=True,
        statuses=(200,),
        largest=UPLOAD_BYTES,
        limit="upload",
    )


OPERATIONS = (
    _row("loop", read_loop, "zip", "habits:write"),
    _row("habitica", read_habitica, "json", "account:write", HabiticaExport),  # habits and tasks
    _row("dayone", read_dayone, "zip", "journal:write"),
    _row("csv/habits", sheet("habits"), "csv", "habits:write"),
    _row("csv/moods", sheet("moods"), "csv", "moods:write"),
    _row("csv/tasks", sheet("tasks"), "csv", "tasks:write"),
    _row("csv/journal", sheet("journal"), "csv", "journal:write"),
)

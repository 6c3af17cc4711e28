"""Importing other people's files."""

from handlers.operations import Call, Operation, Query, Reply, written
from upcoach.services import Services
from upcoach.services.imports.service import Imported

LARGEST = 10 * 1024 * 1024


class ZoneQuery(Query, frozen=True, kw_only=True):
    """The zone in which the file's days begin; the caller's without it."""

    tz: str | None = None


async def import_loop(services: Services, call: Call) -> Reply:
    """Take the CSV export (zip) of Loop Habit Tracker."""
    tz = call.asked(ZoneQuery).tz
    if tz is None:
        tz = str((await services.accounts.me(call.scope))["tz"])
    return written(await services.imports.import_loop(call.scope, call.content, tz, call.mutation))


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/imports/loop",
        run=import_loop,
        needs="habits:write",
        body="zip",
        query=ZoneQuery,
        gives=Imported,
        named=True,
        statuses=(200,),
        largest=LARGEST,
    ),
)

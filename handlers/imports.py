"""Importing other people's files."""

from handlers.operations import Call, Operation, Reply, written
from upcoach.services import Services

LARGEST = 10 * 1024 * 1024


async def import_loop(services: Services, call: Call) -> Reply:
    """Take the CSV export (zip) of Loop Habit Tracker."""
    tz = call.parameters("tz").get("tz")
    if tz is None:
        tz = str((await services.accounts.me(call.scope))["tz"])
    return written(await services.imports.import_loop(call.scope, call.content, tz, call.mutation))


OPERATIONS = (
    Operation(method="POST", path="/v1/imports/loop", run=import_loop, body="zip", largest=LARGEST),
)

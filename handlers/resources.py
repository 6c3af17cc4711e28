"""The five routes that every kind of owned document has."""

from collections.abc import Callable
from typing import Any

from handlers.operations import LIMIT, Call, Operation, Reply, listed, shown, written
from models.documents import NewGoal, NewHabit
from upcoach.services import Services
from upcoach.services.resources import Resources, require_object

Of = Callable[[Services], Resources[Any, Any]]


def resource(path: str, of: Of, draft: type[NewGoal | NewHabit]) -> tuple[Operation, ...]:
    """List, create, read, change and delete, at *path*."""

    async def page(services: Services, call: Call) -> Reply:
        query = call.parameters("limit", "after")
        limit = call.number("limit", LIMIT, LIMIT)
        found = await of(services).page(call.scope, after=query.get("after", ""), limit=limit + 1)
        return listed(path, found, limit)

    async def create(services: Services, call: Call) -> Reply:
        return written(await of(services).create(call.scope, call.read(draft), call.mutation))

    async def read(services: Services, call: Call) -> Reply:
        return shown(await of(services).get(call.scope, call.names["id"]))

    async def change(services: Services, call: Call) -> Reply:
        patch = require_object(call.body)
        return written(
            await of(services).change(
                call.scope, call.names["id"], patch, call.require_base(), call.mutation
            )
        )

    async def delete(services: Services, call: Call) -> Reply:
        return written(
            await of(services).delete(call.scope, call.names["id"], call.base, call.mutation)
        )

    one = f"{path}/{{id}}"
    return (
        Operation(method="GET", path=path, run=page),
        Operation(method="POST", path=path, run=create, body="json", live=True),
        Operation(method="GET", path=one, run=read),
        Operation(method="PATCH", path=one, run=change, body="merge-patch", live=True),
        Operation(method="DELETE", path=one, run=delete, live=True),
    )

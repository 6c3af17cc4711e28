"""What `POST /v1/mutations` and the socket's `mut` may ask for: the writes that are live."""

from typing import Any

from handlers.http.operations import Operation, Router
from handlers.openapi.scalars import nullable
from handlers.openapi.schema_names import schema_name
from handlers.openapi.schemas import Schemas, role_of
from handlers.sync import MutFrame
from models.base.merge_patch import Json


def with_bodies(schemas: Schemas, router: Router) -> Json:
    """All schemas, of which that of a `mut` says which writes it can carry."""
    live = [
        operation
        for route in router.routes
        for operation in route.operations.values()
        if operation.live
    ]
    bodies: list[Json] = []
    for operation in live:
        if operation.takes is not None:
            schema = schemas.of(operation.takes, role_of(operation.body))
            bodies += [] if schema in bodies else [schema]
    made = schemas.made
    frame_schema = made.get(schema_name(MutFrame))
    if frame_schema is not None:
        frame_schema["description"] += f"\n\n{_table(live)}"
        frame_schema["properties"]["op"]["enum"] = sorted({operation.method for operation in live})
        frame_schema["required"].remove("t")  # nothing else is in a batch
        frame_schema["properties"]["body"] |= nullable({"anyOf": bodies})
    return made


def _table(live: list[Operation[Any]]) -> str:
    rows = [
        f"| `{operation.method}` | `{operation.path}` | {operation.base} |" for operation in live
    ]
    return "\n".join(("| `op` | `path` | `base` |", "|---|---|---|", *rows))

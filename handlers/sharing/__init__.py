"""Sharing between clients and coaches: invitations and shares."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.sharing import invitations, shares

CONTEXT: Final = Context(
    service=lambda runner: runner.services.sharing,
    operations=(*invitations.OPERATIONS, *shares.OPERATIONS),
    areas=(
        Area(
            name="Coaches and clients",
            meaning="Who shares what with whom.",
            paths=("/v1/shares", "/v1/clients", "/v1/invitations"),
        ),
    ),
)

"""Sync: how far each device has come in a feed, by its own word."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.sync.position import Position

CONTEXT = ModelContext(
    permissions={"live:read": Permission("follow all of your changes as they happen", True)}
)

__all__ = ["CONTEXT", "Position"]

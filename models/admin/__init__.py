"""What operators may do; which role may do what is in `models.access.permissions`."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission

CONTEXT = ModelContext(
    permissions={
        "admin:users": Permission("see and end the accounts of others", True),
        "admin:content": Permission("edit what everybody reads", True),
        "admin:metrics": Permission("see the numbers of the service", True),
        "admin:audit": Permission("read who did what", True),
        "admin:roles": Permission("give roles", True),
    }
)

__all__ = ["CONTEXT"]

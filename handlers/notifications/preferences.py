"""How people want their notifications."""

from typing import Final

from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.notifications.notifications import NOTIFICATIONS
from models.base.document import public
from models.notifications import NotificationPreferences, PreferencesDraft
from upcoach.services.base.resources import require_object
from upcoach.services.notifications import NotificationServices

PREFERENCES: Final = f"{NOTIFICATIONS}/preferences"


async def read(services: NotificationServices, call: Call) -> Reply:
    """Get the caller's notification preferences; version 0 is the defaults."""
    preferences = await services.preferences.get(call.scope)
    return Reply(body=public(preferences), version=preferences.version or None)


async def change(services: NotificationServices, call: Call) -> Reply:
    """Change the caller's notification preferences by a merge patch (RFC 7396)."""
    patch = require_object(call.body)
    return write_reply(
        await services.preferences.change(call.scope, patch, call.base, call.mutation)
    )


CHANGE: Final = Operation(
    method="PATCH",
    path=PREFERENCES,
    run=change,
    needs="notifications:write",
    body="merge-patch",
    takes=PreferencesDraft,
    gives=NotificationPreferences,
    base="taken",
    statuses=(200, 201),
    live=True,
)
OPERATIONS = (
    Operation(
        method="GET",
        path=PREFERENCES,
        run=read,
        needs="notifications:read",
        gives=NotificationPreferences,
    ),
    CHANGE,
)

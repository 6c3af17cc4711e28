"""Notifications, and how people want them."""

from typing import Final

from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.notifications import (
    notifications,
    preferences,
    preferences_page,
    push_devices,
    push_pages,
    unsubscribe_page,
)

CONTEXT: Final = Context(
    service=lambda runner: runner.services.notifications,
    # Those of one path before those of any id.
    operations=(
        *preferences.OPERATIONS,
        *notifications.OPERATIONS,
        *push_devices.OPERATIONS,
    ),
    routes=(*preferences_page.ROUTES, *push_pages.ROUTES, *unsubscribe_page.ROUTES),
    areas=(
        Area(
            name="Notifications",
            meaning="What a person is told of, and how they want to be.",
            paths=("/v1/notifications", "/v1/push-devices"),
        ),
    ),
)

"""Notifications, which the server makes: listed, counted, marked and deleted here."""

from typing import Annotated, Final

import msgspec

from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import ListQuery
from handlers.http.resources import resource
from models.base.fields import Moment
from models.notifications import Notification, NotificationType
from upcoach.services.notifications import Notifications, NotificationServices
from upcoach.services.notifications.notifications import UnreadCount
from upcoach.store.collections.documents import Selection

NOTIFICATIONS: Final = "/v1/notifications"


class NotificationQuery(ListQuery, frozen=True, kw_only=True):
    """Some notifications, the newest first.

    Attributes
    ----------
    unread
        Only those that are not read; with `false`, only those that are.
    type
        Only those of a type.

    """

    unread: bool | None = None
    type: NotificationType | None = None

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        read = {} if self.unread is None else {"read": not self.unread}
        return Selection(
            order="created_at",
            where=read | self.given("type"),
            descending=True,
            after=self.after,
            limit=self.limit + 1,
        )


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """How many notifications were marked.

    Attributes
    ----------
    marked
        How many were not marked so before.
    up_to
        The moment up to which all are marked, but for those that were changed since.

    """

    marked: Annotated[int, msgspec.Meta(ge=0)]
    up_to: Moment


async def unread_count(services: NotificationServices, call: Call) -> Reply:
    """Count the caller's unread notifications."""
    return Reply(body=await services.notifications.unread(call.scope))


async def read_all(services: NotificationServices, call: Call) -> Reply:
    """Mark all of the caller's notifications as read, some in each transaction."""
    return write_reply(await services.notifications.mark_all(call.scope, call.mutation, read=True))


async def seen_all(services: NotificationServices, call: Call) -> Reply:
    """Mark all of the caller's notifications as seen, some in each transaction."""
    return write_reply(await services.notifications.mark_all(call.scope, call.mutation, read=False))


def _notifications(services: NotificationServices) -> Notifications:
    return services.notifications


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{NOTIFICATIONS}/unread-count",
        run=unread_count,
        needs="notifications:read",
        gives=UnreadCount,
        weight=2,
    ),
    *(
        Operation(
            method="POST",
            path=f"{NOTIFICATIONS}/{verb}",
            run=run,
            needs="notifications:write",
            gives=Marked,
            live=True,
            statuses=(200,),
            weight=5,
        )
        for verb, run in (("read-all", read_all), ("seen-all", seen_all))
    ),
    *resource(
        NOTIFICATIONS,
        _notifications,
        new=None,
        gives=Notification,
        lists=NotificationQuery,
    ),
)

"""Notifications that are simply there, as a write of the server's leaves them."""

import datetime as dt
from typing import Any, Final

from models.base.document import Document
from models.base.merge_patch import Json
from models.notifications import NewNotification, Notification, notification_id
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from upcoach.client import RestClient, SyncDevice
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

NOTIFICATIONS: Final = "/v1/notifications"
ONE: Final = "/v1/notifications/{id}"
PREFERENCES: Final = "/v1/notifications/preferences"


def new(name: str, **fields: Any) -> NewNotification:
    """A notification of which only the id matters."""
    usual: dict[str, Any] = {
        "type": "task_due",
        "title": "File taxes",
        "body": "Due today at 18:00.",
        "data": {"count": 2},
        "link": "/tasks/tsk_1",
        "key": name,
    }
    return NewNotification(id=name, **usual | fields)


async def tell(server: Server, person: RestClient, *drafts: NewNotification) -> None:
    """Give *person* notifications, in one transaction."""
    scope = scope_of(server, person)

    def decide(changes: WriteContext) -> Outcome[Document | None]:
        for draft in drafts:
            changes.create(Notification.drafted(draft, owner=scope.user, at=changes.at))
        return Outcome(verb="created", document=None)

    reads = tuple(Ref(Notification, scope.user, draft.id) for draft in drafts)
    await server.node.committer.commit(Write(scope=scope, reads=reads, decide=decide))


def ids(count: int, at: dt.datetime) -> list[str]:
    """Ids that nobody has yet."""
    return [notification_id("usr_1", at, str(number)) for number in range(count)]


async def heard(phone: SyncDevice, *titles: str) -> list[Json]:
    """The notifications on *phone*, once they are called so."""

    def found(device: SyncDevice) -> list[Json]:
        kept = device.documents.get("notification", {}).values()
        return sorted(kept, key=lambda one: str(one["title"]))

    await phone.until(lambda device: [one["title"] for one in found(device)] == sorted(titles))
    return found(phone)

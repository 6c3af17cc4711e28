"""The devices that a person's pushes go to."""

from typing import Final

import msgspec

from handlers.http.operations import Call, Operation, Reply, write_reply
from handlers.http.pagination import Items
from models.base.document import public
from models.notifications import NewPushDevice, PushDevice, PushDeviceDraft
from upcoach.services.notifications import NotificationServices

PUSH_DEVICES: Final = "/v1/push-devices"
ONE: Final = f"{PUSH_DEVICES}/{{id}}"
WEB_KEY: Final = f"{PUSH_DEVICES}/web-key"


class WebPushKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key with which a browser subscribes to pushes.

    Attributes
    ----------
    public_key
        The `applicationServerKey` of the Push API, in base64url (RFC 8292, 3.2).

    """

    public_key: str


async def register(services: NotificationServices, call: Call) -> Reply:
    """Register a device for pushes; the same token again is the same device."""
    return write_reply(await services.push_devices.register(call.scope, call.read(NewPushDevice)))


async def list_devices(services: NotificationServices, call: Call) -> Reply:
    """List the caller's push devices."""
    devices = await services.push_devices.page(call.scope)
    return Reply(body=Items([public(device) for device in devices]))


async def web_key(services: NotificationServices, call: Call) -> Reply:  # noqa: ARG001
    """Get the key with which a browser subscribes to pushes."""
    return Reply(body=WebPushKey(public_key=services.push_devices.web_key))


async def read(services: NotificationServices, call: Call) -> Reply:
    """Get a push device."""
    device = await services.push_devices.get(call.scope, call.names["id"])
    return Reply(body=public(device), version=device.version)


async def change(services: NotificationServices, call: Call) -> Reply:
    """Change a push device; a new token takes the place of the former."""
    draft = call.read(PushDeviceDraft)
    return write_reply(await services.push_devices.change(call.scope, call.names["id"], draft))


async def delete(services: NotificationServices, call: Call) -> Reply:
    """Delete a push device, which takes no pushes from then on."""
    return write_reply(await services.push_devices.delete(call.scope, call.names["id"]))


REGISTER: Final = Operation(
    method="POST",
    path=PUSH_DEVICES,
    run=register,
    needs="notifications:write",
    body="json",
    takes=NewPushDevice,
    gives=PushDevice,
    statuses=(200, 201),
)
DELETE: Final = Operation(method="DELETE", path=ONE, run=delete, needs="notifications:write")

OPERATIONS = (
    Operation(
        method="GET",
        path=WEB_KEY,
        run=web_key,
        needs="notifications:read",
        gives=WebPushKey,
    ),
    REGISTER,
    Operation(
        method="GET",
        path=PUSH_DEVICES,
        run=list_devices,
        needs="notifications:read",
        gives=Items[PushDevice],
    ),
    Operation(
        method="GET",
        path=ONE,
        run=read,
        needs="notifications:read",
        gives=PushDevice,
    ),
    Operation(
        method="PATCH",
        path=ONE,
        run=change,
        needs="notifications:write",
        body="json",
        takes=PushDeviceDraft,
        gives=PushDevice,
    ),
    DELETE,
)

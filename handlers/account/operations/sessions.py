"""The caller's sessions: they see them, name them, and end them."""

from typing import Annotated, Literal

import msgspec

from handlers.http.operations import Call, Operation, Query, Reply, write_reply
from handlers.http.pagination import Items
from models.account import Session
from models.base.clock import utc_now
from models.base.document import Draft
from models.base.fields import TypedName
from upcoach.services.account import AccountServices
from upcoach.services.account.sessions.sessions import OpenSession

PATH = "/v1/auth/sessions"
ONE = f"{PATH}/{{id}}"


class DeviceNamed(Draft, frozen=True, kw_only=True):
    """The new name of a device.

    Attributes
    ----------
    device_name
        What the device is listed as from now on.

    """

    device_name: TypedName


class Ending(Query, frozen=True, kw_only=True):
    """Which session goes on when all others end; all end if it does not say.

    Attributes
    ----------
    keep
        The session that goes on when all others end: `current`. All end without it.

    """

    keep: Annotated[Literal["current"] | None, msgspec.Meta(description="the caller's")] = None


async def list_sessions(services: AccountServices, call: Call) -> Reply:
    """List the caller's sessions, on devices and of third-party apps."""
    return Reply(body={"items": await services.sessions.page(call.scope)})


async def rename(services: AccountServices, call: Call) -> Reply:
    """Rename the device of a session."""
    name = call.read(DeviceNamed).device_name
    return write_reply(await services.sessions.rename(call.scope, call.names["id"], name))


async def end(services: AccountServices, call: Call) -> Reply:
    """End a session; for one other than the caller's, it takes a recent second factor."""
    if call.names["id"] != call.scope.session:
        await services.step_ups.require(call.authenticated_caller, utc_now())
    return write_reply(await services.sessions.endings.end(call.scope, call.names["id"]))


async def end_all(services: AccountServices, call: Call) -> Reply:
    """End all sessions, or all others; takes a recent second factor.

    Otherwise whoever has found an open session could log its owner out again and again.
    """
    keep = (call.scope.session,) if call.parse_query(Ending).keep else ()
    if keep:
        await services.step_ups.require(call.authenticated_caller, utc_now())
    return write_reply(await services.sessions.endings.end_others(call.scope, keep))


END = Operation(method="DELETE", path=ONE, run=end, needs="account:write", audit="session.ended")
END_ALL = Operation(
    method="DELETE",
    path=PATH,
    run=end_all,
    needs="account:write",
    query=Ending,
    audit="sessions.ended",
)
OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        run=list_sessions,
        needs="account:read",
        gives=Items[OpenSession],
    ),
    Operation(
        method="PATCH",
        path=ONE,
        run=rename,
        needs="account:write",
        body="json",
        takes=DeviceNamed,
        gives=Session,
    ),
    END,
    END_ALL,
)

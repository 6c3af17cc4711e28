"""Registering devices for pushes, and what is pushed to them."""

import asyncio
import datetime as dt
from typing import Any, Final

from models.base.clock import utc_now
from models.base.merge_patch import Json
from models.base.messages.push import PushRequest
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.server.push_service import BrowserSubscription
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget
from upcoach.services.notifications import NotificationServices

DEVICES: Final = "/v1/push-devices"
DEVICE: Final = f"{DEVICES}/{{id}}"
WEB_KEY: Final = f"{DEVICES}/web-key"
BROWSER: Final = BrowserSubscription()


def subscription(endpoint: str) -> Json:
    """What a browser gives its page."""
    return {"endpoint": endpoint, "p256dh": BROWSER.p256dh, "auth": BROWSER.auth}


def phone(token: str, **more: str) -> Json:
    """The registration of an Android phone."""
    return {"platform": "android", "token": token, **more}


async def registered(person: RestClient, body: Json) -> str:
    """The id of the device that *person* registers."""
    device: Json = (await done(person.call("POST", DEVICES, body))).body
    return str(device["id"])


class Carried:
    """A push service that keeps what it is given, and fails, or hangs, as told for a token."""

    def __init__(self) -> None:
        self.hanging: dict[str, asyncio.Event] = {}
        self.hung = 0
        self.pushes: list[tuple[str, PushMessage]] = []
        self.failures: dict[str, list[Exception]] = {}

    async def carry(self, target: PushTarget, message: PushMessage, at: dt.datetime) -> None:  # noqa: ARG002
        """See `PushCarrier`."""
        if target.token in self.hanging:
            self.hung += 1
            await self.hanging[target.token].wait()
            return
        failures = self.failures.get(target.token, [])
        if failures:
            raise failures.pop(0)
        self.pushes.append((target.token, message))

    @property
    def tokens(self) -> list[str]:
        """To which tokens pushes came, in order."""
        return sorted(token for token, _ in self.pushes)


def notifications_of(server: Server) -> NotificationServices:
    return server.node.services.notifications


def carried_of(server: Server) -> Carried:
    """What takes the pushes of *server* from now on."""
    carried = Carried()
    pushing = notifications_of(server).push_devices._pushing
    assert isinstance(pushing.carriers, dict)
    pushing.carriers.update(dict.fromkeys(("web", "ios", "android"), carried))
    return carried


async def push(server: Server, person: RestClient, **more: Any) -> None:
    """Ask for a push to *person*."""
    request = PushRequest(
        owner=more.pop("owner", "") or scope_of(server, person).user,
        topic="ntf_1",
        title="Run",
        body="It is time.",
        until=more.pop("until", utc_now() + dt.timedelta(hours=1)),
        **more,
    )
    await notifications_of(server).push_devices._pushing.outbox.add(request)


async def sent(server: Server) -> None:
    """Wait until no push is due."""
    outbox = server.node.database["push_outbox"]
    while await outbox.count_documents({"at": {"$lte": utc_now() + dt.timedelta(minutes=2)}}):
        await asyncio.sleep(0.01)

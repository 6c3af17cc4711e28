"""What is asked of webhooks, each at least once with success: for the contract of the surface."""

from tests.support.server import Server
from tests.support.wire.answers import done
from tests.webhooks.rows import NOWHERE, WEBHOOKS


async def use_webhooks(server: Server) -> None:
    """Make a webhook, try it, have everything sent again, and delete it."""
    person = await server.person()
    body = {"url": NOWHERE, "types": ["*"]}
    made = (await done(person.call("POST", WEBHOOKS, body))).body["webhook"]
    path = f"{WEBHOOKS}/{made['id']}"
    await done(person.call("GET", path))
    await done(person.call("PATCH", path, {"types": ["goal.*"]}, headers={"If-Match": '"v1"'}))
    await done(person.call("POST", f"{path}/rotate-secret"))
    await done(person.call("POST", f"{path}/ping"))
    await done(person.call("GET", f"{path}/deliveries"))
    await done(person.call("POST", f"{path}/replay", {"since": "0"}))
    await done(person.call("DELETE", path))

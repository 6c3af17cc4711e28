"""Every path counts the strangers whom it tells something, but those listed."""

from typing import Final

from handlers.contexts import HANDLER_ROUTES, ROUTER
from models.access.rate_limits import Cost
from models.access.request_origin import RequestOrigin
from tests.account.limited import serving_limited

ADDRESS: Final = "203.0.113.7"
MANY: Final = Cost(10_000)  # requests: half an hour of them
# They cost no engine and no line of the log, and a balancer is never refused.
UNCOUNTED: Final = {"/livez", "/readyz", "/v1/live"}
# What a stranger is told there is the same for everybody.
TOLD: Final = {
    *("/", "/docs", "/docs/", "/openapi.json", "/asyncapi.json"),
    *("/oauth/jwks", "/.well-known/openid-configuration", "/account/login", "/nowhere"),
}


async def test_whoever_has_asked_too_often_is_told_nothing(limited: dict[str, str]) -> None:
    paths = {row.path for row in ROUTER.routes} | {row.path for row in HANDLER_ROUTES}
    heard = {}
    async with serving_limited(limited) as server:
        network = RequestOrigin(address=ADDRESS).household
        await server.node.runner.limits.owe("public", {"ip": network}, MANY)
        client = server.client()
        asks = [("OPTIONS", path.replace("{provider}", "nobody")) for path in sorted(paths)]
        for method, path in (*asks, *((one, path) for path in TOLD for one in ("GET", "HEAD"))):
            answer = await client.call(method, path, headers={"X-Forwarded-For": ADDRESS})
            heard[method, path] = answer.status

    # What is there for nobody is refused, which has a limit of its own.
    told = {path for (_, path), status in heard.items() if status not in (404, 429)}
    assert told == UNCOUNTED
    assert len(heard) > 100

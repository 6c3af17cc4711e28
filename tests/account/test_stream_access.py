"""A token that may not read the feed gets no event of it, whichever way it asks."""

import pytest

from config.settings import Settings
from models.account.session import SessionTerms
from tests.support.server import serving

EVENTS = "/v1/events?since=0"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (EVENTS, {}),
        (f"{EVENTS}&wait=1", {}),
        (EVENTS, {"Accept": "text/event-stream"}),
    ],
)
async def test_an_app_without_the_permission_follows_nothing(
    settings: Settings, path: str, headers: dict[str, str]
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        user = (await person.call("GET", "/v1/me")).body["id"]
        terms = SessionTerms(
            device="app", client="charts", app="partner", permissions=("goals:read",)
        )
        login, _ = await server.node.services.account.sessions.start(user, terms)

        answer = await server.client(login.token).call("GET", path, headers=headers)

        assert answer.status == 403
        assert answer.body["scope"] == "live:read"

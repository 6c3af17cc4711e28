"""What operators follow is for tokens of the operators' panel, and no other of an operator's."""

import contextlib

import msgspec
import pytest
from tornado.httpclient import HTTPClientError

from config.settings import Settings
from models.account.session import Terms
from tests.account.operators import ADMIN, operator
from tests.admin.test_admin_live import LIVE, refused, upgrading
from tests.live.test_live import sub, talking
from tests.support.reader import reading
from tests.support.server import serving

FEEDS = ("admin:kpi", "admin:events")
PHONE = msgspec.structs.replace(ADMIN, app="mobile", audiences=("api", "live"))
APP = Terms(
    device="app",
    client="cli_charts",
    app="partner",
    permissions=("goals:read", "live:read"),
    audiences=("api", "live"),
    acr=2,
)
WRONG: dict[str, tuple[Terms, str]] = {
    "of the phone": (PHONE, "audience_wrong"),
    "of an app of others": (APP, "audience_wrong"),
    "of an app for less": (
        msgspec.structs.replace(APP, audiences=("api", "live", "admin")),
        "permission_missing",
    ),
    "of one factor": (
        msgspec.structs.replace(ADMIN, acr=1, amr=("pwd",)),
        "insufficient_user_authentication",
    ),
}


@pytest.mark.parametrize(("terms", "code"), WRONG.values(), ids=WRONG)
async def test_another_token_of_an_operator_follows_nothing_of_others(
    settings: Settings, terms: Terms, code: str
) -> None:
    async with serving(settings) as server:
        admin = await operator(server, "analyst", terms=terms)

        async with reading(server, LIVE, admin.token) as reader:
            problem = await reader.problem()
        with pytest.raises(HTTPClientError) as refusal:
            async with upgrading(server, "", admin.token):
                pass
        async with talking(server, admin) as wire:
            told = [(await refused(wire, sub(feed=name)))[1] for name in FEEDS]

        assert problem["code"] == code
        assert refusal.value.code == reader.status
        assert told == [code] * 2


async def test_the_panel_of_an_operator_follows_both(settings: Settings) -> None:
    async with serving(settings) as server:
        admin = await operator(server, "analyst")

        async with contextlib.AsyncExitStack() as stack:
            wire = await stack.enter_async_context(talking(server, admin))
            for name in FEEDS:
                await wire.send(sub(feed=name))
                await wire.until("subd")

"""What operators follow is for tokens of the operators' panel, and no other of an operator's."""

import contextlib

import pytest
from tornado.httpclient import HTTPClientError

from config.settings import Settings
from models.account.session import SessionTerms
from tests.admin.flawed import WRONG
from tests.support.people.operators import operator
from tests.support.server import serving
from tests.support.wire.admin_live import LIVE, refused, upgrading
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import sub, talking

FEEDS = ("admin:kpi", "admin:events")


@pytest.mark.parametrize(("terms", "code"), WRONG.values(), ids=WRONG)
async def test_another_token_of_an_operator_follows_nothing_of_others(
    settings: Settings, terms: SessionTerms, code: str
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

"""A provider that does not answer: the log says which, and why."""

from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from models.base.clock import utc_now
from models.base.errors import Unavailable
from tests.account.federation.visiting import BACK, START, visiting
from tests.support.engines import TestEngines
from upcoach.node.process.outbound import Outbound
from upcoach.services.account.federation.discovery import Discovery
from upcoach.services.account.federation.providers import providers_of

NOWHERE: Final = "http://127.0.0.1:1"


async def test_a_provider_that_cannot_be_reached_is_logged() -> None:
    row = {"name": "near", "title": "Near", "issuer": NOWHERE, "clients": ["us"], "secret": "x"}
    [provider] = providers_of([row]).values()
    outbound = Outbound(loopback=True)
    with capture_logs() as lines, pytest.raises(Unavailable):
        await Discovery(provider, outbound, utc_now).endpoints()
    outbound.close()

    [line] = lines
    assert line["event"] == "provider_away"
    assert line["provider"] == "near"
    assert line["setting"] == "UPCOACH_PROVIDERS"
    assert "refused" in line["reason"]


async def test_a_provider_that_goes_away_meanwhile_is_logged(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with visiting(engines, tmp_path) as (one, provider):
        sent = await one.browser.get(START)
        _, fields = provider.consent(sent.headers["location"])
        provider.mode = "500"
        with capture_logs() as lines:
            answer = await one.browser.get(BACK, fields)

    assert answer.status == 503
    assert [line["reason"] for line in lines if line["event"] == "provider_away"] == [
        "its token endpoint answers 500"
    ]

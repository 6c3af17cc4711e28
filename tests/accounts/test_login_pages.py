"""Where people log in and make accounts: each way once."""

from pathlib import Path

from tests.accounts.html import flaws_of
from tests.accounts.test_pages import LOGIN, people
from tests.accounts.test_visits import visiting
from tests.support.engines import TestEngines


async def test_each_provider_is_offered_once(engines: TestEngines, tmp_path: Path) -> None:
    async with visiting(engines, tmp_path) as (one, _):
        page = await one.browser.get(LOGIN)

        assert flaws_of(page) == []
        found = [page.text.count(f"/v1/auth/{name}/start") for name in ("google", "apple")]
        assert found == [1, 1]

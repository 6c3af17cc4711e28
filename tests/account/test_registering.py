"""Nobody learns from a registration whether there was an account."""

import asyncio
from pathlib import Path

import pytest

from tests.support.engines import TestEngines
from tests.support.people.addresses import ANN, joined
from tests.support.people.mail import settings_of, subjects
from tests.support.server import PASSWORD, serving

FOREVER_S = 3_600.0
NEW = "new@example.org"


async def test_an_answer_waits_for_the_pace_whether_or_not_there_was_an_account(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        server.node.services.account.accounts.pace_s = FOREVER_S
        asked = [
            asyncio.create_task(server.client().register(email, PASSWORD, "Ann"))
            for email in (ANN, NEW)
        ]
        while len(await subjects(server, ANN)) < 2 or not await subjects(server, NEW):
            await asyncio.sleep(0.01)

        # All that is done for either is done, and neither has its answer.
        assert [one.done() for one in asked] == [False, False]
        assert await subjects(server, NEW) == ["Is this your address?"]
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


@pytest.mark.parametrize("password", ["password1", "upcoach2026", NEW])
async def test_a_weak_password_is_refused_whoever_it_is_for(
    engines: TestEngines, tmp_path: Path, password: str
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server, NEW)

        answers = [await server.client().register(email, password, "Ann") for email in (NEW, ANN)]

        codes = [(one.status, one.body["code"]) for one in answers[: 1 if password == NEW else 2]]
        assert set(codes) == {(422, "password_weak")}

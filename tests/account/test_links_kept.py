"""A link that nobody could answer works again: one is used up by what it has done."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from models.base.clock import utc_now
from models.base.errors import Conflict, Invalid, Unavailable
from tests.support.engines import TestEngines
from tests.support.people.addresses import BOB, MOVE, confirm, stepped_up
from tests.support.people.mail import newest, settings_of, token_in
from tests.support.server import serving
from upcoach.services import account
from upcoach.store.secrets.one_time_tokens import HELD, OneTimeTokens

ACCOUNT = Path(account.__file__).parent
LIFE = dt.timedelta(minutes=15)


@asynccontextmanager
async def _tokens(engines: TestEngines) -> AsyncIterator[tuple[OneTimeTokens, list[dt.datetime]]]:
    """Tokens, and what their clock says."""
    now = [utc_now()]
    async with serving(engines.settings()) as server:
        yield OneTimeTokens(server.node.database, lambda: now[0]), now


async def _use(
    tokens: OneTimeTokens, token: str, failure: BaseException | None = None
) -> str | None:
    async with tokens.taking("link", token, str) as value:
        await asyncio.sleep(0)
        if failure is not None:
            raise failure
        return value


async def test_a_token_is_used_up_by_what_is_done_or_found_to_be_over(
    engines: TestEngines,
) -> None:
    async with _tokens(engines) as (tokens, now):
        first, second = [await tokens.keep("link", "value", LIFE) for _ in range(2)]
        for failure in (Unavailable("busy", ""), Conflict("raced", ""), asyncio.CancelledError()):
            with pytest.raises(type(failure)):
                await _use(tokens, first, failure)
        with pytest.raises(Invalid):
            await _use(tokens, second, Invalid("link_over", "It is over."))

        assert [await _use(tokens, second), await _use(tokens, first)] == [None, "value"]
        assert [await _use(tokens, first), await _use(tokens, "none")] == [None, None]

        late = await tokens.keep("link", "value", LIFE)
        now[0] += LIFE
        assert await _use(tokens, late) is None


async def test_of_many_who_show_a_token_at_once_one_has_it(engines: TestEngines) -> None:
    async with _tokens(engines) as (tokens, _):
        token = await tokens.keep("link", "value", LIFE)

        values = await asyncio.gather(*(_use(tokens, token) for _ in range(20)))

        assert sorted(value or "" for value in values) == [""] * 19 + ["value"]


async def test_a_token_comes_back_from_whoever_ended_with_it_in_hand(engines: TestEngines) -> None:
    async with _tokens(engines) as (tokens, now):
        token = await tokens.keep("link", "value", LIFE)
        async with tokens.taking("link", token, str) as value:
            meanwhile = await _use(tokens, token)
            now[0] += HELD
            later = await _use(tokens, token)

        assert (value, meanwhile, later) == ("value", None, "value")


@pytest.mark.chaos  # a lock is waited for
async def test_a_link_works_after_an_answer_that_was_none(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await stepped_up(server)
        assert (await person.call("POST", MOVE, {"email": BOB})).status == 202
        token = token_in(await newest(server, BOB))

        async with server.node.services.account.directory.taking(BOB):  # somebody else
            during = await confirm(server, token)
        after, again = await confirm(server, token), await confirm(server, token)

    assert (during, after, again) == (409, 204, 400)


def test_no_link_in_a_mail_is_used_up_before_it_has_done_what_it_is_for() -> None:
    taken = [
        f"{path.stem}: {line.strip()}"
        for path in sorted(ACCOUNT.rglob("*.py"))
        if "mail_links import" in (text := path.read_text())
        for line in text.splitlines()
        if "once.take(" in line
    ]

    # An undone move is done already there.
    assert [line.partition("  #")[0] for line in taken] == [
        "email_change: await self._once.take(_UNDO, token, EmailChangeUndo)"
    ]

"""The pages to which the mails about additions and moves lead: a GET uses nothing up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from models.access.scope import Scope
from models.base.clock import utc_now
from tests.account.html import flaws_of
from tests.account.pages import enrolled, people
from tests.account.planting import click
from tests.support.engines import TestEngines
from tests.support.people.addresses import BOB
from tests.support.people.mail import newest, token_in
from tests.support.people.operators import audited
from tests.support.server import PASSWORD
from tests.support.wire.relying import Answer, OAuthParty

PATHS = ("/account/added", "/account/added/not-me", "/account/email/undo")


@asynccontextmanager
async def mailed(engines: TestEngines, path: Path) -> AsyncIterator[tuple[OAuthParty, str]]:
    """Somebody with an app for codes that waits, and the token of the mail about it."""
    async with people(engines, path) as one:
        services, scope = one.server.node.services, Scope(user=one.user)
        await enrolled(one, confirmed=False)
        assert (await services.account.factors.of(scope.user)).methods(utc_now()) == ()
        yield one, token_in(await newest(one.server, one.email))


async def press(one: OAuthParty, page: Answer) -> Answer:
    """Send the only form of *page*."""
    return await one.browser.post(page.action, page.hidden)


async def test_a_page_confirms_what_was_added(engines: TestEngines, tmp_path: Path) -> None:
    async with mailed(engines, tmp_path) as (one, token):
        pages = [await one.browser.get(PATHS[0], {"token": token}) for _ in range(2)]
        done = await press(one, pages[0])
        again = await press(one, pages[1])

        factors = await one.server.node.services.account.factors.of(one.user)
        assert [flaws_of(page) for page in (*pages, done, again)] == [[]] * 4
        assert "An authenticator app was added" in pages[0].text
        assert [pages[0].status, done.status, again.status] == [200, 200, 400]
        assert factors.methods(utc_now()) == ("totp", "recovery_code")
        assert len(await audited(one.server, action="addition.confirmed", outcome="done")) == 1


async def test_a_page_removes_what_was_added(engines: TestEngines, tmp_path: Path) -> None:
    async with mailed(engines, tmp_path) as (one, token):
        pages = [await one.browser.get(PATHS[1], {"token": token}) for _ in range(2)]
        done = await press(one, pages[0])

        factors = await one.server.node.services.account.factors.of(one.user)
        assert [flaws_of(page) for page in (*pages, done)] == [[]] * 3
        assert "/account/forgot" in done.text
        assert factors.totp_secret is None
        assert len(await audited(one.server, action="addition.disowned", outcome="done")) == 1


async def test_a_page_undoes_a_move(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        moves = one.server.node.services.account.email_changes
        await moves.ask(Scope(user=one.user), BOB)
        token = token_in(await newest(one.server, BOB))
        assert await click(one.server, "/v1/auth/email/confirm", token) == 204
        undo = token_in(await newest(one.server, one.email))

        pages = [await one.browser.get(PATHS[2], {"token": undo}) for _ in range(2)]
        done = await press(one, pages[0])

        user = await one.server.node.services.account.logins.user(one.user)
        assert [flaws_of(page) for page in (*pages, done)] == [[]] * 3
        assert one.email in pages[0].text
        assert (done.status, user.email) == (200, one.email)
        assert "/account/forgot" in done.text


async def test_what_is_no_link_leads_nowhere(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        pages = [
            await one.browser.get(path, {"token": token})
            for path in PATHS
            for token in ("", "x" * 43, "x" * 129)
        ]

        assert {page.status for page in pages} == {400}
        assert [flaws_of(page) for page in pages] == [[]] * 9


async def test_a_link_that_is_over_says_to_ask_for_another_where_one_can(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        token = {"token": "x" * 43}
        form = (await one.browser.get("/account/verify", token)).hidden | {"password": PASSWORD}

        asked = {
            path: "Ask for a new one" in (await one.browser.post(path, form)).text
            for path in (*PATHS, "/account/verify", "/account/email", "/account/reset")
        }
        looked = [await one.browser.get(path, token) for path in PATHS]

        assert list(asked.values()) == [False, False, False, True, True, True]
        assert ["Ask for a new one" in page.text for page in looked] == [False] * 3
        assert all("cannot be sent again" in page.text for page in looked)

"""Whoever comes by a link in a mail has no token; the audit log knows all the same who it was."""

from pathlib import Path

from tests.support.engines import TestEngines
from tests.support.people.addresses import ANN, BOB, MOVE, confirm, joined, stepped_up
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest, settings_of, token_in
from tests.support.people.operators import audited
from tests.support.people.passwords import NEW, forgot, reset
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.relying import Browser

ACTS = ("email.verified", "email.changed", "password.reset")
EVE = "eve@example.org"


async def test_the_audit_log_knows_who_has_followed_a_link(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server, EVE)
        verify = {"token": token_in(await newest(server, EVE))}
        await done(server.client().call("POST", "/v1/auth/verify-email", verify))
        ann = await stepped_up(server, is_verified=False)
        await done(ann.call("POST", MOVE, {"email": BOB}))
        assert await confirm(server, token_in(await newest(server, BOB))) == 204
        people = {scope_of(server, one).user for one in (person, ann)}
        assert (await reset(server, await forgot(server, EVE))).status == 204
        entries = [await audited(server, action=act, outcome="done") for act in ACTS]

        pseudonym = server.node.services.audit.log._signer.pseudonym
        actors = [entry["actor"] for of_act in entries for entry in of_act]
        assert len(actors) == 3
        assert set(actors) == set(map(pseudonym, people))
        assert {entry["actor_kind"] for of_act in entries for entry in of_act} == {"user"}


async def test_it_knows_so_by_way_of_the_pages(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await stepped_up(server, is_verified=False)
        verify = token_in(await newest(server, ANN))
        await done(ann.call("POST", MOVE, {"email": BOB}))
        browser, user = Browser(server.url), scope_of(server, ann).user
        links = [
            ("/account/verify", verify),
            ("/account/email", token_in(await newest(server, BOB))),
        ]
        for path, token in links:
            page = await browser.get(path, {"token": token})
            assert (await browser.post(page.action, page.hidden)).status == 200
        page = await browser.get("/account/reset", {"token": await forgot(server, BOB)})
        await browser.post(page.action, page.hidden | {"password": NEW})
        browser.close()

        actors = [(await audited(server, action=act))[-1]["actor"] for act in ACTS]
        assert actors == [server.node.services.audit.log._signer.pseudonym(user)] * 3


async def test_it_knows_at_whose_account_a_second_factor_is_guessed(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await AccountHolder.enrolled(server)
        browser = Browser(server.url)

        await ann.answer(await ann.challenge(), totp="000000")
        page = await browser.get("/account/login")
        asked = await browser.log_in(page, ann.email)
        wrong = await browser.post(asked.action, asked.hidden | {"code": "000000"})
        browser.close()

        entries = await audited(server, action="session.started", reason="factor_wrong")
        assert wrong.status == 401
        pseudonym = server.node.services.audit.log._signer.pseudonym(ann.user)
        assert [entry["target"] for entry in entries] == [pseudonym] * 2

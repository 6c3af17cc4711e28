"""What is done on pages, and by apps at the authorization server, is noted as what it is."""

import re
from pathlib import Path
from typing import Any, Final

from tests.account.pages import LOGIN, enrolled, people
from tests.support.engines import TestEngines
from tests.support.people.mail import newest, token_in
from tests.support.people.operators import audited
from tests.support.people.passwords import NEW
from tests.support.server import PASSWORD, Server
from tests.support.wire.relying import Browser, OAuthParty, allowed_device

BAD: Final = "x" * 43


async def acts(server: Server, after: int, one: OAuthParty) -> list[tuple[str, ...]]:
    """What was noted behind the entry *after*: action, actor, target, reason."""
    pseudonym = server.node.services.audit.log._signer.pseudonym
    names = {pseudonym(one.user): "ann"}
    return [_told(entry, names) for entry in await audited(server) if entry["seq"] > after]


def _told(entry: dict[str, Any], names: dict[str, str]) -> tuple[str, ...]:
    actor = names.get(entry["actor"], "somebody" if entry["actor"] else "")
    target = names.get(entry["target"], entry["target"])
    target = re.sub(r"^(ses|psn|cli)_.*", r"\1_", target)
    return entry["action"], f"{entry['actor_kind']} {actor}".strip(), target, entry["reason"]


async def seq_of(server: Server) -> int:
    return max((entry["seq"] for entry in await audited(server)), default=0)


async def test_it_knows_what_is_done_on_pages(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        server, browser, other = one.server, one.browser, Browser(one.server.url)
        before = await seq_of(server)
        await browser.log_in(await browser.get(LOGIN), one.email, "wrong")
        await browser.log_in(await browser.get(LOGIN), one.email)
        await other.log_in(await other.get(LOGIN), one.email)
        page = await browser.get("/account")
        await browser.post("/account/sessions", page.hidden | {"session": "others"})
        await browser.post("/account/sessions", page.hidden | {"session": "ses_none"})
        await browser.post("/account/grants", page.hidden | {"client": one.public.id})
        form = await browser.get("/account/password")
        tries = form.hidden | {"password": NEW}
        await browser.post(form.action, tries | {"current": "wrong"})
        await browser.post(form.action, tries | {"current": PASSWORD})
        leaving = await browser.get("/oauth/logout")
        await browser.post(leaving.action, leaving.hidden)
        told = await acts(server, before, one)
        other.close()

    assert told == [
        ("session.started", "anonymous", "psn_", "credentials_wrong"),
        ("session.started", "user ann", "psn_", ""),
        ("session.started", "user ann", "psn_", ""),
        ("sessions.ended", "user ann", "", ""),
        ("session.ended", "user ann", "ses_", "not_found"),
        ("grant.removed", "user ann", "cli_", "not_found"),
        ("password.changed", "user ann", "", "password_wrong"),
        ("password.changed", "user ann", "", ""),
        ("session.ended", "user ann", "", ""),
    ]


async def test_it_knows_what_is_done_through_mails(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        server, browser = one.server, one.browser
        before = await seq_of(server)
        page = await browser.get("/account/register")
        typed = {"email": "new@example.org", "password": PASSWORD, "name": "New", "tz": "UTC"}
        await browser.post(page.action, page.hidden | typed)
        token = token_in(await newest(server, "new@example.org"))
        for given in (token, BAD):
            page = await browser.get("/account/verify", {"token": given})
            await browser.post(page.action, page.hidden)
        page = await browser.get("/account/forgot")
        await browser.post(page.action, page.hidden | {"email": one.email})
        page = await browser.get(
            "/account/reset", {"token": token_in(await newest(server, one.email))}
        )
        await browser.post(page.action, page.hidden | {"password": "password1"})
        await browser.post(page.action, page.hidden | {"password": NEW})
        told = await acts(server, before, one)

    assert told == [
        ("account.registered", "anonymous", "psn_", ""),
        ("email.verified", "user somebody", "", ""),
        ("password.forgotten", "anonymous", "psn_", ""),
        ("password.reset", "user ann", "", ""),
    ]


async def test_it_knows_which_second_factor_was_shown(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        _, codes = await enrolled(one)
        browser, before = one.browser, await seq_of(one.server)
        asked = await browser.log_in(await browser.get(LOGIN), one.email)
        await browser.post(asked.action, asked.hidden | {"code": "000000"})
        await browser.post(asked.action, asked.hidden | {"code": codes[0]})
        page = await browser.get(LOGIN)
        stranger = Browser(one.server.url)
        page = await stranger.get(LOGIN)
        await stranger.post("/account/passkey", page.hidden | {"passkey": "{}"})
        told = await acts(one.server, before, one)
        stranger.close()

    assert told == [
        ("session.started", "anonymous", "psn_", ""),
        ("session.started", "anonymous", "ann", "factor_wrong"),
        ("session.started", "user ann", "second factor", ""),
    ]


async def test_it_knows_what_apps_are_given(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        browser = one.browser
        page = await browser.get("/oauth/authorize", one.request())
        consent = await browser.log_in(page, one.email)
        before = await seq_of(one.server)
        await browser.agree(consent, "no")
        consent = await browser.get("/oauth/authorize", one.request())
        code = (await browser.agree(consent)).sent_to["code"]
        tokens = (await one.token(one.redemption(code))).body
        await one.refresh(BAD)
        await one.refresh(tokens["refresh_token"])
        await one.token(one.redemption(code))
        await browser.post("/oauth/revoke", {"token": BAD, "client_id": one.public.id})
        await browser.post("/oauth/revoke", {"token": BAD, "client_id": "app_none"})
        polled = await allowed_device(one)
        await one.token(polled)
        await browser.get("/oauth/logout", {"id_token_hint": tokens["id_token"]})
        told = await acts(one.server, before, one)

    assert told == [
        ("grant.denied", "user ann", "cli_", ""),
        ("grant.given", "user ann", "cli_", ""),
        ("token.given", "client somebody", "authorization_code", ""),
        ("token.refreshed", "client somebody", "refresh_token", "invalid_grant"),
        ("session.ended", "client somebody", "ses_", "token_replayed"),
        ("token.given", "client somebody", "authorization_code", "invalid_grant"),
        ("token.revoked", "client somebody", "", ""),
        ("token.revoked", "client somebody", "", "invalid_client"),
        ("grant.given", "user ann", "cli_", ""),
        ("token.given", "client somebody", "urn:ietf:params:oauth:grant-type:device_code", ""),
        ("session.ended", "user ann", "", ""),
    ]

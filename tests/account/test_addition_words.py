"""Mails and pages about an addition say which one it is, what it may do, from where, and when."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from models.account.quoting import MOST, quoted
from tests.account.factors.verified import verified
from tests.account.federation.providers import federated
from tests.account.html import Reader, flaws_of
from tests.account.planting import Thief
from tests.support.engines import TestEngines
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import all_sent, forget_told, newest, post_of, text_of, token_in
from tests.support.people.passkeys import ORIGIN, PASSKEYS, options
from tests.support.server import PASSWORD, Server
from tests.support.wire.answers import done
from tests.support.wire.relying import Browser

PAGES: Final = ("/account/added", "/account/added/not-me")
MOMENT: Final = r"That was on \d{1,2} \w+ \d{4}, \d\d:\d\d UTC,(?: on your side)? from "
# What each of the mails says, by the way that it tells of.
WORDS: Final = {
    "An authenticator app": "An authenticator app was added",
    "A passkey": "A passkey, “Phone”, was added",
    "Google": "Google, “thief at elsewhere dot test”, was added",
    "A third-party app": "A third-party app, “Theirs”, now has access to your UpCoach account. "
    "It may know that it is you; see your goals.",
    "You have a coach": "You have a coach, “Test Person”, at UpCoach now",
    "A coach can now see": "A coach, “Test Person”, can now see some of what you keep at UpCoach: "
    "your goals.",
    "A coach can now read": "A coach, “Test Person”, can now read one of your journal entries at "
    "UpCoach, of ",
    "Changes of your account": "is now sent to another server, “thief dot example”, as a webhook",
    "You have a client": "You have a client, “Test Person”, at UpCoach now",
}
EVIL: Final = "Win “now”. https://evil.example/x www.evil.example a@evil.example evil\u3002example"


def flat(text: str) -> str:
    return " ".join(text.split())


async def pages_of(server: Server, token: str) -> list[str]:
    """What the pages say to which the mail with *token* leads."""
    browser = Browser(server.url)
    answers = [await browser.get(path, {"token": token}) for path in PAGES]
    browser.close()
    assert [flaws_of(one) for one in answers] == [[], []]
    return [flat(unescape(re.sub(r"<[^>]*>", " ", one.text))) for one in answers]


async def told(server: Server, email: str) -> AsyncIterator[tuple[str, list[str]]]:
    """What each mail about an addition says, and what the pages say to which it leads."""
    await all_sent(server)
    for mail in post_of(server, email):
        text = text_of(mail)
        if "/account/added" in text:
            yield flat(text), await pages_of(server, token_in(mail))


async def name_passkey(person: AccountHolder, name: str) -> None:
    """Add a passkey that is called *name*."""
    made = Authenticator(ORIGIN).make(await options(person.client, PASSKEYS))
    await done(person.client.call("POST", PASSKEYS, {"name": name, "credential": made}))


@asynccontextmanager
async def robbed(engines: TestEngines, path: Path) -> AsyncIterator[tuple[Server, AccountHolder]]:
    """Somebody in whose account a thief has left all ways in and out."""
    async with federated(engines, path) as (server, provider):
        ann = await verified(server)
        thief = await Thief.of(server, ann.email)
        await thief.plant(provider)
        yield server, ann


async def test_each_addition_is_told_by_its_name_with_what_it_may_do(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with robbed(engines, tmp_path) as (server, ann):
        found = [one async for one in told(server, ann.email)]

    assert len(found) == len(WORDS)
    for (mail, pages), words in zip(found, WORDS.values(), strict=True):
        for text in (mail, *pages):
            assert words in text
            assert re.search(MOMENT + "a phone", text), text


async def test_an_entry_is_told_by_its_day_and_how_long_it_is_shown(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with robbed(engines, tmp_path) as (server, ann):
        found = [one async for one in told(server, ann.email)]
        [(mail, pages)] = [one for one in found if "journal entries" in one[0]]

    for text in (mail, *pages):
        assert re.search(r"of \d{1,2} \w+ \d{4}, until \d{1,2} \w+ \d{4}, \d\d:\d\d UTC", text)


async def test_the_device_is_called_as_in_the_list_of_sessions(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, _):
        ann = await verified(server)
        login = await ann.log_in(device="x", device_name="Nokia of a thief")
        ann.client.token = login.body["token"]
        await ann.enrol(confirmed=False)

        found = [one async for one in told(server, ann.email)]

    [(mail, pages)] = found
    for text in (mail, *pages):
        assert re.search(MOMENT + "a device that calls itself “Nokia of a thief”", text)


async def test_no_name_carries_words_or_links_of_a_stranger(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, _):
        ann = await verified(server)
        login = await ann.log_in(device="x", device_name=EVIL)
        ann.client.token = login.body["token"]
        await name_passkey(ann, EVIL)
        text = text_of(await newest(server, ann.email))
        pages = await pages_of(server, token_in(await newest(server, ann.email)))

    for shown in (flat(text), *pages):
        names = re.findall("“[^”]*”", shown)
        assert len(names) == 2
        assert all(len(name) <= MOST + 3 for name in names)
        assert "evil.example" not in shown
        assert "www." not in shown
    assert set(re.findall(r"https?://([^/\s]+)", text)) == {"upcoach.test"}


async def test_a_page_says_what_is_known_of_what_is_gone(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with robbed(engines, tmp_path) as (server, ann):
        await all_sent(server)
        links = [token_in(mail) for mail in post_of(server, ann.email)[1:]]
        for name in ("passkeys", "grants", "shares", "journal_shares", "sessions"):
            await server.node.database[name].delete_many({})
        found = [await pages_of(server, token) for token in links]

    assert all("That was on" in text for pages in found for text in pages)
    assert not any(", from" in text or "“Phone”" in text for pages in found for text in pages)


async def test_a_mail_says_nothing_of_what_came_after_it(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with robbed(engines, tmp_path) as (server, ann):
        *_, older, _ = [mail for mail in post_of(server, ann.email) if "coach" in mail["Subject"]]
        shares = (await done(ann.client.call("GET", "/v1/shares"))).body["items"]
        await ann.client.call("POST", "/v1/auth/step-up", {"password": PASSWORD})
        path = f"/v1/shares/{shares[0]['id']}"
        await forget_told(server)
        await done(ann.client.call("PUT", path, {"kinds": ["goal", "habit"]}))
        newer = await newest(server, ann.email)
        found = [await pages_of(server, token_in(mail)) for mail in (older, newer)]

    assert ["your habits" in text for pages in found for text in pages] == [False] * 2 + [True] * 2
    assert not any("your goals" in text for text in found[0])


async def test_a_page_shows_a_name_as_text(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, _):
        ann, browser = await verified(server), Browser(server.url)
        await name_passkey(ann, "<b>{{ 7*7 }}</b>")
        token = token_in(await newest(server, ann.email))

        page = await browser.get(PAGES[0], {"token": token})

        browser.close()
        assert Reader(page.text).all("b") == []
        assert "“b 7 7 b”" in unescape(page.text)


@given(st.text(max_size=200))
def test_a_quoted_name_is_one_short_line_that_leads_nowhere(name: str) -> None:
    said = quoted(name)

    assert said == "" or (said[0], said[-1]) == ("“", "”")
    assert len(said) <= MOST + 3
    assert len(said.splitlines()) <= 1
    assert not re.search(r"[@/\\:\u3002]|\.\S", said[1:-1])
    assert not set(said[1:-1]) & set('“”"<>')

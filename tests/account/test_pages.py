"""The pages: what people see, where they get to, and what no form of others does."""

import re
from pathlib import Path
from typing import Final

from tests.account.html import flaws_of
from tests.account.pages import LOGIN, enrolled, people
from tests.support.engines import TestEngines
from tests.support.people.mail import newest, token_in
from tests.support.server import PASSWORD
from tests.support.wire.relying import ISSUER, REDIRECT, Answer, Browser, OAuthParty

CANARY: Final = "\"'><script>alert(1)</script>{{ 7*7 }}{% raw 1 %}&amp;"
NEW: Final = "a staple of another kind"


async def logged_in(one: OAuthParty, browser: Browser | None = None) -> Answer:
    """The account page of whoever has just logged in."""
    browser = browser or one.browser
    return await browser.log_in(await browser.get(LOGIN), one.email)


def policy_of(page: Answer) -> str:
    """Where the forms of *page* may lead."""
    found = re.search(r"form-action ([^;]*)", page.headers["content-security-policy"])
    assert found is not None, page
    return found[1]


async def test_every_page_is_whole_and_shows_nothing_raw(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        browser = one.browser
        odd, _ = await one.server.node.services.oauth.clients.register(
            name=CANARY,
            kind="public",
            redirects=(REDIRECT,),
            permissions=("openid", "journal:read"),
            auth="none",
        )
        asked = one.request(odd, scope="openid journal:read", login_hint=CANARY)
        pages = {
            "login": await browser.get("/oauth/authorize", asked),
            "login by itself": await browser.get(LOGIN),
            "register": await browser.get("/account/register"),
            "forgot": await browser.get("/account/forgot"),
            "verify": await browser.get("/account/verify", {"token": CANARY[:9]}),
            "move": await browser.get("/account/email", {"token": CANARY[:9]}),
            "reset that is over": await browser.get("/account/reset", {"token": "x" * 43}),
            "device": await browser.get("/oauth/device", {"user_code": CANARY}),
            "nowhere": await browser.get("/oauth/authorize", {"client_id": CANARY}),
        }
        login = pages["login"]
        wrong = login.hidden | {"email": CANARY, "password": "x"}
        pages["login refused"] = await browser.post(login.action, wrong)
        form = pages["register"].hidden | {"email": CANARY, "name": CANARY, "tz": CANARY}
        pages["register refused"] = await browser.post("/account/register", form)
        form = pages["forgot"].hidden | {"email": CANARY}
        pages["forgot refused"] = await browser.post("/account/forgot", form)
        form = pages["device"].hidden | {"user_code": CANARY}
        pages["code refused"] = await browser.post(pages["device"].action, form)
        pages["too old"] = await browser.post(login.action, {"email": one.email})
        pages["consent"] = await browser.log_in(login, one.email)
        agreed = pages["consent"].ticked | {"allow:journal:read": "yes", "answer": "yes"}
        await browser.post(pages["consent"].action, pages["consent"].hidden | agreed)
        pages["account"] = await browser.get("/account")
        pages["change"] = await browser.get("/account/password")
        pages["logout"] = await browser.get("/oauth/logout")
        pages["left"] = await browser.post(pages["logout"].action, pages["logout"].hidden)

        flaws = {name: flaws_of(page) for name, page in pages.items()}
        assert {name: found for name, found in flaws.items() if found} == {}
        raw = [name for name, page in pages.items() if "<script>alert" in page.text]
        assert raw == []
        assert "{{ 7*7 }}" in pages["consent"].text
        assert pages["consent"].ticked == {"allow:openid": "yes"}  # what is sensitive is not ticked
        for name in ("login refused", "register refused", "forgot refused", "code refused"):
            assert pages[name].status in (400, 401), name
            assert 'aria-invalid="true"' in pages[name].text, name


async def test_a_form_may_lead_where_the_app_s_answer_goes(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        places = {
            REDIRECT: "https://app.example.org",
            "http://127.0.0.1:4711/cb": "http://127.0.0.1:4711",
            "http://[::1]:4711/cb": "http:",
            "org.example.app:/cb": "org.example.app:",
        }

        found = {
            redirect: policy_of(
                await one.browser.get("/oauth/authorize", one.request(redirect_uri=redirect))
            )
            for redirect in places
        }
        page = await one.browser.get("/oauth/authorize", one.request())
        consent = await one.browser.log_in(page, one.email)
        bye = {"post_logout_redirect_uri": "https://app.example.org/bye"}
        leaving = await one.browser.get("/oauth/logout", bye | {"client_id": one.public.id})

        assert found == {redirect: f"'self' {source}" for redirect, source in places.items()}
        assert policy_of(consent) == policy_of(leaving) == "'self' https://app.example.org"
        assert policy_of(await one.browser.get("/account")) == "'self'"


async def test_a_second_factor_is_asked_for_on_a_page_of_its_own(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        _, codes = await enrolled(one)
        browser = one.browser
        page = await browser.get("/oauth/authorize", one.request())
        asked = await browser.log_in(page, one.email)
        answer = asked.hidden | {"code": "000 000"}

        wrong = await browser.post(asked.action, answer)
        stranger = Browser(one.server.url)
        await stranger.get(LOGIN)
        stolen = await stranger.post(asked.action, answer | {"code": codes[0]})
        right = await browser.post(wrong.action, wrong.hidden | {"code": codes[0], "trust": "yes"})
        consent = await browser.get(right.headers["location"])
        again = await browser.post(asked.action, asked.hidden | {"code": codes[1]})
        trusted = browser.cookies["__Host-device"]
        stranger.cookies["__Host-device"] = trusted
        at_once = await logged_in(one, stranger)
        stranger.cookies["__Host-device"] = f"{trusted[:-1]}x"
        await stranger.post("/oauth/logout", at_once.hidden)
        asked_again = await logged_in(one, stranger)

        assert ("One more step" in asked.text, flaws_of(asked)) == (True, [])
        assert (wrong.status, flaws_of(wrong)) == (401, [])
        assert stolen.status == 403
        assert (right.status, "Public App asks" in consent.text) == (303, True)
        assert again.status == 403
        assert "Where you are logged in" in at_once.text
        assert "One more step" in asked_again.text
        sessions = one.server.node.database["sessions"]
        assert await sessions.count_documents({"acr": 2}) == 1
        stranger.close()


async def test_mails_lead_to_pages_that_use_up_what_they_say_when_asked(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        browser, email = Browser(one.server.url), "new@example.org"
        page = await browser.get("/account/register")
        typed = {"email": email, "password": PASSWORD, "name": "New", "tz": "Europe/Berlin"}
        made = await browser.post(page.action, page.hidden | typed)
        known = await browser.post(page.action, page.hidden | typed | {"email": one.email})
        verify = {"token": token_in(await newest(one.server, email))}
        asked = [await browser.get("/account/verify", verify) for _ in range(2)]
        form = asked[1].hidden
        verified = [await browser.post("/account/verify", form) for _ in range(2)]
        page = await browser.get("/account/forgot")
        sent = [
            await browser.post(page.action, page.hidden | {"email": address})
            for address in (email, "nobody@example.org")
        ]
        link = {"token": token_in(await newest(one.server, email))}
        page = await browser.get("/account/reset", link)
        weak = await browser.post(page.action, page.hidden | {"password": "password1"})
        reset = [await browser.post(page.action, page.hidden | {"password": NEW}) for _ in range(2)]
        login = await browser.get(LOGIN)
        old = await browser.log_in(login, email)
        new = await browser.log_in(login, email, NEW)

        assert made.status == known.status == 200
        assert made.text.count("\n") == known.text.count("\n")
        assert [one.status for one in (*asked, *verified)] == [200, 200, 200, 400]
        assert [one.status for one in sent] == [200, 200]
        assert (
            weak.status,
            "This password is too common." in weak.text,
        ) == (400, True)
        assert [one.status for one in reset] == [200, 400]
        assert (old.status, "Hello, New" in new.text) == (401, True)
        browser.close()


async def test_the_account_page_ends_what_its_owner_ends(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        await one.code()
        phone = await one.server.client().log_in(one.email, PASSWORD, "phone")
        other = Browser(one.server.url)
        await logged_in(one, other)
        page = await one.browser.get("/account")
        ids = re.findall(r'name="session" value="(ses_[^"]+)"', page.text)
        ends = {"session": ids[-1]}

        ended = await one.browser.post("/account/sessions", page.hidden | ends)
        called = await phone.call("GET", "/v1/me")
        others = await one.browser.post("/account/sessions", page.hidden | {"session": "others"})
        elsewhere = await other.get("/account")
        back = await one.browser.post("/account/grants", page.hidden | {"client": one.public.id})
        after = await one.browser.get("/account")
        change = await one.browser.get("/account/password")
        tries = {"current": "wrong", "password": NEW}
        wrong = await one.browser.post(change.action, change.hidden | tries)
        tries = {"current": PASSWORD, "password": NEW}
        changed = await one.browser.post(change.action, change.hidden | tries)

        assert [answer.status for answer in (ended, others, back)] == [303, 303, 303]
        assert called.status == 401
        assert elsewhere.headers["location"] == LOGIN
        assert ("Public App" in page.text, "Public App" in after.text) == (True, False)
        assert (wrong.status, "Wrong password." in wrong.text) == (400, True)
        assert (changed.status, (await one.browser.get("/account")).status) == (200, 200)
        phone.close()
        other.close()


async def test_no_form_of_others_does_anything(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        await one.code()
        page = await one.browser.get("/account")
        sid = dict(one.browser.cookies)
        stranger = Browser(one.server.url)
        foreign = (await stranger.get(LOGIN)).hidden["form"]
        forms = {
            "/account/sessions": {"session": "others"},
            "/account/grants": {"client": one.public.id},
            "/account/password": {"current": PASSWORD, "password": NEW},
            "/account/login": {"email": one.email, "password": PASSWORD},
            "/account/register": {"email": "x@example.org", "password": NEW, "name": "X"},
            "/account/forgot": {"email": one.email},
            "/account/reset": {"token": "x" * 43, "password": NEW},
            "/account/verify": {"token": "x" * 43},
            "/account/email": {"token": "x" * 43},
            "/account/factor": {"challenge": "x" * 43, "code": "000000"},
            "/account/passkey": {"passkey": "{}"},
        }
        right = page.hidden["form"]
        ways = {
            "no word": ({}, {}),
            "another browser's word": ({"form": foreign}, {}),
            "another site": ({"form": right}, {"Sec-Fetch-Site": "cross-site"}),
            "a neighbour": ({"form": right}, {"Sec-Fetch-Site": "same-site"}),
            "another origin": ({"form": right}, {"Origin": "https://evil.example"}),
            "no origin": ({"form": right}, {"Origin": "null"}),
        }
        witness = await one.state()

        for path, fields in forms.items():
            for name, (word, headers) in ways.items():
                one.browser.cookies = dict(sid)
                answer = await one.browser.post(path, fields | word, **headers)
                assert answer.status == 403, (path, name, answer)
            one.browser.cookies = {}
            answer = await one.browser.post(path, fields | {"form": right})
            assert answer.status in (303, 403), (path, answer)
            one.browser.cookies = dict(sid)
            bad = await one.browser.post(f"{path}?form={right}", fields)
            text = await one.browser.ask("POST", path, b"{}", {"Content-Type": "application/json"})
            assert (bad.status, text.status) == (400, 400), path
            for method in ("PUT", "PATCH", "DELETE"):
                answer = await one.browser.ask(method, path, b"")
                assert (answer.status, "allow" in answer.headers) == (405, True), (path, method)

        assert await one.state() == witness
        assert len(forms) * (len(ways) + 6) > 120
        assert ISSUER.startswith("https")
        stranger.close()

"""What a browser's cookie is good for, and all that it is not."""

import re
from typing import Final

import msgspec

from models.account.session import BROWSERS
from models.account.session_lifetimes import LIFETIMES
from models.base.clock import utc_now
from tests.account.flawed_cookies import BESIDE, COOKIE, COOKIES
from tests.account.web_app import CSRF, GOALS, JSON, WebApp, web_app
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.relying import ISSUER, Answer, Browser, settings_of

EVENTS: Final = "/v1/events?since=0"


def filled(headers: dict[str, str], words: dict[str, str]) -> dict[str, str]:
    """*headers* with each `{word}` in its place, and without those that are empty by intent."""
    done = {}
    for name, value in headers.items():
        for word, real in words.items():
            value = value.replace(f"{{{word}}}", real)  # noqa: PLW2901 - word by word
        done[name] = value
    if not done.get("Sec-Fetch-Site", "x"):
        del done["Sec-Fetch-Site"]
    return done


async def words_of(app: WebApp) -> dict[str, str]:
    """What the tables name, after the browser has logged in."""
    page = await app.browser.get("/account/login")
    before = app.browser.cookies[COOKIE]
    session = (await app.log_in()).body["session"]["id"]
    csrf = (await app.proof())[CSRF]
    other = Browser(app.server.url)
    stranger = await app.server.person()
    friend = WebApp(app.server, other, app.email)
    await friend.log_in()
    words = {
        "csrf": csrf,
        "other": (await friend.proof())[CSRF],
        "form": page.hidden["form"],
        "part": csrf[:-1],
        "capitals": csrf.upper(),
        "sid": app.browser.cookies[COOKIE],
        "before": before,
        "session": session,
        "token": stranger.token,
    }
    other.close()
    return words


async def test_a_write_needs_the_cookie_a_page_of_ours_and_its_word(engines: TestEngines) -> None:
    async with web_app(settings_of(engines)) as app:
        words = await words_of(app)
        own = dict(app.browser.cookies)
        raw = msgspec.json.encode({"title": "Run"})

        for name, (status, beside) in BESIDE.items():
            headers = filled({"Sec-Fetch-Site": "same-origin"} | JSON | beside, words)
            answer = await app.browser.ask("POST", GOALS, raw, headers)
            assert answer.status == status, (name, answer)
            assert "set-cookie" not in answer.headers, (name, answer)
        for name, cookies in COOKIES.items():
            kept = words | {"part": words["sid"][:-1]}
            app.browser.cookies = filled(cookies, kept)
            answer = await app.add_goal(**{CSRF: words["csrf"]})
            assert answer.status == 401, (name, answer)
        app.browser.cookies = own
        ways = [("PUT", f"{GOALS}/x"), ("PATCH", f"{GOALS}/x"), ("DELETE", f"{GOALS}/x")]
        ways += [
            ("POST", "/v1/mutations"),
            ("POST", "/v1/live/tickets"),
            ("POST", "/v1/auth/logout"),
        ]
        ways += [("POST", f"{GOALS}?{CSRF}={words['csrf']}")]
        bare = {way: (await app.call(*way, body={})).status for way in ways}
        elsewhere = [
            (await app.call("GET", "/oauth/userinfo")).status,
            (await app.call("GET", "/v1/admin/live")).status,
            (await app.call("GET", "/v1/goals?access_token=x")).status,
        ]

        assert bare == dict.fromkeys(ways, 403) | {ways[0]: 405}
        assert elsewhere == [401, 404, 400]
        assert len(BESIDE) + len(COOKIES) + len(bare) + len(elsewhere) >= 50
        assert await app.goals() == 0
        assert (await app.add_goal(**{CSRF: words["csrf"]})).status == 201


async def test_a_browser_logs_in_on_our_pages_alone(engines: TestEngines) -> None:
    async with web_app(settings_of(engines)) as app:
        foreign = {
            "another site": {"Sec-Fetch-Site": "cross-site"},
            "a neighbour": {"Sec-Fetch-Site": "same-site"},
            "no site": {"Sec-Fetch-Site": "none"},
            "another origin": {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
            "an opaque origin": {"Sec-Fetch-Site": "", "Origin": "null"},
        }
        sessions = app.server.node.database["sessions"]
        body = {"email": app.email, "password": PASSWORD, "device": "browser"}

        for name, headers in foreign.items():
            for kind in ("web", "remembered", "admin"):
                raw = msgspec.json.encode(body | {"app": kind})
                sent = filled(JSON | headers, {})
                answer = await app.browser.ask("POST", "/v1/auth/login", raw, sent)
                assert (answer.status, app.browser.cookies) == (403, {}), (name, kind, answer)
        text = await app.log_in(**{"Content-Type": "text/plain"})

        assert text.status == 415
        assert await sessions.count_documents({}) == 0


def attributes(answer: Answer) -> tuple[str, set[str]]:
    """The value of the cookie that *answer* sets, and how it is kept."""
    named, *rest = answer.headers["set-cookie"].split("; ")
    assert named.startswith(f"{COOKIE}="), answer
    assert "," not in re.sub(r"expires=[^;]*", "", answer.headers["set-cookie"]), "one cookie"
    kept = {one for one in rest if not one.lower().startswith("expires=")}
    return named.removeprefix(f"{COOKIE}="), kept


async def test_a_cookie_is_new_with_each_login_and_gone_with_the_logout(
    engines: TestEngines,
) -> None:
    async with web_app(settings_of(engines)) as app:
        always = {"Path=/", "Secure", "HttpOnly"}
        shown = await app.browser.get("/account/login")
        logins = {kind: await app.log_in(kind) for kind in ("web", "remembered", "admin")}
        given = {kind: attributes(answer) for kind, answer in logins.items()}
        admin = dict(app.browser.cookies)
        denied = await app.call("POST", "/v1/auth/logout")
        left = await app.call("POST", "/v1/auth/logout", **await app.proof())
        after = await app.call("GET", "/v1/me")
        replayed = []
        for value, _ in given.values():
            app.browser.cookies = {COOKIE: value}
            replayed.append((await app.call("GET", "/v1/me")).status)

        assert attributes(shown)[1] == always | {"SameSite=Lax"}
        assert {kind: kept for kind, (_, kept) in given.items()} == {
            "web": always | {"SameSite=Lax"},
            "remembered": always | {"SameSite=Lax", "Max-Age=1209600"},
            "admin": always | {"SameSite=Strict"},
        }
        values = [
            attributes(shown)[0],
            *(value for value, _ in given.values()),
            attributes(left)[0],
        ]
        assert len(set(values)) == len(values)
        assert all(re.fullmatch(r"[\w-]{43}", value) for value in values)
        assert [set(answer.body) for answer in logins.values()] == [{"session"}] * 3
        assert [answer.body["session"]["audiences"][2:] for answer in logins.values()] == [
            *([], [], ["admin"])
        ]
        assert denied.status == 403
        assert admin[COOKIE] == given["admin"][0]
        assert (left.status, after.status, replayed) == (204, 401, [401, 401, 401])
        assert left.headers["clear-site-data"] == '"cache", "cookies", "storage"'


async def test_a_browser_reads_writes_and_follows_with_its_cookie(engines: TestEngines) -> None:
    async with web_app(settings_of(engines)) as app:
        bearer = await app.server.client().log_in(app.email, PASSWORD, "phone")
        stranger = await app.server.person()
        nobody = await app.call("GET", "/v1/auth/csrf")
        await app.browser.get("/account/login")
        with_page = await app.call("GET", "/v1/me", Authorization=f"Bearer {bearer.token}")
        await app.log_in()
        proof = await app.proof()

        me = await app.call("GET", "/v1/me")
        head = await app.call("HEAD", "/v1/me")
        added = await app.add_goal(**proof)
        by_origin = await app.browser.ask(
            "POST", GOALS, b'{"title": "Swim"}', JSON | proof | {"Origin": ISSUER}
        )
        ticket = await app.call("POST", "/v1/live/tickets", **proof)
        page = await app.call("GET", EVENTS)
        with_token = await app.call(
            "POST", GOALS, {"title": "Walk"}, Authorization=f"Bearer {bearer.token}"
        )
        needless = await app.call("GET", "/v1/auth/csrf", Authorization=f"Bearer {bearer.token}")
        others = await app.call("GET", "/v1/me", Authorization=f"Bearer {stranger.token}")

        assert (nobody.status, with_page.status) == (401, 200)
        assert (me.status, me.body["email"], head.status) == (200, app.email, 200)
        assert (added.status, by_origin.status, ticket.status) == (201, 201, 201)
        assert page.status == 200
        assert with_token.status == 201
        assert needless.body == {"token": None}
        assert (others.status, others.body["code"]) == (400, "callers_differ")
        bearer.close()


async def test_a_browser_s_session_ends_when_nobody_uses_it_or_somebody_ends_it(
    engines: TestEngines,
) -> None:
    async with web_app(settings_of(engines)) as app:
        statuses: dict[str, list[int]] = {}
        for kind, minutes in {"web": 120, "remembered": 1_440, "admin": 15}.items():
            await app.log_in(kind)
            await app.use_again_after(minute=minutes - 1)
            used = (await app.call("GET", "/v1/me")).status
            await app.use_again_after(minute=minutes - 1)
            again = (await app.call("GET", "/v1/me")).status
            await app.use_again_after(minute=minutes)
            statuses[kind] = [used, again, (await app.call("GET", "/v1/me")).status]
        session = (await app.log_in()).body["session"]["id"]
        person = await app.server.client().log_in(app.email, PASSWORD, "phone")
        sessions = app.server.node.services.account.sessions
        await sessions.endings.end(sessions.authenticate(person.token).scope, session)
        ended = await app.call("GET", "/v1/me")

        assert list(statuses.values()) == [[200, 200, 401]] * 3
        assert ended.status == 401
        person.close()


async def test_without_tls_the_cookie_has_a_plain_name(engines: TestEngines) -> None:
    async with web_app(engines.settings()) as app:
        answer = await app.log_in()

        name, _, rest = answer.headers["set-cookie"].partition("=")
        assert name == "sid"
        assert rest.partition("; ")[2].endswith("HttpOnly; Path=/; SameSite=Lax")
        assert (await app.call("GET", "/v1/me")).status == 200


async def test_what_a_browser_opens_ends_where_its_session_would_without_use(
    engines: TestEngines,
) -> None:
    async with web_app(settings_of(engines)) as app:
        for kind in BROWSERS:
            await app.log_in(kind)
            ticket = (await app.call("POST", "/v1/live/tickets", **await app.proof())).body
            before = utc_now()

            caller = await app.server.node.tickets.require(ticket["ticket"])

            assert caller.expires_at <= before + LIFETIMES[kind].idle, kind

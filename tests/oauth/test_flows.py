"""The other ways to tokens, and what becomes of them."""

import asyncio
import json

import websockets
from websockets.asyncio.client import connect

from models.base.clock import utc_now
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.relying import DEVICE, ISSUER, DpopSigner, party, settings_of
from upcoach.services.oauth.grant_types.token_exchange import GRANT, ID_TOKEN


async def test_a_device_is_let_in_by_its_user(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        own = {"client_id": one.public.id}
        codes = (await one.browser.post("/oauth/device", own | {"scope": "openid goals:read"})).body
        place = codes["verification_uri_complete"].removeprefix(ISSUER)

        page = await one.browser.get(place)
        login = await one.browser.post(page.action, page.hidden | {"user_code": codes["user_code"]})
        page = await one.browser.log_in(login, one.email)
        form = page.hidden | {"user_code": codes["user_code"].lower().replace("-", " ")}
        consent = await one.browser.post(page.action, form)
        done = await one.browser.agree(consent)
        poll = own | {"grant_type": DEVICE, "device_code": codes["device_code"]}
        answer, again = await one.token(poll), await one.token(poll)

        assert "Public App" in consent.text
        assert "Continue on your device." in done.text
        assert answer.status == 200, answer
        client = one.server.client(answer.body["access_token"])
        assert (await client.call("GET", "/v1/goals")).status == 200
        assert (again.status, again.body["error"]) == (400, "expired_token")


async def test_a_device_is_told_that_its_user_said_no(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.code()
        own = {"client_id": one.public.id}
        codes = (await one.browser.post("/oauth/device", own | {"scope": "goals:read"})).body
        page = await one.browser.get("/oauth/device")
        typed = {"user_code": codes["user_code"]}
        consent = await one.browser.post(page.action, page.hidden | typed)
        await one.browser.agree(consent, "no")
        poll = own | {"grant_type": DEVICE, "device_code": codes["device_code"]}

        denied, after = await one.token(poll), await one.token(poll)

        assert [denied.body["error"], after.body["error"]] == ["access_denied", "expired_token"]


class Google:
    """An issuer whose tokens are the ids of our users."""

    async def identify(self, subject_token: str, subject_issuer: str, nonce: str) -> str | None:
        assert (subject_issuer, nonce) == ("https://accounts.google.com", "n")
        return subject_token if subject_token.startswith("usr_") else None


async def test_an_id_token_of_others_is_exchanged_for_our_own_app(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        oauth = one.server.node.services.oauth
        before = (await one.browser.get("/.well-known/openid-configuration")).body
        oauth.federate(Google(), utc_now)
        after = (await one.browser.get("/.well-known/openid-configuration")).body
        ours, _ = await oauth.clients.register(
            name="Ours",
            kind="public",
            auth="none",
            permissions=("openid", "offline_access", "account:read", "goals:read"),
            first_party=True,
        )
        form = {
            "grant_type": GRANT,
            "client_id": ours.id,
            "scope": "openid offline_access account:read",
            "subject_token_type": ID_TOKEN,
            "subject_issuer": "https://accounts.google.com",
            "nonce": "n",
        }
        subject = {"subject_token": one.user}

        answer = await one.token(form | subject)
        me = await one.server.client(answer.body["access_token"]).call("GET", "/v1/me")
        refused = {
            "invalid_grant": await one.token(form | {"subject_token": "forged"}),
            "unauthorized_client": await one.token(form | subject | {"client_id": one.public.id}),
            "invalid_scope": await one.token(form | subject | {"scope": "habits:read"}),
            "invalid_request": await one.token(form | subject | {"subject_token_type": "saml"}),
        }

        assert GRANT not in before["grant_types_supported"]
        assert GRANT in after["grant_types_supported"]
        assert me.body["id"] == one.user
        assert {answer.body["error"] for answer in refused.values()} == set(refused)


async def test_a_socket_needs_the_key_of_a_bound_token(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        ours, _ = await one.server.node.services.oauth.clients.register(
            name="Ours",
            kind="public",
            auth="none",
            redirects=("https://ours.example.org/cb",),
            permissions=("live:read", "goals:read"),
            audiences=("api", "live"),
            first_party=True,
        )
        holder = DpopSigner()
        redirect = {"redirect_uri": "https://ours.example.org/cb"}
        await one.code()
        code = await one.code(ours, scope="live:read goals:read", **redirect)
        form = one.redemption(code, ours, **redirect)
        answer = await one.token(form, DPoP=holder.proof("POST", "/oauth/token"))
        token = answer.body["access_token"]
        partner = (await one.tokens())["access_token"]
        url = one.server.url.replace("http", "ws") + "/v1/live"
        hello = {"t": "hello", "v": 1, "subs": [{"f": "u:me", "since": "now"}]}

        async def first_frame(headers: dict[str, str], frame: object = hello) -> str:
            try:
                async with connect(url, additional_headers=headers) as socket:
                    await socket.send(json.dumps(frame))
                    return str(json.loads((await socket.recv()).splitlines()[0])["t"])
            except websockets.ConnectionClosed as closed:
                return str(closed.rcvd.code if closed.rcvd else None)

        def shown(proof: str) -> dict[str, str]:
            return {"Authorization": f"DPoP {token}", "DPoP": proof}

        right = holder.proof("GET", "/v1/live", token)
        rows = {
            "its key": (shown(right), hello, "welcome"),
            "the same proof": (shown(right), hello, "4401"),
            "another key": (shown(DpopSigner().proof("GET", "/v1/live", token)), hello, "4401"),
            "no proof": ({"Authorization": f"DPoP {token}"}, hello, "4401"),
            "as a bearer token": ({"Authorization": f"Bearer {token}"}, hello, "4401"),
            "in a frame": ({}, hello | {"token": token}, "4401"),
            "another app's": ({"Authorization": f"Bearer {partner}"}, hello, "4401"),
        }

        for name, (headers, frame, expected) in rows.items():
            assert (name, await first_frame(headers, frame)) == (name, expected)
        proof = holder.proof("POST", "/v1/live/tickets", token)
        ticket = await one.browser.post("/v1/live/tickets", {}, **shown(proof))
        assert ticket.status == 201, ticket
        assert await first_frame({}, hello | {"ticket": ticket.body["ticket"]}) == "welcome"


async def test_consent_is_asked_for_once_where_the_app_is_proven(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        browser = one.browser
        await one.code(scope="openid goals:read")

        same = await browser.get("/oauth/authorize", one.request(scope="goals:read"))
        more = await browser.get("/oauth/authorize", one.request(scope="openid goals:write"))
        silent = await browser.get(
            "/oauth/authorize", one.request(scope="goals:write", prompt="none")
        )
        asked = await browser.get("/oauth/authorize", one.request(scope="openid", prompt="consent"))
        loopback = await browser.get(
            "/oauth/authorize",
            one.request(scope="openid", redirect_uri="http://127.0.0.1:4711/cb"),
        )
        sent = await browser.agree(loopback)
        part = await browser.agree(more, but=["goals:write"])
        tokens = await one.token(one.redemption(part.sent_to["code"]))
        no = await browser.agree(asked, "no")

        assert "code" in same.sent_to
        assert "change and delete your goals" in more.text
        assert silent.sent_to["error"] == "consent_required"
        assert "Public App" in asked.text
        assert "Public App" in loopback.text  # any program may listen there
        assert sent.headers["location"].startswith("http://127.0.0.1:4711/cb?code=")
        assert tokens.body["scope"] == "openid"
        assert no.sent_to["error"] == "access_denied"


async def test_a_user_has_to_log_in_again_where_it_is_asked_for(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        browser = one.browser
        tokens = await one.tokens()
        before = dict(browser.cookies)
        asked = [
            await browser.get("/oauth/authorize", one.request(None, **more))
            for more in ({"prompt": "login"}, {"max_age": "0"}, {"acr_values": "2"})
        ]
        wrong = await browser.log_in(asked[0], one.email, "not the password")
        right = await browser.log_in(asked[0], one.email)
        hint = {"id_token_hint": tokens["id_token"], "prompt": "none"}
        hinted = await browser.get("/oauth/authorize", one.request(**hint))
        weak = await browser.get("/oauth/authorize", one.request(acr_values="2"))
        vain = await browser.log_in(weak, one.email)

        assert ['name="password"' in page.text for page in asked] == [True, True, True]
        assert wrong.status == 401
        assert "Wrong email or password." in wrong.text
        assert "code" in right.sent_to
        assert browser.cookies != before  # a new value with each login
        assert "code" in hinted.sent_to
        assert vain.sent_to["error"] == "unmet_authentication_requirements"


async def test_a_client_logs_its_user_out(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        browser = one.browser
        tokens = await one.tokens()
        bye = {"post_logout_redirect_uri": "https://app.example.org/bye", "state": "s"}
        hint = {"id_token_hint": tokens["id_token"]}

        elsewhere = await browser.get(
            "/oauth/logout", {"post_logout_redirect_uri": "https://evil.example"}
        )
        asked = await browser.get("/oauth/logout", bye | {"client_id": one.public.id})
        left = await browser.get("/oauth/logout", bye | hint)
        silent = await browser.get("/oauth/authorize", one.request(prompt="none"))
        refreshed = await one.refresh(tokens["refresh_token"])
        again = await browser.get("/oauth/logout", bye | hint)

        assert [elsewhere.status, asked.status] == [200, 200]
        assert "Log out?" in elsewhere.text
        assert "Log out?" in asked.text
        assert left.headers["location"] == "https://app.example.org/bye?state=s"
        assert silent.sent_to["error"] == "login_required"
        assert refreshed.status == 400
        assert again.status == 303


async def test_the_confirmation_page_logs_out(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.code()
        page = await one.browser.get("/oauth/logout")
        done = await one.browser.post(page.action, page.hidden)
        silent = await one.browser.get("/oauth/authorize", one.request(prompt="none"))

        assert "Log out?" in page.text
        assert "You are logged out." in done.text
        assert silent.sent_to["error"] == "login_required"


async def test_what_another_site_sends_logs_nobody_out(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.code()
        page = await one.browser.get("/oauth/logout")
        refused = await one.browser.post(
            page.action, page.hidden, **{"Sec-Fetch-Site": "cross-site"}
        )
        silent = await one.browser.get("/oauth/authorize", one.request(prompt="none"))

        assert refused.status == 403
        assert "code" in silent.sent_to


async def test_nobody_agrees_who_has_not_logged_in(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        login = await one.browser.get("/oauth/authorize", one.request())
        answer = login.hidden | {"allow:openid": "yes", "answer": "yes"}
        refused = await one.browser.post("/oauth/consent", answer)
        consent = await one.browser.log_in(login, one.email)

        assert refused.status == 303
        assert refused.headers["location"].startswith("/oauth/consent?request=")
        assert "Public App asks" in consent.text


async def test_an_ended_session_ends_the_browser_s_login(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        await one.code()
        person = await one.server.client().log_in(one.email, PASSWORD, "phone")
        database = one.server.node.database
        web = await database["sessions"].find_one({"app": "web"})
        assert web is not None
        scope = one.server.node.services.account.sessions.authenticate(person.token).scope
        await one.server.node.services.account.sessions.endings.end(
            scope, web["_id"].rpartition("/")[2]
        )

        silent = await one.browser.get("/oauth/authorize", one.request(prompt="none"))

        assert silent.sent_to["error"] == "login_required"
        person.close()


async def test_resources_part_what_a_token_is_for(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        tokens = await one.tokens(one.confidential, resource=f"{ISSUER}/v1")
        live = await one.tokens(one.confidential, resource=f"{ISSUER}/v1/live")
        secret = {"client_id": one.confidential.id, "client_secret": one.secret}
        both = await one.tokens(one.confidential)
        narrowed = await one.token(
            secret
            | {"grant_type": "refresh_token", "refresh_token": both["refresh_token"]}
            | {"resource": f"{ISSUER}/v1/live"}
        )
        wide = [*secret.items(), ("grant_type", "refresh_token")]
        wide += [("refresh_token", live["refresh_token"]), ("resource", f"{ISSUER}/v1/live")]
        more = await one.token([*wide, ("resource", f"{ISSUER}/v1")])

        async def status(token: str) -> int:
            return (await one.server.client(token).call("GET", "/v1/goals")).status

        assert await status(tokens["access_token"]) == 200
        assert await status(live["access_token"]) == 401
        assert await status(narrowed.body["access_token"]) == 401
        assert more.body["error"] == "invalid_target"


async def test_parallel_browsers_do_not_meet(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        pages = await asyncio.gather(
            *(one.browser.get("/oauth/authorize", one.request(state=f"s{n}")) for n in range(3))
        )
        # The last answer's cookie is the browser's; the requests before it were another's.
        answers = [await one.browser.log_in(page, one.email) for page in pages]

        assert sum("Public App asks" in answer.text for answer in answers) == 1

"""The way of a code: from a browser to tokens, and to what they are good for."""

from joserfc import jwt
from joserfc.jwk import KeySet

from models.account.session_lifetimes import LIFETIMES
from tests.support.engines import TestEngines
from tests.support.wire.relying import ISSUER, REDIRECT, SCOPES, party, settings_of


async def test_a_code_leads_to_tokens_that_work(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        page = await one.browser.get("/oauth/authorize", one.request())
        consent = await one.browser.log_in(page, one.email)
        sent = await one.browser.agree(consent)
        answer = await one.token(one.redemption(sent.sent_to["code"]))

        assert page.status == 200
        assert "Public App" in consent.text
        assert "see your goals" in consent.text
        assert sent.status == 303
        assert sent.headers["location"].startswith(f"{REDIRECT}?")
        assert set(sent.sent_to) == {"code", "state", "iss"}
        assert (sent.sent_to["state"], sent.sent_to["iss"]) == ("af0ifjsldkj", ISSUER)
        assert answer.status == 200, answer
        tokens = answer.body
        assert (tokens["token_type"], tokens["scope"]) == ("Bearer", SCOPES)
        client = one.server.client(tokens["access_token"])
        assert (await client.call("GET", "/v1/goals")).status == 200
        assert (await client.call("GET", "/v1/habits")).status == 403
        info = await one.browser.get(
            "/oauth/userinfo", Authorization=f"Bearer {tokens['access_token']}"
        )
        assert info.body == {
            "sub": one.user,
            "name": "Ann Example",
            "zoneinfo": "UTC",
            "email": one.email,
            "email_verified": False,
        }
        keys = KeySet.import_key_set((await one.browser.get("/oauth/jwks")).body)
        claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["aud"], claims["sub"], claims["nonce"]) == (
            ISSUER,
            one.public.id,
            one.user,
            "n-0S6_WzA2Mj",
        )


async def test_an_operators_app_stays_for_hours_at_most(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        panel, _ = await one.server.node.services.oauth.clients.register(
            name="Panel",
            kind="public",
            auth="none",
            redirects=(REDIRECT,),
            permissions=("openid", "offline_access", "admin:users"),
            audiences=("api", "admin"),
            first_party=True,
        )

        await one.tokens(panel, scope="openid offline_access admin:users")

        stored = await one.server.node.database["sessions"].find_one({"client": panel.id})
        assert stored is not None
        assert stored["expires_at"] - stored["created_at"] <= LIFETIMES["admin"].whole

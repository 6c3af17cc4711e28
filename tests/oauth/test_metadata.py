"""What the server says of itself, as another library reads it."""

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.relying import ISSUER, party, settings_of


async def test_both_documents_are_what_the_standards_want(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        plain = await one.browser.get("/.well-known/oauth-authorization-server")
        oidc = await one.browser.get("/.well-known/openid-configuration")
        keys = await one.browser.get("/oauth/jwks")

        assert plain.body == oidc.body
        AuthorizationServerMetadata(plain.body).validate()
        # We sign by ES256 and Ed25519 only.  OpenID Connect Discovery 1.0, 3 wants RS256 of every
        # provider, and nothing else of the document may be wrong.
        algorithms = oidc.body["id_token_signing_alg_values_supported"]
        wanted = {"id_token_signing_alg_values_supported": [*algorithms, "RS256"]}
        OpenIDProviderMetadata(oidc.body | wanted).validate()
        assert algorithms == ["ES256", "Ed25519"]
        assert oidc.body["issuer"] == ISSUER
        for answer in (plain, oidc, keys):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cache-control"].startswith("public, max-age=")
        assert all("d" not in key for key in keys.body["keys"])


async def test_a_page_of_any_origin_gets_its_tokens_and_gives_them_back(
    engines: TestEngines,
) -> None:
    async with party(settings_of(engines)) as one:
        tokens = await one.tokens()
        page = {"Origin": "https://app.example.org"}
        gone = {"token": tokens["refresh_token"], "client_id": one.public.id}
        answers = [
            await one.browser.ask("OPTIONS", "/oauth/revoke", None, page),
            await one.browser.post("/oauth/revoke", gone, **page),
            await one.browser.post("/oauth/token", gone, **page),
        ]

        assert [answer.status for answer in answers] == [204, 200, 400]
        for answer in answers:
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


async def test_an_app_is_told_the_language_that_somebody_has_named(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        person = await one.server.client().log_in(one.email, PASSWORD, "phone")
        bearer = f"Bearer {(await one.tokens(scope='openid profile'))['access_token']}"
        before = await one.browser.get("/oauth/userinfo", Authorization=bearer)
        patch = {"locale": "de-AT", "tz": "Europe/Vienna"}
        await person.call("PATCH", "/v1/me", patch, headers={"If-Match": '"v1"'})
        after = await one.browser.get("/oauth/userinfo", Authorization=bearer)
        person.close()

        assert "locale" not in before.body
        changed = {"locale": "de-AT", "zoneinfo": "Europe/Vienna"}
        assert after.body == before.body | changed


async def test_every_endpoint_that_is_named_is_there(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        document = (await one.browser.get("/.well-known/openid-configuration")).body
        places = [
            value.removeprefix(ISSUER)
            for name, value in document.items()
            if name.endswith(("_endpoint", "_uri"))
        ]

        assert len(places) == 9
        for place in places:
            answer = await one.browser.ask("OPTIONS", place, None)
            assert (place, answer.status) == (place, 204)

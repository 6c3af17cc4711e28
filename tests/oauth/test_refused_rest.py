"""What the other endpoints must refuse: pushed requests, proofs, devices, questions on tokens."""

from typing import Any

from models.account import Session
from tests.oauth.flawed_rest import CLIENT, GOALS, PROOFS, PUSHED, REQUEST
from tests.oauth.refusals import assert_refused
from tests.support.engines import TestEngines
from tests.support.wire.relying import Answer, DpopSigner, OAuthParty, party, settings_of


async def test_a_pushed_request_is_checked_at_once(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        right = one.request(one.confidential, client_secret=one.secret)
        witness = await one.state()
        holder = DpopSigner()

        for name, (error, changes) in PUSHED.items():
            form = {key: value for key, value in {**right, **changes}.items() if value}
            answer = await one.browser.post("/oauth/par", form)
            assert_refused(name, answer, error, 401 if error == CLIENT else 400)
        other = await one.browser.post(
            "/oauth/par",
            right | {"dpop_jkt": DpopSigner().thumbprint},
            DPoP=holder.proof("POST", "/oauth/par"),
        )
        assert_refused("another key than the proof's", other, REQUEST)
        bound = await one.browser.post("/oauth/par", right, DPoP=holder.proof("POST", "/oauth/par"))
        own = {"client_id": one.confidential.id, "request_uri": bound.body["request_uri"]}
        page = await one.browser.get("/oauth/authorize", own)
        sent = await one.browser.agree(await one.browser.log_in(page, one.email))
        form = one.redemption(sent.sent_to["code"], one.confidential)
        bare = await one.token(form)
        assert_refused("a bound code without its key", bare, "invalid_grant")
        assert (await one.state())["rotations"][1:] == witness["rotations"]


async def _bound(one: OAuthParty, holder: DpopSigner) -> str:
    proof = holder.proof("POST", "/oauth/token")
    answer = await one.token(one.redemption(await one.code()), DPoP=proof)
    assert answer.body["token_type"] == "DPoP", answer
    token: str = answer.body["access_token"]
    return token


async def _show(one: OAuthParty, token: str, *, scheme: str = "DPoP", proof: str = "") -> Answer:
    headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof else {})
    return await one.browser.get(GOALS, (), **headers)


async def test_a_bound_token_is_worth_nothing_without_its_key(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        holder = DpopSigner()
        token = await _bound(one, holder)
        plain = (await one.tokens())["access_token"]
        right = holder.proof("GET", GOALS, token)
        refused = {
            "without a proof": await _show(one, token),
            "as a bearer token": await _show(one, token, scheme="Bearer"),
            "as a bearer token with a proof": await _show(one, token, scheme="Bearer", proof=right),
            "an unbound token with a proof": await _show(
                one, plain, proof=holder.proof("GET", GOALS, plain)
            ),
            "the proof of another": await _show(
                one, token, proof=DpopSigner().proof("GET", GOALS, token)
            ),
            "letters": await _show(one, token, proof="abc"),
            "three parts": await _show(one, token, proof="a.b.c"),
            "beyond ASCII": await _show(one, token, proof="\u00e4.\u00f6.\u00fc"),
            "9000 letters": await _show(one, token, proof="x" * 9_000),
            "unsigned": await _show(
                one, token, proof=f"eyJhbGciOiJub25lIn0.{right.split('.')[1]}."
            ),
            "cut off": await _show(one, token, proof=right[:-4]),
        }
        for name, changes in PROOFS.items():
            if changes.get("h_jwk") == "private":
                changes = {"h_jwk": holder.key.as_dict(private=True)}  # noqa: PLW2901
            refused[name] = await _show(
                one, token, proof=holder.proof("GET", GOALS, token, **changes)
            )

        first = await _show(one, token, proof=right)
        refused["a second time"] = await _show(one, token, proof=right)

        assert len(refused) >= 40
        for name, answer in refused.items():
            assert (answer.status, answer.body["status"]) == (401, 401), (name, answer)
            assert "www-authenticate" in answer.headers, name
        assert refused["letters"].headers["www-authenticate"].startswith("DPoP ")
        assert first.status == 200, first


async def test_a_device_code_is_its_client_s(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        asked = await one.browser.post(
            "/oauth/device", {"client_id": one.public.id, "scope": "goals:read"}
        )
        code = asked.body["device_code"]
        right = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": one.public.id,
        }
        secret = {"client_id": one.confidential.id, "client_secret": one.secret}
        starts = {
            "no client": (CLIENT, {"scope": "goals:read"}),
            "an unknown client": (CLIENT, {"client_id": "cli_1", "scope": "goals:read"}),
            "no scope": ("invalid_scope", {"client_id": one.public.id}),
            "an unknown scope": ("invalid_scope", {"client_id": one.public.id, "scope": "x"}),
            "an unknown resource": (
                "invalid_target",
                {"client_id": one.public.id, "scope": "goals:read", "resource": "https://x.org"},
            ),
        }
        polls = {
            "another code": ("expired_token", {"device_code": "x" * 43}),
            "the user's code": ("expired_token", {"device_code": asked.body["user_code"]}),
            "another client": ("invalid_grant", secret | {"device_code": code}),
            "no client": (CLIENT, {"client_id": "", "device_code": code}),
            "too early": ("authorization_pending", {"device_code": code}),
            "too often": ("slow_down", {"device_code": code}),
        }

        for name, (error, form) in starts.items():
            answer = await one.browser.post("/oauth/device", form)
            assert_refused(name, answer, error, 401 if error == CLIENT else 400)
        for name, (error, form) in polls.items():
            sent = {key: value for key, value in {**right, **form}.items() if value}
            answer = await one.token(sent)
            assert_refused(name, answer, error, 401 if error == CLIENT else 400)
        unknown = await one.browser.get("/oauth/device", {"user_code": "BBBB-BBBB"})
        page = await one.browser.post(unknown.action, unknown.hidden | {"user_code": "BBBB-BBBB"})
        forged = await one.browser.post(unknown.action, {"user_code": asked.body["user_code"]})

        assert (page.status, forged.status) == (400, 403)
        assert await one.server.node.database[Session.collection].count_documents({}) == 0


async def test_questions_about_tokens_are_for_those_who_hold_them(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        own, others = await one.tokens(one.confidential), await one.tokens()
        secret = {"client_id": one.confidential.id, "client_secret": one.secret}
        witness = await one.state()

        def ask(path: str, **form: str) -> Any:
            return one.browser.post(f"/oauth/{path}", {n: v for n, v in form.items() if v})

        for path in ("introspect", "revoke"):
            assert_refused(path, await ask(path, **secret), REQUEST)
            assert_refused(path, await ask(path, token="x"), CLIENT, 401)
            wrong = secret | {"client_secret": "x"}
            token = own["access_token"]
            assert_refused(path, await ask(path, **wrong, token=token), CLIENT, 401)
        public = await ask("introspect", client_id=one.public.id, token=others["access_token"])
        assert_refused("a public client", public, "unauthorized_client")
        tail = own["access_token"][:-8]
        inactive = {
            "another client's access token": others["access_token"],
            "another client's refresh token": others["refresh_token"],
            "letters": "abc",
            "a version": "v1.x",
            "a tampered token": f"{tail}AAAAAAAA",
            "an ID token": own["id_token"],
            "beyond ASCII": "\u00e4",
        }
        for name, token in inactive.items():
            answer = await ask("introspect", **secret, token=token)
            assert (answer.status, answer.body) == (200, {"active": False}), name
        for name in ("another client's access token", "another client's refresh token"):
            answer = await ask("revoke", **secret, token=inactive[name])
            assert_refused(name, answer, "invalid_grant")
        for name in ("letters", "a version", "a tampered token", "an ID token", "beyond ASCII"):
            assert (await ask("revoke", **secret, token=inactive[name])).status == 200, name
        alone = await one.token(
            secret | {"grant_type": "client_credentials", "scope": "goals:read"}
        )
        kept = await ask("revoke", **secret, token=alone.body["access_token"])
        assert_refused("a client's own token", kept, "unsupported_token_type")
        assert await one.state() == witness

        active = await ask("introspect", **secret, token=own["access_token"])
        refresh = await ask("introspect", **secret, token=own["refresh_token"])
        assert (active.body["active"], active.body["sub"]) == (True, one.user)
        assert refresh.body["active"]
        assert (await ask("introspect", **secret, token=alone.body["access_token"])).body["active"]


async def test_identity_is_for_tokens_that_tell_it(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        secret = {"client_id": one.confidential.id, "client_secret": one.secret}
        alone = await one.token(
            secret | {"grant_type": "client_credentials", "scope": "goals:read"}
        )
        narrow = await one.tokens(scope="goals:read")
        rows = {
            "nobody": ("", 401, "invalid_token"),
            "letters": ("Bearer abc", 401, "invalid_token"),
            "Basic": ("Basic YTpi", 401, "invalid_token"),
            "a client": (f"Bearer {alone.body['access_token']}", 403, "insufficient_scope"),
            "goals only": (f"Bearer {narrow['access_token']}", 403, "insufficient_scope"),
        }

        for name, (header, status, error) in rows.items():
            headers = {"Authorization": header} if header else {}
            answer = await one.browser.get("/oauth/userinfo", (), **headers)
            assert (answer.status, answer.body["error"]) == (status, error), (name, answer)

        assert "refresh_token" not in narrow
        assert "id_token" not in narrow

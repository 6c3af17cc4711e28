"""Refresh tokens that must be refused, without harm to those who hold the right one."""

from typing import Any

from tests.oauth.flawed_refresh import CLIENT, GRANT, ROWS
from tests.oauth.refusals import assert_refused
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.relying import DpopSigner, party, settings_of


async def test_a_refresh_token_is_its_client_s(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        tokens = await one.tokens()
        token = tokens["refresh_token"]
        sessions = one.server.node.database["sessions"]
        witness = await one.state()

        for name, (error, ask) in ROWS.items():
            answer = await ask(one, token, tokens)
            assert_refused(name, answer, error, 401 if error == CLIENT else 400)

        # The own app has logged in meanwhile, and nothing else has happened.
        now = await one.state()
        known = {session["_id"] for session in witness["sessions"]}
        assert [one for one in now["sessions"] if one["_id"] in known] == witness["sessions"]
        assert len(ROWS) >= 35
        assert await sessions.count_documents({"ended_at": {"$exists": True}}) == 0
        assert (await one.refresh(token)).status == 200
        own = await one.server.client().call("POST", "/v1/auth/refresh", {"refresh_token": token})
        assert own.status == 401


async def test_a_bound_refresh_token_needs_its_key(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        holder, thief = DpopSigner(), DpopSigner()
        form = one.redemption(await one.code())
        first = await one.token(form, DPoP=holder.proof("POST", "/oauth/token"))
        token = first.body["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": one.public.id}
        used = holder.proof("POST", "/oauth/token")
        rows: dict[str, tuple[str, dict[str, Any]]] = {
            "no proof": (GRANT, {}),
            "another key": (GRANT, {"DPoP": thief.proof("POST", "/oauth/token")}),
            "another method": ("invalid_dpop_proof", {"DPoP": holder.proof("GET", "/oauth/token")}),
            "another place": ("invalid_dpop_proof", {"DPoP": holder.proof("POST", "/oauth/par")}),
        }

        for name, (error, headers) in rows.items():
            assert_refused(name, await one.token(form, **headers), error)
        second = await one.token(form, DPoP=used)
        replayed = await one.token(
            form | {"refresh_token": second.body["refresh_token"]}, DPoP=used
        )

        assert first.body["token_type"] == second.body["token_type"] == "DPoP"
        assert_refused("a proof again", replayed, "invalid_dpop_proof")


async def test_an_old_refresh_token_ends_its_session(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        first = (await one.tokens())["refresh_token"]
        second = (await one.refresh(first)).body["refresh_token"]
        again = (await one.refresh(first)).body["refresh_token"]
        third = (await one.refresh(second)).body["refresh_token"]

        replayed = await one.refresh(first)
        after = await one.refresh(third)

        assert again == second  # a lost answer is given again
        assert_refused("a thief's", replayed, GRANT)
        assert_refused("the victim's", after, GRANT)


async def test_what_is_taken_back_is_not_refreshed(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        person = await one.server.client().log_in(one.email, PASSWORD, "phone")
        taken, revoked = await one.tokens(), await one.tokens(one.confidential)

        listed = await person.call("GET", "/v1/auth/grants")
        gone = await person.call("DELETE", f"/v1/auth/grants/{one.public.id}")
        again = await person.call("DELETE", f"/v1/auth/grants/{one.public.id}")
        after = await one.refresh(taken["refresh_token"])
        asked = await one.browser.get("/oauth/authorize", one.request(prompt="none"))
        own = {"client_id": one.confidential.id, "client_secret": one.secret}
        back = await one.browser.post(
            "/oauth/revoke", own | {"token": revoked["access_token"], "token_type_hint": "foo"}
        )
        late = await one.token(
            own | {"grant_type": "refresh_token", "refresh_token": revoked["refresh_token"]}
        )

        assert {grant["client"] for grant in listed.body["items"]} == {
            "Public App",
            "Confidential & Co",
        }
        assert (gone.status, again.status) == (204, 404)
        assert_refused("taken back", after, GRANT)
        assert asked.sent_to["error"] == "consent_required"
        assert (back.status, back.text) == (200, "")
        assert_refused("revoked", late, GRANT)
        person.close()

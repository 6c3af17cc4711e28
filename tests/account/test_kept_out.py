"""Whoever has found an open session, and no more, keeps its owner out of nothing."""

from pathlib import Path

from config.settings import Settings
from tests.account.contract_mail import stale
from tests.support.engines import TestEngines
from tests.support.people.mail import settings_of
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, serving

SESSIONS = "/v1/auth/sessions"


async def test_an_old_session_ends_itself_and_all_but_no_other_one(settings: Settings) -> None:
    async with serving(settings) as server:
        owner = await server.person()
        email = (await owner.call("GET", "/v1/me")).body["email"]
        found = await stale(server, await server.client().log_in(email, PASSWORD, "found"))
        session = scope_of(server, owner).session

        others = await found.call("DELETE", f"{SESSIONS}?keep=current")
        one = await found.call("DELETE", f"{SESSIONS}/{session}")
        still = await owner.call("GET", "/v1/me")
        fresh = await owner.call("DELETE", f"{SESSIONS}?keep=current")
        found.close()

        for refused in (others, one):
            assert refused.status == 401
            assert refused.body["code"] == "insufficient_user_authentication"
        assert (still.status, fresh.status) == (200, 204)


async def test_an_old_session_logs_out(settings: Settings) -> None:
    async with serving(settings) as server:
        first, second = [await stale(server, await server.person()) for _ in range(2)]

        own = await first.call("DELETE", f"{SESSIONS}/{scope_of(server, first).session}")
        all_of_them = await second.call("DELETE", SESSIONS)

        assert (own.status, all_of_them.status) == (204, 204)


async def test_mails_to_an_address_leave_room_for_the_one_that_lets_its_owner_in(
    engines: TestEngines, tmp_path: Path
) -> None:
    settings = settings_of(engines, tmp_path, UPCOACH_LIMITS="on", UPCOACH_PROXIES="127.0.0.1")
    async with serving(settings) as server:
        anybody = server.client()
        asked = {"email": "ann@example.org", "password": PASSWORD, "name": "Ann"}
        registered = [
            await anybody.call(
                "POST",
                "/v1/auth/register",
                asked,
                headers={"X-Forwarded-For": f"198.51.100.{number}"},
            )
            for number in range(5)
        ]
        forgot = await anybody.call(
            "POST",
            "/v1/auth/password/forgot",
            {"email": "ann@example.org"},
            headers={"X-Forwarded-For": "203.0.113.1"},
        )

        assert [answer.status for answer in registered] == [202, 202, 202, 429, 429]
        assert forgot.status == 202

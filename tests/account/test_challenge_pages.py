"""The page that asks for a second factor: whose challenges it answers."""

from pathlib import Path

from tests.account.pages import LOGIN, enrolled, people
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD


async def test_a_login_that_an_app_has_begun_goes_on_in_no_browser(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        _, codes = await enrolled(one)
        person = one.server.client()
        credentials = {"email": one.email, "password": PASSWORD, "device": "phone"}
        asked = await person.call("POST", "/v1/auth/login", credentials)
        shown = {"challenge": asked.body["challenge"], "code": codes[0], "methods": "totp"}
        page = await one.browser.get(LOGIN)
        before = await one.server.node.database["sessions"].count_documents({"owner": one.user})
        answered = await one.browser.post("/account/factor", page.hidden | shown)
        after = await one.server.node.database["sessions"].count_documents({"owner": one.user})
        in_the_app = await person.call(
            "POST",
            "/v1/auth/challenge",
            {"challenge": asked.body["challenge"], "recovery_code": codes[0]},
        )

        assert (answered.status, after - before) == (403, 0)
        assert "This login has expired" in answered.text
        assert in_the_app.status == 201
        person.close()

"""What people type is taken on pages as it is over the API."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.account.user import Profile
from models.base.errors import Invalid
from models.base.validation import checked
from tests.account.html import flaws_of
from tests.account.pages import LOGIN, people
from tests.support.engines import TestEngines
from tests.support.wire.relying import Browser
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import TYPED, Parameters

PASSWORDS: Final = (
    "correct\u00a0horse battery",  # a space that breaks no line
    "\u30d1\u30b9\u30ef\u30fc\u30c9\u3000\u3067\u3059\u9577\u3044",  # an ideographic one
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 horse",  # Persian, with a non-joiner
    "horse\tbattery staple",
)
NAMES: Final = ("\U0001f469\u200d\U0001f4bb Ada", "\u0645\u06cc\u200c\u062e", "Ada\u00a0L\u3000B")
PROFILE: Final = "/account/profile"


async def test_what_the_api_takes_the_pages_take(engines: TestEngines, tmp_path: Path) -> None:
    async with people(engines, tmp_path) as one:
        let_in, saved = [], []
        for number, password in enumerate(PASSWORDS):
            email = f"p{number}@example.org"
            person = one.server.client()
            await person.register(email, password, "Ada")
            person = await person.log_in(email, password, "phone")
            browser = Browser(one.server.url)
            form = await browser.get(LOGIN)
            typed = {"email": email, "password": password}
            let_in.append((await browser.post(form.action, form.hidden | typed)).status)
            for name in NAMES:
                form = await browser.get(PROFILE)
                change = {"name": name, "tz": "UTC", "locale": ""}
                saved.append((await browser.post(PROFILE, form.hidden | change)).status)
                assert (await person.call("GET", "/v1/me")).body["name"] == name
            browser.close()

    assert let_in == [303] * len(PASSWORDS)
    assert saved == [303] * len(PASSWORDS) * len(NAMES)


async def test_a_name_is_one_line_and_the_page_says_which_field_is_wrong(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with people(engines, tmp_path) as one:
        await one.browser.log_in(await one.browser.get(LOGIN), one.email)
        form = await one.browser.get(PROFILE)
        change = {"name": "Ada\nLovelace", "tz": "UTC", "locale": ""}
        page = await one.browser.post(PROFILE, form.hidden | change)

    assert (page.status, page.text.count('class="wrong"')) == (400, 1)
    assert flaws_of(page) == []


@pytest.mark.parametrize("end", ["\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_a_name_has_no_second_line_and_no_control_characters(end: str) -> None:
    for name in (f"Ada{end}", f"{end}Ada", f"Ada{end}L"):
        with pytest.raises(Invalid) as refusal:
            checked({"name": name}, Profile)
        assert [flaw.pointer for flaw in refusal.value.flaws] == ["/name"]


@given(st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text))
def test_a_form_takes_any_text_of_people(text: str) -> None:
    form = Parameters([(name, text) for name in sorted(TYPED)])

    assert {form[name] for name in TYPED} == {text}


@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "x" * 8_193])
@pytest.mark.parametrize("name", sorted(TYPED))
def test_no_form_takes_what_is_no_text(name: str, text: str) -> None:
    with pytest.raises(OAuthError):
        Parameters([(name, text)])


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "form", "token"])
@pytest.mark.parametrize("text", ["a\nb", "a\u00a0b", "a\u200db"])
def test_what_programs_write_is_printable(name: str, text: str) -> None:
    with pytest.raises(OAuthError):
        Parameters([(name, text)])

"""After an error the first field that is wrong has the focus, and says what is wrong with it."""

import pytest

from handlers.pages import forms, views
from handlers.pages.rendering import PageView, rendered
from tests.account.html import Reader

WRONG = "That is wrong."
TYPED = {"name": "", "email": "x", "tz": "y"}


def register(**problems: str) -> PageView:
    return views.register("/", {}, TYPED, problems)


def change(**problems: str) -> PageView:
    return views.change_password("/", {}, problems)


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (register(), "name"),
        (register(name=WRONG, tz=WRONG), "name"),
        (register(email=WRONG), "email"),
        (register(password=WRONG, tz=WRONG), "password"),
        (register(tz=WRONG), "tz"),
        (change(), "current"),
        (change(current=WRONG), "current"),
        (change(password=WRONG), "password"),
        (views.forgot("/", {}, "x", WRONG), "email"),
        (views.reset("/", {}, WRONG), "password"),
        (views.user_code("/", {}, "BBBB", WRONG), "user_code"),
        (views.challenge("/", {}, ("totp",), {}, WRONG), "code"),
        (
            views.login(
                "/",
                {},
                forms.LoginGoal(),
                forms.PasskeyPrompt("/", "Use a passkey", {}),
                hint="ann@example.org",
                problem=WRONG,
            ),
            "password",
        ),
    ],
)
def test_one_field_has_the_focus_and_it_is_the_one_that_is_wrong(view: PageView, name: str) -> None:
    page, _ = rendered(view, "app.example.org")
    text = page.decode()
    is_wrong = WRONG in text
    reader = Reader(text)

    [field] = [given for given in reader.all("input") if "autofocus" in given]
    assert field["name"] == name
    assert (field.get("aria-invalid") == "true") is is_wrong
    described = set(field.get("aria-describedby", "").split())
    assert bool({"problem", f"{name}-problem"} & described) is is_wrong
    assert ("<title>Error: " in text) is is_wrong

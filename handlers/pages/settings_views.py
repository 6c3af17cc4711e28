"""What the pages show on which people change their accounts."""

from collections.abc import Sequence

from handlers.pages.forms import FormField, PageLink, email_field, form, name_field, zone_field
from handlers.pages.next_steps import TO_ACCOUNT
from handlers.pages.rendering import PageView
from models.base.merge_patch import Json

_BACK = (TO_ACCOUNT,)


def profile(action: str, hidden: dict[str, str], user: Json, problems: dict[str, str]) -> PageView:
    """A form to change name, time zone and language."""
    fields = (
        name_field(user.get("name", ""), problems.get("name", "")),
        zone_field(user.get("tz", ""), problems.get("tz", "")),
        FormField(
            name="locale",
            label="Language (optional)",
            value=user.get("locale") or "",
            hint="Such as en or de-AT.",
            problem=problems.get("locale", ""),
            longest=35,
            required=False,
        ),
    )
    return form("Your profile", action, hidden, fields, "Save", links=_BACK)


def address(action: str, hidden: dict[str, str], typed: str = "", problem: str = "") -> PageView:
    """A form to change the address."""
    fields = (email_field(typed, problem=problem, first=True),)
    words = ("We send a link to the new address, and a notice to the present one.",)
    title = "Change your email address"
    return form(title, action, hidden, fields, "Send the link", words=words, links=_BACK)


def authenticator_begin(action: str, hidden: dict[str, str]) -> PageView:
    """A form that begins to set an app up."""
    words = (
        "An authenticator app on your phone shows six digits that change every half minute.",
        "Once it is set up, we ask for them when you log in: your password alone opens nothing.",
        "If you had set up an app before, the new one takes its place.",
    )
    title = "Set up an authenticator app"
    return form(title, action, hidden, (), "Begin", words=words, links=_BACK)


def authenticator(
    action: str, hidden: dict[str, str], secret: str, uri: str, problem: str
) -> PageView:
    """A form for the first code of an app, which is told the *secret* first."""
    code = FormField(
        name="code",
        label="Code",
        autocomplete="one-time-code",
        inputmode="numeric",
        hint="The six digits that the app shows.",
        problem=problem,
        longest=16,
        first=True,
        is_code=True,
    )
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    words = (f"Add an account in your authenticator app, with this key: {spaced}",)
    links = (PageLink(uri, "Open it in an app on this device"), *_BACK)
    return form("Set up your app", action, hidden, (code,), "Confirm", words=words, links=links)


def passkey_begin(action: str, hidden: dict[str, str]) -> PageView:
    """A form that begins to add a passkey."""
    words = ("With a passkey you log in without a password, on the devices that have it.",)
    return form("Add a passkey", action, hidden, (), "Begin", words=words, links=_BACK)


def passkey(action: str, hidden: dict[str, str], options: Json, name: str) -> PageView:
    """A form that has the browser create a passkey by *options*."""
    called = FormField(name="name", label="Name of the passkey", value=name, longest=100)
    values = {"action": action, "hidden": hidden, "options": options, "fields": (called,)}
    return PageView(
        title="Add a passkey",
        template="passkey_new",
        values=values | {"links": _BACK, "problem": ""},
    )


def recovery_codes(title: str, codes: Sequence[str]) -> PageView:
    """The page after a factor was added, with the recovery codes that are new."""
    return PageView(title=title, template="codes", values={"codes": codes, "links": _BACK})

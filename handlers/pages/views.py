"""What each page shows."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from handlers.pages.forms import (
    LONGEST,
    FormField,
    LoginGoal,
    PageLink,
    PasskeyPrompt,
    email_field,
    form,
    message,
    name_field,
    new_password,
    zone_field,
)
from handlers.pages.rendering import PageView
from models.base.merge_patch import Json
from models.contexts import SCOPES
from models.oauth import OAuthClient

USER_CODE: Final = 16  # the letters of a device's code, and what people put between them
LOOPBACKS: Final = ("127.0.0.1", "::1", "localhost")


def login(
    action: str,
    hidden: dict[str, str],
    goal: LoginGoal,
    passkey: PasskeyPrompt,
    *,
    hint: str = "",
    problem: str = "",
    ways: Sequence[PageLink] = (),
    links: Sequence[PageLink] = (),
) -> PageView:
    """A form to log in with; *ways* lead through providers."""
    fields = (
        email_field(hint, first=not hint),
        FormField(
            name="password",
            label="Password",
            kind="password",
            autocomplete="current-password",
            longest=LONGEST,
            first=bool(hint),
        ),
        FormField(name="remember", label="Keep me logged in on this browser", kind="checkbox"),
    )
    title = f"Log in to continue to {goal.name}" if goal.name else "Log in"
    more = {
        "problem": problem,
        "ways": ways,
        "links": links,
        "leads_to": goal.leads_to,
        "passkey": passkey,
    }
    return form(title, action, hidden, fields, "Log in", **more)


def challenge(
    action: str, hidden: dict[str, str], methods: Sequence[str], options: Json, problem: str
) -> PageView:
    """A form for a second factor."""
    has_app = "totp" in methods
    app = "The six digits from your authenticator app, or" if has_app else "No passkey? Enter"
    fields = [
        FormField(
            name="code",
            label="Code" if has_app else "Recovery code",
            autocomplete="one-time-code" if has_app else "off",
            hint=f"{app} one of your recovery codes.",
            longest=64,
            first=True,
            is_code=True,
        )
    ]
    if has_app:
        words = "Don't ask for a code on this browser for 30 days"
        fields.append(FormField(name="trust", label=words, kind="checkbox"))
    passkey = PasskeyPrompt(action, "Use a passkey", options) if options else None
    return form(
        "One more step",
        action,
        hidden,
        fields if {"totp", "recovery_code"} & set(methods) else (),
        "Continue",
        words=("Your account is protected by a second factor.",),
        problem=problem,
        passkey=passkey,
    )


def registered(email: str, login: PageLink) -> PageView:
    """The page after a registration."""
    return message(
        "Check your email",
        f"We sent a message to {email} with the next steps.",
        "You don't have to wait for it to log in.",
        links=(login,),
    )


def register(
    action: str,
    hidden: dict[str, str],
    typed: dict[str, str],
    problems: dict[str, str],
    links: Sequence[PageLink] = (),
) -> PageView:
    """A form to create an account with."""
    fields = (
        name_field(typed.get("name", ""), problems.get("name", "")),
        email_field(typed.get("email", ""), problem=problems.get("email", "")),
        new_password(problems.get("password", "")),
        zone_field(typed.get("tz", "UTC"), problems.get("tz", "")),
    )
    return form("Create an account", action, hidden, fields, "Create account", links=links)


def forgot(
    action: str,
    hidden: dict[str, str],
    typed: str = "",
    problem: str = "",
    links: Sequence[PageLink] = (),
) -> PageView:
    """A form that requests a password reset."""
    fields = (email_field(typed, problem=problem, first=True),)
    words = ("Enter the address of your account. We'll email you a link to choose a new password.",)
    title = "Forgot your password?"
    return form(title, action, hidden, fields, "Send link", words=words, links=links)


def mailed(email: str, login: PageLink) -> PageView:
    """The page after a password reset was requested."""
    return message(
        "Check your email",
        f"If {email} has an account, we have sent a link to it.",
        "The link works for 15 minutes.",
        links=(login,),
    )


def reset(action: str, hidden: dict[str, str], problem: str) -> PageView:
    """A form to choose a new password with."""
    words = ("You will be logged out on all devices.",)
    fields = (new_password(problem, first=True),)
    return form("Choose a new password", action, hidden, fields, "Save password", words=words)


def change_password(action: str, hidden: dict[str, str], problems: dict[str, str]) -> PageView:
    """A form to change the password with."""
    current = FormField(
        name="current",
        label="Current password",
        kind="password",
        autocomplete="current-password",
        problem=problems.get("current", ""),
        longest=LONGEST,
        first=True,
    )
    fields = (current, new_password(problems.get("password", "")))
    words = ("You will be logged out on all other devices.",)
    return form("Change your password", action, hidden, fields, "Save password", words=words)


class ConsentPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent page says of a request.

    Attributes
    ----------
    user
        The address of who is logged in.
    switch
        Where somebody else logs in, for the same request.
    redirect
        Where the browser goes in the end, if it goes anywhere.
    code
        What the device shows that is asked for, if one is.

    """

    client: OAuthClient
    permissions: Sequence[str]
    user: str
    switch: str
    redirect: str = ""
    code: str = ""


def consent(action: str, hidden: dict[str, str], prompt: ConsentPrompt) -> PageView:
    """A consent form, permission by permission; what is sensitive has to be ticked."""
    client, code = prompt.client, prompt.code
    requested = {name: SCOPES.get(name) for name in prompt.permissions}
    scopes = {name: scope for name, scope in requested.items() if scope is not None}
    words = f"{client.name} has no access yet. You decide what it may do."
    values = {
        "action": action,
        "hidden": hidden,
        "words": (words, "Continue only if your device shows this code now:") if code else (words,),
        "note": "You can revoke this at any time in your account.",
        "plain": {name: scope.meaning for name, scope in scopes.items() if not scope.sensitive},
        "sensitive": {name: scope.meaning for name, scope in scopes.items() if scope.sensitive},
        "code": code,
        "user": prompt.user,
        "switch": prompt.switch,
        "place": place_of(prompt.redirect),
    }
    return PageView(
        title=f"{client.name} asks for access",
        template="consent",
        values=values,
        leads_to=prompt.redirect,
    )


def place_of(redirect: str) -> str:
    """Where *redirect* leads, as a person can judge it: a host, or an app on their device.

    Examples
    --------
    >>> place_of("https://app.example.org:8443/cb?x=1"), place_of("http://127.0.0.1:4711/cb")
    ('app.example.org:8443', 'an app on this device (127.0.0.1:4711)')
    >>> place_of("org.example.app:/cb"), place_of("")
    ('an app on this device (org.example.app)', '')

    """
    parts = urlsplit(redirect)
    if not parts.netloc:
        return f"an app on this device ({parts.scheme})" if parts.scheme else ""
    is_near = parts.hostname in LOOPBACKS
    return f"an app on this device ({parts.netloc})" if is_near else parts.netloc


def user_code(action: str, hidden: dict[str, str], code: str = "", problem: str = "") -> PageView:
    """A form for the code that a device shows."""
    field = FormField(
        name="user_code",
        label="Code",
        value=code,
        hint="Eight letters, for example BCDF-GHJK.",
        longest=USER_CODE,
        first=True,
        is_code=True,
    )
    words = ("Enter the code that your device shows.",)
    return form(
        "Connect a device", action, hidden, (field,), "Continue", words=words, problem=problem
    )


def logout(action: str, hidden: dict[str, str], leads_to: str) -> PageView:
    """A form that asks whether to log out."""
    words = ("You will be logged out of this browser. Your other devices stay logged in.",)
    return form("Log out?", action, hidden, (), "Log out", words=words, leads_to=leads_to)

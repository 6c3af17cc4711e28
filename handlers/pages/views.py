"""What each page shows."""

from collections.abc import Sequence
from typing import Final

from handlers.pages.forms import (
    LONGEST,
    FormField,
    LoginGoal,
    PageLink,
    PasskeyPrompt,
    email_field,
    form,
    message,
    new_password,
)
from handlers.pages.rendering import PageView
from models.base.merge_patch import Json
from models.contexts import SCOPES
from models.oauth import OAuthClient

USER_CODE: Final = 16  # the letters of a device's code, and what people put between them


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
        FormField(name="remember", label="Stay logged in on this browser", kind="checkbox"),
    )
    title = f"Log in to go on to {goal.name}" if goal.name else "Log in"
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
    app = "The six digits that your app shows, or" if has_app else "Without your passkey:"
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
        words = "Do not ask for a code on this browser for 30 days"
        fields.append(FormField(name="trust", label=words, kind="checkbox"))
    passkey = PasskeyPrompt(action, "Use a passkey", options) if options else None
    return form(
        "One more step",
        action,
        hidden,
        fields if {"totp", "recovery_code"} & set(methods) else (),
        "Go on",
        words=("Your account is protected with a second factor.",),
        problem=problem,
        passkey=passkey,
    )


def registered(email: str, login: PageLink) -> PageView:
    """The page after a registration."""
    return message(
        "Look at your mail",
        f"We have written to {email}. The mail says how to go on.",
        "You need not wait for it to log in.",
        links=(login,),
    )


def register(
    action: str,
    hidden: dict[str, str],
    typed: dict[str, str],
    problems: dict[str, str],
    links: Sequence[PageLink] = (),
) -> PageView:
    """A form to make an account with."""
    fields = (
        FormField(
            name="name",
            label="Name",
            autocomplete="name",
            value=typed.get("name", ""),
            problem=problems.get("name", ""),
            longest=100,
            first=True,
        ),
        email_field(typed.get("email", ""), problem=problems.get("email", "")),
        new_password(problems.get("password", "")),
        FormField(
            name="tz",
            label="Time zone",
            value=typed.get("tz", "UTC"),
            hint="Such as Europe/Berlin. It says when your day begins.",
            problem=problems.get("tz", ""),
            longest=64,
        ),
    )
    return form("Create an account", action, hidden, fields, "Create the account", links=links)


def forgot(
    action: str,
    hidden: dict[str, str],
    typed: str = "",
    problem: str = "",
    links: Sequence[PageLink] = (),
) -> PageView:
    """A form that requests a password reset."""
    fields = (email_field(typed, problem=problem, first=True),)
    words = ("We write to the address of your account, with a link to a new password.",)
    title = "Forgot your password?"
    return form(title, action, hidden, fields, "Send the mail", words=words, links=links)


def mailed(email: str, login: PageLink) -> PageView:
    """The page after a password reset was requested."""
    return message(
        "Look at your mail",
        f"If {email} has an account, a mail with a link is on its way.",
        "The link holds for 15 minutes.",
        links=(login,),
    )


def reset(action: str, hidden: dict[str, str], problem: str) -> PageView:
    """A form to choose a new password with."""
    words = ("Every device will have to log in again.",)
    fields = (new_password(problem, first=True),)
    return form("Choose a new password", action, hidden, fields, "Keep it", words=words)


def change_password(action: str, hidden: dict[str, str], problems: dict[str, str]) -> PageView:
    """A form to change the password with."""
    current = FormField(
        name="current",
        label="Password as it is",
        kind="password",
        autocomplete="current-password",
        problem=problems.get("current", ""),
        longest=LONGEST,
        first=True,
    )
    fields = (current, new_password(problems.get("password", "")))
    words = ("All other devices will have to log in again.",)
    return form("Change your password", action, hidden, fields, "Change it", words=words)


def consent(
    action: str,
    hidden: dict[str, str],
    client: OAuthClient,
    permissions: Sequence[str],
    note: str,
    leads_to: str = "",
) -> PageView:
    """A consent form, permission by permission; what is sensitive has to be ticked."""
    requested = {name: SCOPES.get(name) for name in permissions}
    scopes = {name: scope for name, scope in requested.items() if scope is not None}
    plain = {name: scope.meaning for name, scope in scopes.items() if not scope.sensitive}
    sensitive = {name: scope.meaning for name, scope in scopes.items() if scope.sensitive}
    words = (f"{client.name} is not allowed anything yet. You decide what it may do.",)
    values = {"action": action, "hidden": hidden, "words": words, "note": note}
    return PageView(
        title=f"{client.name} asks for access",
        template="consent",
        values=values | {"plain": plain, "sensitive": sensitive},
        leads_to=leads_to,
    )


def user_code(action: str, hidden: dict[str, str], code: str = "", problem: str = "") -> PageView:
    """A form for the code that a device shows."""
    field = FormField(
        name="user_code",
        label="Code",
        value=code,
        hint="Eight letters, such as BCDF-GHJK.",
        longest=USER_CODE,
        first=True,
        is_code=True,
    )
    words = ("Type the code that your device shows.",)
    return form("Connect a device", action, hidden, (field,), "Go on", words=words, problem=problem)


def logout(action: str, hidden: dict[str, str], leads_to: str) -> PageView:
    """A form that asks whether to log out."""
    words = ("This browser will have to log in again. Your other devices stay logged in.",)
    return form("Log out?", action, hidden, (), "Log out", words=words, leads_to=leads_to)

"""What each page shows."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from handlers.pages.rendering import View
from models.client import Client, scope_named
from upcoach.services.oauth.parameters import SHORT

SHORTEST: Final = 8  # characters of a password
LONGEST: Final = 128
ADDRESS: Final = 254
USER_CODE: Final = 16  # the letters of a device's code, and what people put between them


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A place to type in, or to tick.

    Attributes
    ----------
    problem
        What is wrong with what was typed.
    is_code
        Whether people copy it letter by letter.

    """

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    inputmode: str = ""
    value: str = ""
    hint: str = ""
    problem: str = ""
    shortest: int = 0
    longest: int = SHORT
    required: bool = True
    first: bool = False
    is_code: bool = False

    def described_by(self, problem: str) -> str:
        """The ids of what a screen reader says with it; *problem* is the whole form's."""
        ids = {
            "problem": problem,
            f"{self.name}-problem": self.problem,
            f"{self.name}-hint": self.hint,
        }
        return " ".join(name for name, words in ids.items() if words)


class Link(msgspec.Struct, frozen=True):
    """A way to another page."""

    to: str
    words: str


class Goal(msgspec.Struct, frozen=True):
    """What somebody logs in for: an app with a name, whose answer goes to *leads_to*."""

    name: str = ""
    leads_to: str = ""


def form(
    title: str,
    action: str,
    hidden: dict[str, str],
    fields: Sequence[Field],
    submit: str,
    **more: Any,
) -> View:
    """A page with a form; *more* are `words` before it, its `problem`, and `links` behind it."""
    values = {"action": action, "hidden": hidden, "fields": fields, "submit": submit}
    known = {"words": (), "problem": "", "links": ()}
    leads_to = more.pop("leads_to", "")
    return View(title=title, template="form", values=values | known | more, leads_to=leads_to)


def message(title: str, *words: str, links: Sequence[Link] = ()) -> View:
    """A page that says something."""
    values = {"words": words, "links": links}
    return View(title=title, template="message", values=values)


def failure(words: str) -> View:
    """The page of what went wrong."""
    return message("This did not work", words)


def login(
    action: str,
    hidden: dict[str, str],
    goal: Goal,
    *,
    hint: str = "",
    problem: str = "",
    links: Sequence[Link] = (),
) -> View:
    """A form to log in with."""
    fields = (
        _email(hint, first=not hint),
        Field(
            name="password",
            label="Password",
            kind="password",
            autocomplete="current-password",
            longest=LONGEST,
            first=bool(hint),
        ),
        Field(name="remember", label="Stay logged in on this browser", kind="checkbox"),
    )
    title = f"Log in to go on to {goal.name}" if goal.name else "Log in"
    more = {"problem": problem, "links": links, "leads_to": goal.leads_to}
    return form(title, action, hidden, fields, "Log in", **more)


def register(
    action: str,
    hidden: dict[str, str],
    typed: dict[str, str],
    problems: dict[str, str],
    links: Sequence[Link] = (),
) -> View:
    """A form to make an account with."""
    fields = (
        Field(
            name="name",
            label="Name",
            autocomplete="name",
            value=typed.get("name", ""),
            problem=problems.get("name", ""),
            longest=100,
            first=True,
        ),
        _email(typed.get("email", ""), problem=problems.get("email", "")),
        new_password(problems.get("password", "")),
        Field(
            name="tz",
            label="Time zone",
            value=typed.get("tz", "UTC"),
            hint="Such as Europe/Berlin. It says when your day begins.",
            problem=problems.get("tz", ""),
            longest=64,
        ),
    )
    return form("Create an account", action, hidden, fields, "Create the account", links=links)


def new_password(problem: str = "") -> Field:
    """Where a password is chosen."""
    return Field(
        name="password",
        label="New password",
        kind="password",
        autocomplete="new-password",
        hint=f"{SHORTEST} characters or more. A few words that nobody else puts together do well.",
        problem=problem,
        shortest=SHORTEST,
        longest=LONGEST,
    )


def consent(
    action: str,
    hidden: dict[str, str],
    client: Client,
    permissions: Sequence[str],
    note: str,
    leads_to: str = "",
) -> View:
    """A form to agree with, permission by permission; what is sensitive has to be ticked."""
    asked = {name: scope_named(name) for name in permissions}
    found = {name: one for name, one in asked.items() if one is not None}
    plain = {name: one.meaning for name, one in found.items() if not one.sensitive}
    sensitive = {name: one.meaning for name, one in found.items() if one.sensitive}
    words = (f"{client.name} is not allowed anything yet. You decide what it may do.",)
    values = {"action": action, "hidden": hidden, "words": words, "note": note}
    return View(
        title=f"{client.name} asks for access",
        template="consent",
        values=values | {"plain": plain, "sensitive": sensitive},
        leads_to=leads_to,
    )


def user_code(action: str, hidden: dict[str, str], code: str = "", problem: str = "") -> View:
    """A form for the code that a device shows."""
    field = Field(
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


def logout(action: str, hidden: dict[str, str], leads_to: str) -> View:
    """A form that asks whether to log out."""
    words = ("This browser will have to log in again. Your other devices stay logged in.",)
    return form("Log out?", action, hidden, (), "Log out", words=words, leads_to=leads_to)


def _email(value: str, *, problem: str = "", first: bool = False) -> Field:
    return Field(
        name="email",
        label="E-mail",
        kind="email",
        autocomplete="username",
        inputmode="email",
        value=value,
        problem=problem,
        longest=ADDRESS,
        first=first,
    )

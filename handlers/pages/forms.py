"""What pages are made of: forms with fields, messages, and links."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from handlers.pages.rendering import PageView
from models.base.merge_patch import Json
from upcoach.services.base.request_parameters import SHORT

SHORTEST: Final = 8  # characters of a password
LONGEST: Final = 128
ADDRESS: Final = 254
CHANGED_ELSEWHERE: Final = "This was changed elsewhere in the meantime. Check it, and save again."


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form, with its label, hint and problem.

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


class PageLink(msgspec.Struct, frozen=True):
    """A link to another page."""

    to: str
    words: str


class LoginGoal(msgspec.Struct, frozen=True):
    """What somebody logs in for: an app with a name, whose answer goes to *leads_to*."""

    name: str = ""
    leads_to: str = ""


class PasskeyPrompt(msgspec.Struct, frozen=True):
    """A button to use a passkey; *options* are what the browser's WebAuthn API is given."""

    action: str
    words: str
    options: Json


def form(
    title: str,
    action: str,
    hidden: dict[str, str],
    fields: Sequence[FormField],
    submit: str,
    **more: Any,
) -> PageView:
    """A page with a form; *more* are `words` before it, its `problem`, and `links` behind it."""
    fields = focused(fields)
    values = {"action": action, "hidden": hidden, "fields": fields, "submit": submit}
    defaults = {"words": (), "problem": "", "ways": (), "links": (), "passkey": None}
    leads_to = more.pop("leads_to", "")
    return PageView(
        title=title,
        template="form",
        values=values | defaults | more,
        leads_to=leads_to,
        failed=bool(more.get("problem")) or any(field.problem for field in fields),
    )


def focused(fields: Sequence[FormField]) -> tuple[FormField, ...]:
    """*fields*, of which the first that is wrong has the focus, if any is."""
    wrong = next((field.name for field in fields if field.problem), None)
    if wrong is None:
        return tuple(fields)
    return tuple(msgspec.structs.replace(field, first=field.name == wrong) for field in fields)


def message(title: str, *words: str, links: Sequence[PageLink]) -> PageView:
    """A page that says something, and where to go on."""
    values = {"words": words, "links": links}
    return PageView(title=title, template="message", values=values)


def failure(words: str, *, links: Sequence[PageLink]) -> PageView:
    """A page that says what went wrong, and where to go on."""
    return message("Something went wrong", words, links=links)


def new_password(problem: str = "", *, first: bool = False) -> FormField:
    """The field for a new password."""
    return FormField(
        name="password",
        label="New password",
        kind="password",
        autocomplete="new-password",
        hint=f"At least {SHORTEST} characters. A few unrelated words make a good password.",
        problem=problem,
        shortest=SHORTEST,
        longest=LONGEST,
        first=first,
    )


def name_field(value: str, problem: str) -> FormField:
    return FormField(
        name="name",
        label="Name",
        autocomplete="name",
        value=value,
        problem=problem,
        longest=100,
        first=True,
    )


def zone_field(value: str, problem: str) -> FormField:
    return FormField(
        name="tz",
        label="Time zone",
        value=value,
        hint="Such as Europe/Berlin. It decides when your days begin.",
        problem=problem,
        longest=64,
    )


def email_field(value: str, *, problem: str = "", first: bool = False) -> FormField:
    return FormField(
        name="email",
        label="Email",
        kind="email",
        autocomplete="username",
        inputmode="email",
        value=value,
        problem=problem,
        longest=ADDRESS,
        first=first,
    )

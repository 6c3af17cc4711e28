"""Each mail has a text and HTML, made from one source: they say the same, and nothing gets in."""

import datetime as dt
import email
import email.policy
import inspect
import re
from collections.abc import Callable
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final, get_args

import pytest

import handlers.pages
from models.account import Addition, AdditionDetails, FactorChange, PasswordOrigin, WayName
from models.base.messages.mail import Mail
from models.webhooks import DisabledReason
from tests.support.people.mail import html_of, text_of
from upcoach.services.base.mail import html_part, texts
from upcoach.services.base.mail.carriers import POLICY, as_message

# All that Python takes for the end of a line, or for a space.
SPACES: Final = [letter for letter in map(chr, range(0x3001)) if letter.isspace()]
NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
ANN: Final = "ann@example.org"
EVIL: Final = "<b>Eve</b> & <a href='https://evil.example'>\"co\"</a>"
DETAILS: Final = AdditionDetails(
    name=EVIL, allows=(EVIL,), day=NOON.date(), until=NOON, device=EVIL, app="a <phone>"
)
SENT: Final = re.compile(r"https?://[^\s<>\"]+")


def link(path: str) -> str:
    return f"https://upcoach.test/account/{path}?token=a-b_c&x=1"


def additions() -> list[tuple[Any, ...]]:
    """What `access_method_added` is called with, for each way."""
    links = tuple(map(link, ("added", "added/not-me", "forgot")))
    return [
        (
            ANN,
            Addition(way=way, id="x", since=NOON, title=EVIL, counts_from=at),
            DETAILS,
            *links,
        )
        for way in get_args(WayName)
        for at in (None, NOON)
    ]


# What each of the mails is written with.
CALLS: Final[dict[Callable[..., Mail], list[tuple[Any, ...]]]] = {
    texts.verification: [(ANN, link("verify"))],
    texts.already_there: [(ANN, link("forgot"))],
    texts.reset: [(ANN, link("reset"))],
    texts.password_changed: [
        (ANN, origin, link("forgot")) for origin in (None, *get_args(PasswordOrigin))
    ],
    texts.email_change: [(ANN, link("email"))],
    texts.email_change_impossible: [(ANN,)],
    texts.email_change_asked: [(ANN, link("forgot"))],
    texts.email_changed: [(ANN, link("email/undo"))],
    texts.email_change_undone: [(ANN, link("forgot"))],
    texts.address_lost: [(ANN,)],
    texts.provider_linked: [(ANN, EVIL, link("forgot"))],
    texts.provider_unlinked: [(ANN, EVIL, link("forgot"))],
    texts.access_method_added: additions(),
    texts.login_notices_off: [(ANN, link("forgot"))],
    texts.factors_removed: [(ANN, link("forgot"))],
    texts.factors_changed: [(ANN, change, link("forgot")) for change in get_args(FactorChange)],
    texts.webhook_disabled: [
        (ANN, host, why) for host in ("", EVIL) for why in get_args(DisabledReason)
    ],
}
OTHERS: Final = (
    Mail(ANN, EVIL, f"{EVIL}\nand {EVIL}\n\nhttps://evil.example/<b>\n\n{EVIL}\n"),
    Mail(
        ANN,
        "Zeit für „Laufen“",
        f"Dein Ziel wartet.\n\n{link('x')}\n\nDas Team\n\n-- \nNicht mehr: {link('stop')}\n",
        lang="de",
        button="Öffnen",
        unsubscribe="https://upcoach.test/notifications/unsubscribe?token=" + "x" * 200,
    ),
)
LETTERS: Final = [write(*given) for write, calls in CALLS.items() for given in calls]


class Words(HTMLParser):
    """What is read in a mail's HTML, where it leads, and what it is made of."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.buttons: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        given = dict(attrs)
        if tag not in ("meta", "br"):
            is_button = tag == "a" and given.get("class") in ("main", "other")
            self._open.append("button" if is_button else tag)
        if tag == "a":
            self.links.append(given["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() in (tag, "button")

    def handle_data(self, data: str) -> None:
        if "button" in self._open:
            self.buttons.append(data)
        elif not {"style", "title"} & set(self._open):
            self.words.append(data)


def flat(*pieces: str) -> str:
    return " ".join(" ".join(pieces).split())


def as_sent(letter: Mail) -> EmailMessage:
    """*letter* as its reader's mail program takes it apart."""
    raw = as_message("let_1", letter, "UpCoach <coach@example.org>", NOON).as_bytes(policy=POLICY)
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_every_mail_is_among_those_that_are_tried() -> None:
    written = {
        function
        for name, function in inspect.getmembers(texts, inspect.isfunction)
        if not name.startswith("_") and function.__module__ == texts.__name__
    }

    assert set(CALLS) == written


@pytest.mark.parametrize("letter", [*LETTERS, *OTHERS], ids=lambda letter: letter.subject)
def test_both_parts_say_the_same(letter: Mail) -> None:
    message = as_sent(letter)

    text, page = text_of(message), Words(html_of(message))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert text == letter.text
    said = text.replace("\n-- \n", "\n")
    assert flat(*page.words) == flat("UpCoach", letter.subject, said)
    allowed = {*html_part.BUTTONS.values(), letter.button or html_part.OTHER_BUTTON}
    assert set(page.buttons) <= allowed
    paragraphs = letter.text.split("\n\n")
    assert len(page.buttons) == sum(bool(SENT.fullmatch(part)) for part in paragraphs)


@pytest.mark.parametrize("letter", [*LETTERS, *OTHERS], ids=lambda letter: letter.subject)
def test_no_value_is_markup_and_nothing_is_loaded(letter: Mail) -> None:
    page = Words(html_of(as_sent(letter)))

    plain = Words(html_part.html_part(Mail(ANN, "x", "x")))
    assert set(page.tags) <= {*plain.tags, "p", "a", "br"}
    assert set(page.links) <= set(SENT.findall(letter.text))
    assert {name for name, _ in page.attributes} <= {
        *("lang", "charset", "name", "content", "class", "style", "href"),
        *("role", "width", "cellpadding", "cellspacing", "border", "align"),
    }
    assert not re.search(r"url\(|@import|expression", html_of(as_sent(letter)))


@pytest.mark.parametrize("subject", [f"Run{space}\r\nBcc: eve@example.org" for space in SPACES])
def test_every_subject_is_one_line(subject: str) -> None:
    message = as_sent(Mail(ANN, subject, "x\n"))

    assert (message["Subject"], message["Bcc"]) == ("Run Bcc: eve@example.org", None)


def test_the_buttons_of_all_our_links_say_what_they_do() -> None:
    buttons = [Words(html_of(as_sent(letter))).buttons for letter in LETTERS]

    assert {button for row in buttons for button in row} == {*html_part.BUTTONS.values()}


def test_one_click_is_told_of_in_the_heads_of_mails_that_can_be_stopped() -> None:
    heads = ("List-Unsubscribe", "List-Unsubscribe-Post")
    raw = as_message("let_1", OTHERS[1], "coach@example.org", NOON).as_bytes(policy=POLICY)

    assert f"List-Unsubscribe: <{OTHERS[1].unsubscribe}>\r\n".encode() in raw.replace(
        b"\r\n ", b" "
    )
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert not any(as_sent(letter)[head] for letter in LETTERS for head in heads)


def test_mails_have_the_colours_of_the_pages() -> None:
    style = Path(handlers.pages.__path__[0], "templates", "style.css").read_text()
    page = html_of(as_sent(OTHERS[1]))

    colours = set(re.findall(r"#[0-9a-f]{6}\b", page))
    assert colours <= set(re.findall(r"#[0-9a-f]{6}\b", style))
    light, dark = page.split("prefers-color-scheme: dark")
    assert '<meta name="color-scheme" content="light dark">' in light
    for name in ("ground", "card", "ink", "soft", "link", "main"):
        assert f".{name} {{" in dark

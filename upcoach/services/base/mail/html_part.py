"""The HTML part of a mail, made from its text.

A paragraph that is nothing but a link becomes a button, with the link below it for whoever wants to
see where it leads.  What stands below the line of a signature (`-- `, RFC 3676, 4.3) is small
print.  Nothing is loaded from anywhere, and no value gets in unescaped.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from models.base.messages.mail import Mail
from upcoach.services.base.mail import mail_links

SIGNATURE: Final = "\n-- \n"
# What a button says, by the page that it leads to.
BUTTONS: Final = {
    mail_links.VERIFY: "Confirm this address",
    mail_links.CHANGE_EMAIL: "Confirm this address",
    mail_links.RESET: "Choose a new password",
    mail_links.FORGOT: "Choose a new password",
    mail_links.UNDO_EMAIL_CHANGE: "Undo the change",
    mail_links.CONFIRM: "Yes, keep it",
    mail_links.DISOWN: "No, remove it",
}
OTHER_BUTTON: Final = "Open UpCoach"
_LAYOUT: Final = Template(Path(__file__).with_name("templates").joinpath("layout.html").read_text())
_PARAGRAPH: Final = Template(
    '<p class="ink" style="margin: 0 0 16px; color: #16211e;">$words</p>\n'
)
_BUTTON: Final = Template(
    '<p style="margin: 0 0 8px;"><a class="$kind" href="$url" style="display: inline-block; '
    "padding: 12px 20px; border-radius: 10px; font-weight: 650; text-decoration: none; "
    '$colours">$words</a></p>\n<p class="soft" style="margin: 0 0 16px; font-size: 13px; '
    'word-break: break-all; color: #52625d;">'
    '<a class="soft" href="$url" style="color: #52625d;">$url</a></p>\n'
)
_COLOURS: Final = {
    "main": "background-color: #0b6b5d; border: 1px solid #0b6b5d; color: #ffffff;",
    "other": "border: 1px solid #84968f; color: #16211e;",
}
_FOOTER: Final = Template(
    '<tr><td class="soft" style="padding: 20px 18px 0; font-size: 14px; text-align: center; '
    'color: #52625d;">$words</td></tr>\n'
)
_LINK: Final = Template('<a class="link" href="$url" style="color: #0b6b5d;">$url</a>')
_URL: Final = re.compile(r"https?://[^\s<>\"]+")


class Markup(str):
    """HTML, other than the words that it may hold."""

    __slots__ = ()


def html_part(letter: Mail) -> str:
    """The HTML of *letter*, which says what its text says."""
    text, _, footer = letter.text.partition(SIGNATURE)
    return _filled(
        _LAYOUT,
        lang=letter.lang,
        subject=letter.subject,
        body=Markup("".join(_blocks(text, letter.button or OTHER_BUTTON))),
        footer=_filled(_FOOTER, words=_linked(footer.strip())) if footer.strip() else Markup(),
    )


def _filled(template: Template, **values: str) -> Markup:
    """*template* with *values*, all of which are escaped that are no `Markup`."""
    escaped = {
        name: value if isinstance(value, Markup) else html.escape(value)
        for name, value in values.items()
    }
    return Markup(template.substitute(escaped))


def _blocks(text: str, button: str) -> Iterator[Markup]:
    kind = "main"  # one button leads, the others stand back
    for paragraph in filter(None, map(str.strip, text.split("\n\n"))):
        if _URL.fullmatch(paragraph):
            words = BUTTONS.get(urlsplit(paragraph).path, button)
            colours = Markup(_COLOURS[kind])
            yield _filled(_BUTTON, kind=kind, url=paragraph, words=words, colours=colours)
            kind = "other"
        else:
            yield _filled(_PARAGRAPH, words=_lines(paragraph))


def _lines(words: str) -> Markup:
    return Markup("<br>\n".join(map(html.escape, words.splitlines())))


def _linked(words: str) -> Markup:
    """*words* of ours, with the links in them."""
    links = [_filled(_LINK, url=url) for url in _URL.findall(words)]
    pieces = [_lines(piece) for piece in _URL.split(words)]
    return Markup("".join(piece + link for piece, link in zip(pieces, [*links, ""], strict=True)))

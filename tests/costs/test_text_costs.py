"""What it costs to read a text grows as the text does, whatever the text: twice for twice as much.

Everything that reads what strangers write is tried here by itself, at the size that it may have.
"""

import contextlib
import json
import urllib.parse
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from handlers.http.operations import strict_json
from handlers.pages.user_agents import name_of
from models.account.email_addresses import normalised_email
from models.account.factors import clean_name
from models.account.password_policy import check
from models.base.errors import Refusal
from models.base.merge import Merge, merge
from models.base.text import search_words
from models.base.text.masking import masked
from models.base.time import EPOCH, check_zone
from models.base.validation import checked
from models.habits.rrule import Rule
from models.oauth.client import OAuthClient
from models.oauth.redirects import difference, flaw_of
from models.tasks import NewTask
from models.wire.cursor import cursor_of_feed
from streams.admin.timeline import TimelinePosition
from tests.costs.adversarial import UNITS, repeated, units
from tests.costs.cpu import Work, flaw
from tests.imports.exports import MEDITATE, NEW, NOW, OVERVIEW, zipped
from tests.imports.tables import ENTRY
from upcoach.services.base.jwt_signatures import BadSignature, header_of
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.imports.readers import csv_import, dayone, habitica, loop_plan

Ready = Callable[[], object]
APP: Final = OAuthClient(id="cli_1", name="A", kind="public", redirects=("http://127.0.0.1/cb",))
IN_A_THREAD: Final = 0.25  # seconds: work in Python, which gives others their turn


class Reader(NamedTuple):
    """Something that reads a text of at most *most* characters.

    Attributes
    ----------
    hold_s
        How long it may take: longer where it is in a thread and holds nobody.

    """

    most: int
    ready: Callable[[str], Ready]
    hold_s: float = 0.05


def reads(most: int, read: Callable[[str], object], **more: float) -> Reader:
    """A reader that is a function."""
    return Reader(most, lambda text: lambda: read(text), **more)


def archive(most: int, files: Callable[[str], dict[str, Any]], read: Any) -> Reader:
    """A reader of a zip archive, which is packed beforehand."""

    def ready(text: str) -> Ready:
        packed = zipped(files(text))
        return lambda: read(packed, owner="usr_1", tz="UTC", now=NOW)

    return Reader(most, ready, IN_A_THREAD)


def diary(field: str, *, several: bool = False) -> Callable[[str], dict[str, Any]]:
    """An archive of Day One with a text in *field* of an entry."""

    def files(text: str) -> dict[str, Any]:
        entry = ENTRY | {field: [text] if several else text}
        return {"Journal.json": json.dumps({"entries": [entry]})}

    return files


def game(field: str) -> Reader:
    """Habitica's export with a text in *field* of a to-do."""

    def read(text: str) -> object:
        todo = {"_id": "t", "text": "a"} | {field: text}
        export = {"tasks": {"todos": [todo]}}
        return habitica.read(export, owner="usr_1", tz="UTC", now=NOW)

    return reads(100_000, read, hold_s=IN_A_THREAD)


def table(what: Any, text: str) -> object:
    content = text.encode(errors="replace")
    return csv_import.read(content, what=what, owner="usr_1", tz="UTC", now=NOW)


def form(text: str) -> object:
    pairs = urllib.parse.parse_qsl(f"a={urllib.parse.quote(text)}", max_num_fields=64)
    return Parameters(pairs).words("a")


READERS: Final = {
    "a refusal of a name": reads(63_000, lambda text: checked({text: 1}, NewTask)),
    "a refusal of a value": reads(63_000, lambda text: checked({"status": text}, NewTask)),
    "masking": reads(30_000, masked),
    "words": reads(30_000, search_words.words_of),
    "a label": reads(512, search_words.label),
    "merging": reads(
        30_000,
        lambda text: merge({"a": text}, {"a": text + "b"}, {"a": text + "c"}, {"a": Merge.APPEND}),
    ),
    "JSON": Reader(63_000, lambda text: _json({"a": text})),
    "JSON of many": Reader(63_000, lambda text: _json(list(text[:8_000]))),
    "JSON of names": Reader(63_000, lambda text: _json({text: {text: 1}})),
    "no JSON": reads(63_000, lambda text: strict_json.parse(text.encode(errors="replace"))),
    "a name": reads(8_192, clean_name),
    "an address": reads(63_000, normalised_email),
    "a password": reads(128, lambda text: check(text, text[:100], text)),
    "a zone": reads(63_000, check_zone),
    "a rule": reads(255, lambda text: Rule(text, EPOCH)),
    "a cursor": reads(2_048, lambda text: cursor_of_feed(text, "u:me")),
    "a place": reads(2_048, TimelinePosition.parse),
    "a browser": reads(16_384, name_of),
    "a form": reads(8_192, form),
    "a redirect": reads(8_192, APP.admits),
    "a redirect to be": reads(8_192, lambda text: flaw_of(text, "public")),
    "a redirect that is like another": reads(8_192, lambda text: difference(text, APP.redirects)),
    "a token": reads(8_192, header_of),
    "a day's text": archive(100_000, diary("text"), dayone.read),
    "a day's zone": archive(100_000, diary("timeZone"), dayone.read),
    "a day's tags": archive(100_000, diary("tags", several=True), dayone.read),
    "a day's id": archive(100_000, diary("uuid"), dayone.read),
    "no diary": archive(
        100_000, lambda text: {"Journal.json": text.encode(errors="replace")}, dayone.read
    ),
    "a to-do's text": game("text"),
    "a to-do's notes": game("notes"),
    "a to-do's date": game("date"),
    "a habit's name": archive(
        100_000,
        lambda text: {"Habits.csv": NEW + MEDITATE.replace("Meditate", json.dumps(text))},
        loop_plan.read,
    ),
    "a history": archive(
        100_000,
        lambda text: {"Habits.csv": NEW + MEDITATE, OVERVIEW: text.encode(errors="replace")},
        loop_plan.read,
    ),
    "a table": reads(100_000, lambda text: table("tasks", text), hold_s=IN_A_THREAD),
    "a table's cell": reads(
        100_000, lambda text: table("tasks", f"title,tags\na,{text}"), hold_s=IN_A_THREAD
    ),
    "a table's number": reads(
        100_000, lambda text: table("moods", f"date,level\n2026-01-05,{text}"), hold_s=IN_A_THREAD
    ),
}


@pytest.mark.parametrize("every", [18, pytest.param(1, marks=pytest.mark.chaos)])
@pytest.mark.parametrize("name", READERS)
def test_twice_the_text_is_twice_the_work(name: str, every: int) -> None:
    reader = READERS[name]
    found = {
        unit: told
        for unit in dict.fromkeys((*units()[::every], *UNITS))
        if (told := flaw(_work(reader, unit), reader.most, reader.hold_s))
    }

    assert found == {}


def _work(reader: Reader, unit: str) -> Work:
    return lambda size: _trying(reader, repeated(unit, size))


def _trying(reader: Reader, text: str) -> Ready:
    """The work of *reader*, which may refuse *text*."""
    ready = reader.ready(text)

    def work() -> None:
        with contextlib.suppress(Refusal, OAuthError, BadSignature):
            ready()

    return work


def _json(value: Any) -> Ready:
    raw = json.dumps(value).encode()
    return lambda: strict_json.parse(raw)

"""The texts of notifications: complete, alike and plural in every language."""

import datetime as dt
import string
from importlib import resources
from typing import Final

import pytest
from babel.messages import pofile

from models.notifications import TYPES
from upcoach.services.notifications import texts
from upcoach.services.notifications.texts import TEXTS, text_of
from upcoach.services.notifications.texts.catalogues import LANGUAGES, Values

PARTS: Final = ("title", "body")
NAMES: Final = {
    ".".join(filter(None, (text, case, part)))
    for text, cases in TEXTS.items()
    for case in cases
    for part in PARTS
}
LONGEST: Final = 40  # letters of a title without its values: what a lock screen shows


def messages(language: str) -> dict[str, tuple[str, ...]]:
    """The forms of each message of a catalogue, by its name."""
    with resources.files(texts).joinpath(f"{language}.po").open("rb") as file:
        found = pofile.read_po(file, locale=language, abort_invalid=True)
    forms = {}
    for message in found:
        if message.id:
            name = message.id if isinstance(message.id, str) else message.id[0]
            said = message.string or ""
            forms[name] = (said,) if isinstance(said, str) else tuple(said)
    return forms


def fields(forms: tuple[str, ...]) -> set[str]:
    """The values that the forms of a message name."""
    return {field for form in forms for _, field, _, _ in string.Formatter().parse(form) if field}


def test_every_type_has_a_text() -> None:
    assert set(TEXTS) == {*TYPES, "digest", "mail"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_message_and_no_other(language: str) -> None:
    found = messages(language)

    assert set(found) == NAMES
    assert [name for name, forms in found.items() if not all(forms)] == []
    assert [
        name
        for name, forms in found.items()
        if name.endswith("title") and max(map(len, forms)) > LONGEST
    ] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_names_the_same_values_and_plurals(language: str) -> None:
    source, other = messages(LANGUAGES[0]), messages(language)

    assert {name: fields(forms) for name, forms in other.items()} == {
        name: fields(forms) for name, forms in source.items()
    }
    assert {name for name, forms in other.items() if len(forms) > 1} == {
        name for name, forms in source.items() if len(forms) > 1
    }
    counted = [name for name, forms in source.items() if "count" in fields(forms)]
    assert [name for name in counted if len(source[name]) == 1] == []


@pytest.mark.parametrize(
    ("locale", "one", "many"),
    [
        ("de", "Noch 1 Tag,", "Noch 1.200 "),
        ("de-CH", "Noch 1 Tag,", "Noch 1'200 "),
        ("de-DE-x-private", "Noch 1 Tag,", "Noch 1.200 "),
        ("de-XX", "Noch 1 Tag,", "Noch 1.200 "),
        ("en-GB", "1 day left,", "1,200 days left,"),
        ("fr", "1 day left,", "1,200 days left,"),
        ("xx-YY", "1 day left,", "1,200 days left,"),
        (None, "1 day left,", "1,200 days left,"),
    ],
)
def test_the_language_is_that_of_the_locale_and_the_plural_that_of_the_count(
    locale: str | None, one: str, many: str
) -> None:
    found = [
        text_of("at_risk_goal", "", {"goal": "Run", "count": count}, locale) for count in (1, 1200)
    ]

    assert [text.title for text in found] == ["Run", "Run"]
    assert found[0].body.startswith(one)
    assert found[1].body.startswith(many)


def test_times_are_written_as_people_of_a_place_write_them() -> None:
    values: Values = {"task": "Taxes", "time": dt.time(18, 5)}

    assert text_of("task_due", "", values, "en-US").body == "Due at 6:05\u202fPM."
    assert text_of("task_due", "", values, "en-GB").body == "Due at 18:05."
    assert text_of("task_due", "", values, "de").body == "Fällig um 18:05 Uhr."


@pytest.mark.parametrize(
    ("case", "locale", "one", "many"),
    [
        ("in_minutes", "en-GB", "Due in 1 minute, at 18:05.", "Due in 90 minutes, at 18:05."),
        ("in_hours", "en-GB", "Due in 1 hour, at 18:05.", "Due in 90 hours, at 18:05."),
        ("in_days", "en-GB", "Due in 1 day, at 18:05.", "Due in 90 days, at 18:05."),
        ("in_minutes", "de", "In 1 Minute fällig, um 18:05 Uhr.", "In 90 Minuten fällig, um"),
        ("in_hours", "de", "In 1 Stunde fällig, um 18:05 Uhr.", "In 90 Stunden fällig, um"),
        ("in_days", "de", "In 1 Tag fällig, um 18:05 Uhr.", "In 90 Tagen fällig, um"),
    ],
)
def test_what_is_left_is_counted_in_its_unit(case: str, locale: str, one: str, many: str) -> None:
    values: Values = {"task": "Taxes", "time": dt.time(18, 5)}
    found = [
        text_of("task_reminder", case, {**values, "count": count}, locale).body for count in (1, 90)
    ]

    assert (found[0], found[1][: len(many)]) == (one, many)


def test_a_value_is_put_in_as_it_is_and_a_title_fits() -> None:
    text = text_of("habit_reminder", "", {"habit": "{count} %s " + "x" * 255}, "en")

    assert text.title.startswith("{count} %s xxx")
    assert (len(text.title), text.title[-1]) == (255, "…")
    with pytest.raises(KeyError):
        text_of("habit_reminder", "", {}, "en")
    with pytest.raises(LookupError):
        text_of("task_due", "tomorrow", {}, "en")

"""Card numbers are masked, whatever they are written with, and nothing else is touched."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.text.masking import masked
from models.base.validation import checked
from models.moods import NewMood
from models.tasks import NewTask

GAPS = ("", " ", "-", "\u00a0", " - ", "\u2013", "\u2011")


def luhn(digits: str) -> str:
    """*digits* with the check digit that makes them right."""
    for last in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(digits + last)):
            doubled = int(digit) * 2
            total += int(digit) if place % 2 == 0 else doubled // 10 + doubled % 10
        if total % 10 == 0:
            return digits + last
    raise AssertionError


@st.composite
def cards(draw: st.DrawFn) -> tuple[str, str]:
    """A card number, and how somebody writes it."""
    number = luhn(draw(st.text("0123456789", min_size=12, max_size=18)))
    gap = draw(st.sampled_from(GAPS))
    size = draw(st.integers(3, 6))
    groups = [number[place : place + size] for place in range(0, len(number), size)]
    return number, gap.join(groups)


@given(st.text("abc,.\n", max_size=9), cards(), st.text("abc,.\n", max_size=9))
def test_a_card_number_is_cut_to_its_first_four(
    before: str, card: tuple[str, str], after: str
) -> None:
    number, written = card

    assert masked(before + written + after) == f"{before}{number[:4]}…{after}"


@given(st.text(st.sampled_from("0123456789 -ab"), max_size=80))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = masked(text)

    assert masked(once) == once
    assert len(once) <= len(text)


@given(st.text(st.characters().filter(lambda letter: not letter.isdigit()), max_size=80))
def test_what_has_no_digits_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("+49 30 1234567, 2026-01-05 12:30", "+49 30 1234567, 2026-01-05 12:30"),
        ("4111111111111111 4111111111111111", "4111… 4111…"),
        ("12 4111 1111 1111 1111 7", "12 4111… 7"),
        ("card:5500-0000-0000-0004.", "card:5500…."),
        ("4222222222222", "4222…"),
        ("6304000000000000000", "6304…"),
        ("0" * 20, "0" * 20),
        ("4111\n1111 1111 1111", "4111\n1111 1111 1111"),
        ("\u0664\u0661\u0661\u0661" * 1 + "\u0661" * 12, "\u0664\u0661\u0661\u0661…"),
    ],
)
def test_numbers_as_people_write_them(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_drafts_are_masked_before_anybody_sees_them() -> None:
    card = "4111-1111-1111-1111"
    steps = {"a": {"title": card}}

    task = checked({"title": card, "notes": card, "tags": [card], "steps": steps}, NewTask)
    mood = checked({"level": 1, "note": card, "activities": [card], "emotions": [card]}, NewMood)

    assert (task.title, task.notes, task.tags) == ("4111…", "4111…", ("4111…",))
    assert task.steps["a"].title == "4111…"
    assert (mood.note, mood.activities, mood.emotions) == ("4111…", ("4111…",), ("4111…",))
    assert not re.search("1{4,}", repr((task, mood)).replace(task.id, "").replace(mood.id, ""))

"""A person's habits over some months, as Loop Habit Tracker would export them.

Nobody's real days: a small simulation with what real histories show, namely better and worse
weekdays, runs that keep themselves going, a slump, a habit that was given up.
"""

import csv
import datetime as dt
import io
import itertools
import math
import random
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import msgspec

NOTED = 0.15  # of the days have a note
SKIPPED = 0.1  # of the days without

MODIFIED = (2024, 1, 1, 0, 0, 0)  # the same archive for the same day, to the last byte


class Trait(msgspec.Struct, frozen=True, kw_only=True):
    """A habit and how its owner keeps it.

    Attributes
    ----------
    base
        Log-odds of a done day, on an average weekday after a day without.
    weekdays
        What Monday to Sunday add to the log-odds.
    momentum
        What yesterday's success adds.
    slump
        First and last day, as shares of the history, on which everything is harder.

    """

    name: str
    question: str = ""
    color: str
    times: int = 1
    days: int = 1
    base: float
    weekdays: tuple[float, ...] = (0, 0, 0, 0, 0, 0, 0)
    momentum: float = 1.0
    slump: tuple[float, float] = (1, 1)
    unit: str = ""
    target: float = 0
    until: float = 1.0
    notes: tuple[str, ...] = ()

    @property
    def archived(self) -> bool:
        """Whether it was given up."""
        return self.until < 1


TRAITS = (
    Trait(
        name="Meditate",
        question="Did you meditate this morning?",
        color="#FF8F00",
        base=0.4,
        weekdays=(0.6, 0.5, 0.4, 0.3, 0, -1.2, -1.4),
        notes=("Ten minutes, calm", "On the train", 'Guided, "body scan"'),
    ),
    Trait(
        name="Wake up early",
        question="Up before 6:30?",
        color="#00897B",
        base=-0.1,
        weekdays=(0.8, 0.8, 0.8, 0.6, 0.5, -2.0, -2.0),
    ),
    Trait(
        name="Gym",
        question="Did you train?",
        color="#D32F2F",
        times=3,
        days=7,
        base=-0.4,
        weekdays=(0.9, -1.5, 0.9, -1.5, 0.7, 0.5, -1.0),
        momentum=-1.5,
        slump=(0.45, 0.58),
        notes=("Legs", "Back, shoulders", "Short one"),
    ),
    Trait(
        name="Run",
        question="How far did you run?",
        color="#303F9F",
        base=-0.3,
        weekdays=(-0.3, 0.3, -0.3, 0.5, -0.6, 1.4, 1.0),
        momentum=0.2,
        unit="km",
        target=3,
    ),
    Trait(
        name="Read before sleep",
        question="Twenty pages?",
        color="#5D4037",
        base=0.9,
        momentum=1.4,
        slump=(0.7, 0.8),
    ),
    Trait(
        name="No sugar",
        color="#7B1FA2",
        base=0.2,
        momentum=0.6,
        until=0.4,
        notes=("Birthday cake",),
    ),
)

HABITS_COLUMNS = (
    "Position",
    "Name",
    "Type",
    "Question",
    "Description",
    "FrequencyNumerator",
    "FrequencyDenominator",
    "Color",
    "Unit",
    "Target Type",
    "Target Value",
    "Archived?",
)


class Checkmark(msgspec.Struct, frozen=True):
    """A line of `Checkmarks.csv`."""

    day: dt.date
    value: str
    note: str = ""


def loop_export(
    today: dt.date, *, seed: int = 7, days: int = 240, lived: int | None = None
) -> bytes:
    """The zip that the app would write on *today*, after *days* days of use.

    With *lived*, the one that it would have written when only so many of these days had passed.
    """
    first = today - dt.timedelta(days=days)
    histories = []
    for trait in TRAITS:
        chance = random.Random(f"{seed}/{trait.name}")  # noqa: S311 - the same days each time
        histories.append((trait, _marks(trait, first, days, chance)[:lived]))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        _write(file, "Habits.csv", [HABITS_COLUMNS, *_habit_rows()])
        for position, (trait, marks) in enumerate(histories, start=1):
            folder = f"{position:03} {trait.name}"
            newest_first = [(mark.day.isoformat(), mark.value, mark.note) for mark in marks[::-1]]
            _write(file, f"{folder}/Checkmarks.csv", [("Date", "Value", "Notes"), *newest_first])
            scores = [(day.isoformat(), score) for day, score in _scores(trait, marks)]
            _write(file, f"{folder}/Scores.csv", [("Date", "Score"), *scores[::-1]])
        values = [{mark.day: mark.value for mark in marks} for _, marks in histories]
        _write(file, "Checkmarks.csv", _side_by_side(values, "UNKNOWN"))
        strengths = [dict(_scores(trait, marks)) for trait, marks in histories]
        _write(file, "Scores.csv", _side_by_side(strengths, "0.0000"))
    return archive.getvalue()


def _marks(trait: Trait, first: dt.date, days: int, chance: random.Random) -> list[Checkmark]:
    """What happened each day, and what the app filled in."""
    lived = list(_lived(trait, first, days, chance))
    return [_filled_in(trait, lived, place) for place in range(len(lived))]


def _lived(trait: Trait, first: dt.date, days: int, chance: random.Random) -> Iterator[Checkmark]:
    done = False
    for number in range(int(days * trait.until)):
        day = first + dt.timedelta(days=number)
        done = chance.random() < _odds(trait, day, number / days, yesterday=done)
        yield _mark(trait, day, chance, done=done)


def _odds(trait: Trait, day: dt.date, share: float, *, yesterday: bool) -> float:
    logit: float = trait.base + trait.weekdays[day.weekday()] + trait.momentum * yesterday
    if trait.slump[0] <= share < trait.slump[1]:
        logit -= 2.5
    return 1 / (1 + math.exp(-logit))


def _mark(trait: Trait, day: dt.date, chance: random.Random, *, done: bool) -> Checkmark:
    note = chance.choice(trait.notes) if trait.notes and chance.random() < NOTED else ""
    if trait.unit:
        tenths = round(trait.target * chance.uniform(1, 2.5) * 10) if done else 0
        return Checkmark(day, str(tenths * 100), note)
    if not done and chance.random() < SKIPPED:
        return Checkmark(day, "SKIP", "Travelling")
    return Checkmark(day, "YES_MANUAL" if done else "NO", note if done else "")


def _filled_in(trait: Trait, lived: Sequence[Checkmark], place: int) -> Checkmark:
    """The mark at *place*; a day without is filled in when its window is fulfilled."""
    mark = lived[place]
    if mark.value != "NO" or trait.days == 1:
        return mark
    window = lived[max(0, place - trait.days + 1) : place]
    done = sum(other.value == "YES_MANUAL" for other in window)
    return Checkmark(mark.day, "YES_AUTO") if done >= trait.times else mark


def _scores(trait: Trait, marks: Sequence[Checkmark]) -> list[tuple[dt.date, str]]:
    """The app's strength: s' = s m + c (1 - m), with m = 0.5^(sqrt(frequency) / 13)."""
    multiplier: float = 0.5 ** (math.sqrt(trait.times / trait.days) / 13)

    def following(score: float, mark: Checkmark) -> float:
        if mark.value == "SKIP":
            return score
        return score * multiplier + _share(trait, mark) * (1 - multiplier)

    scores = itertools.accumulate(marks, following, initial=0.0)
    after = itertools.islice(scores, 1, None)
    return [(mark.day, f"{score:.4f}") for mark, score in zip(marks, after, strict=True)]


def _share(trait: Trait, mark: Checkmark) -> float:
    if trait.unit:
        return min(1.0, int(mark.value) / 1000 / trait.target)
    return float(mark.value.startswith("YES"))


def _habit_rows() -> Iterator[tuple[str, ...]]:
    for position, trait in enumerate(TRAITS, start=1):
        measured = bool(trait.unit)
        yield (
            f"{position:03}",
            trait.name,
            "NUMERICAL" if measured else "YES_NO",
            trait.question,
            "",
            str(trait.times),
            str(trait.days),
            trait.color,
            trait.unit,
            "AT_LEAST" if measured else "",
            str(float(trait.target)) if measured else "",
            "true" if trait.archived else "false",
        )


def _side_by_side(columns: Sequence[dict[dt.date, str]], missing: str) -> Iterator[tuple[str, ...]]:
    """All habits in one table, newest first; the app ends each of its lines with a comma."""
    yield ("Date", *(trait.name for trait in TRAITS), "")
    for day in sorted(set().union(*columns), reverse=True):
        yield (day.isoformat(), *(column.get(day, missing) for column in columns), "")


def _write(file: zipfile.ZipFile, name: str, rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    member = zipfile.ZipInfo(name, MODIFIED)
    member.compress_type = zipfile.ZIP_DEFLATED
    file.writestr(member, text.getvalue())

"""Seeds a person with years of history, through the same operations that people use."""

import csv
import datetime as dt
import io
import random
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import msgspec

from handlers.http.operations import Operation, Router
from handlers.openapi.path_parameters import PATH_PARAMETERS
from models.base.errors import Refusal
from upcoach.cli.explain.drafts import Drafts
from upcoach.cli.explain.questions import NoExample, Questions

AT_ONCE: Final = 15  # habits of one import, whose entries have a limit
FEW: Final = {"/v1/habits": 8}  # beside those that are imported: one of each kind
TRIES: Final = 4  # drafts for each document: the rules behind a type refuse some
LATE_TRIES: Final = 40  # the same of what may need one of a few: a goal that has been changed


# What takes a coach who has that time: see `others`.
OF_TWO: Final = ("/v1/coaching/holds", "/v1/coaching/sessions")


class Scale(msgspec.Struct, frozen=True):
    """How much there is: *habits* with an entry on each of *days*, and of each kind *documents*."""

    habits: int
    days: int
    documents: int


FULL: Final = Scale(habits=30, days=5 * 365, documents=300)
SHORT: Final = Scale(habits=2, days=40, documents=6)

# Writes a body, from a version, to what stands in the path; or raises the refusal.
Write = Callable[[Operation[Any], dict[str, str], Any, int | None], Awaitable[None]]


class Seeds:
    """Creates a person's documents of every kind that can be written.

    Attributes
    ----------
    unsown
        The operations that took none of the drafts, each with its last refusal.

    """

    def __init__(
        self, router: Router, write: Write, questions: Questions, fixed: dict[str, str]
    ) -> None:
        self._write = write
        self._questions = questions
        self._fixed = fixed
        self._chance = random.Random(5)  # noqa: S311 - the same history each time
        self._drafts = Drafts(self._chance, dt.datetime.now(dt.UTC).date())
        self._live = [
            operation
            for route in router.routes
            for operation in route.operations.values()
            if operation.live
            and operation.takes is not None
            and not operation.path.startswith(OF_TWO)
        ]
        self.unsown: dict[Operation[Any], str] = {}

    async def sow(self, documents: int, late_tries: int = LATE_TRIES) -> None:
        """Create *documents* of each kind, and change some of them."""
        for method, count in (("POST", documents), ("PUT", documents), ("PATCH", documents // 5)):
            for operation in self._live:
                if operation.method == method:
                    self._questions.forget()
                    await self._sow(operation, min(max(count, 2), FEW.get(operation.path, count)))
        # What was refused may have needed something that was made later.
        early, self.unsown = self.unsown, {}
        for operation in early:
            await self._sow(operation, 2, late_tries)

    async def _sow(self, operation: Operation[Any], count: int, tries: int = TRIES) -> None:
        done, refusal = 0, ""
        for _ in range(count * tries):
            try:
                await self._sow_one(operation)
                done += 1
            except (Refusal, NoExample) as failure:
                refusal = str(failure)
            if done == count:
                return
        if not done:
            self.unsown[operation] = refusal

    async def _sow_one(self, operation: Operation[Any]) -> None:
        names = await self._names(operation.path)
        base = None
        if operation.base == "required":
            base = await self._questions.version(operation.path, names)
        patches = operation.body == "merge-patch"
        make = self._drafts.change if patches else self._drafts.draft
        await self._write(operation, names, make(operation.takes), base)

    async def _names(self, path: str) -> dict[str, str]:
        """Path parameters for *path*: an existing document's, and at its end a new one's."""
        above, _, last = path.rpartition("/")
        name = last.strip("{}")
        if name in PATH_PARAMETERS:
            return await self._names(above) | {
                name: self._drafts.value(PATH_PARAMETERS[name], name)
            }
        if name in self._fixed:
            return await self._names(above) | {name: self._fixed[name]}
        return await self._questions.names(path, self._chance.randrange(10))


def loop_archives(scale: Scale, today: dt.date) -> Iterator[bytes]:
    """The exports of Loop Habit Tracker that hold the habits of *scale*."""
    chance = random.Random(3)  # noqa: S311 - the same history each time
    for first in range(0, scale.habits, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, scale.habits))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            rows = [(f"{n + 1:03}", f"Habit {n}", "", "", 1, 1, "#FF8F00") for n in numbers]
            columns = [
                "Position",
                "Name",
                "Question",
                "Description",
                "NumRepetitions",
                "Interval",
                "Color",
            ]
            file.writestr("Habits.csv", _text([columns, *rows]))
            for n in numbers:
                days = [(today - dt.timedelta(days=ago)).isoformat() for ago in range(scale.days)]
                marks = [(day, chance.choice((2, 2, 2, 0, 3))) for day in days]
                file.writestr(f"{n + 1:03} Habit {n}/Checkmarks.csv", _text(marks))
        yield archive.getvalue()


def _text(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

"""Every field at its bounds and beyond, by every road: 2xx or 4xx, and nothing breaks."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import pytest

from config.settings import Settings
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.imports.games import GAME
from tests.laws.contexts import WRITES, furnished
from tests.store.hostile import ANYTHING, bodies
from tests.store.whole import assert_whole
from tests.support.laws.snapshots import Row
from tests.support.laws.surface import SURFACE
from tests.support.server import serving
from tests.support.wire.sockets import Wire, talking
from tests.support.wire.writes import MUTATIONS, ask
from upcoach.client import RestClient

TOGETHER: Final = 100
BYTES: Final = 200_000
TAKES: Final = {(row.method, row.path): row.takes for row in SURFACE if row.takes is not None}

Case = tuple[str, Row, Json]


def rows() -> Iterator[Row]:
    """One accepted write of each operation that takes a body, the longest."""
    accepted = [
        row
        for row in WRITES
        if row.events and isinstance(row.body, dict) and (row.method, row.path) in TAKES
    ]
    for _, some in itertools.groupby(sorted(accepted, key=_place), _place):
        yield max(some, key=lambda row: len(msgspec.json.encode(row.body)))


def _place(row: Row) -> tuple[str, str]:
    return row.method, row.path


def cases(row: Row) -> list[Case]:
    """The row's write in all ways that somebody may get wrong."""
    plain = {name: value for name, value in row.body.items() if name != "id"}
    return [(path, row, body) for path, body in bodies(plain, TAKES[_place(row)])]


async def by_batch(person: RestClient, some: Iterable[Case]) -> None:
    """Send *some* cases together."""
    for portion in _cut(some):
        base = await _version(person, portion[0][1])
        frames = [_frame(row, body, base) for _, row, body in portion]
        answer = await person.call("POST", MUTATIONS, frames)
        assert answer.status == 200, answer
        for case, one in zip(portion, answer.body, strict=True):
            assert one["status"] < 500 or _is_crowd(one), (case[0], case[1].name, one)


async def by_rest(person: RestClient, case: Case) -> None:
    """Send a case alone."""
    _, row, body = case
    base = await _version(person, row)
    headers = {} if base is None else {"If-Match": f'"v{base}"'}
    answer = await person.call(row.method, row.url, body, headers=headers)
    assert answer.status < 500, (case[0], row.name, answer)


async def by_socket(person: RestClient, wire: Wire, case: Case) -> None:
    """Send a case as a frame."""
    _, row, body = case
    [answer] = await ask(wire, {"t": "mut"} | _frame(row, body, await _version(person, row)))
    assert answer["status"] < 500, (case[0], row.name, answer)


def is_plain(value: Any) -> bool:
    """Whether JSON for everybody can say it: otherwise a batch is refused as a whole."""
    if isinstance(value, dict):
        return all(map(is_plain, (*value, *value.values())))
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, list):
        return all(map(is_plain, value))
    return not isinstance(value, int | float) or abs(value) <= 2**53


def _cut(some: Iterable[Case]) -> Iterator[list[Case]]:
    """*some* in portions that a request takes."""
    portion: list[Case] = []
    size = 0
    for case in some:
        size += len(msgspec.json.encode(case[2])) + 300
        if portion and (len(portion) == TOGETHER or size > BYTES):
            yield portion
            portion, size = [], 0
        portion.append(case)
    if portion:
        yield portion


def _is_crowd(answer: Json) -> bool:
    """Whether it is the answer to one of many who change one goal at once."""
    return bool(answer["problem"]["code"] == "goal_contended")


def _frame(row: Row, body: Json, base: int | None) -> Json:
    frame: Json = {"id": new_mutation_id(), "op": row.method, "path": row.url, "body": body}
    return frame if base is None else frame | {"base": base}


async def _version(person: RestClient, row: Row) -> int | None:
    if row.method != "PATCH" or row.base is None:
        return None
    answer = await person.call("GET", row.url)
    assert answer.status == 200, answer
    return int(answer.body["version"])


async def walk(settings: Settings, every: int) -> None:
    """Send one of *every* so many cases of each operation."""
    async with serving(settings) as server:
        person = await furnished(server)
        for row in rows():
            some = cases(row)[::every]
            await by_batch(person, [case for case in some if is_plain(case[2])])
            for case in some[::25]:
                await by_rest(person, case)
            async with talking(server, person) as wire:
                for case in some[7::25]:
                    await by_socket(person, wire, case)
            await assert_whole(person)


async def walk_imports(settings: Settings, every: int) -> None:
    """Bring one of *every* so many odd files, shown first or not."""
    async with serving(settings) as server:
        person = await server.person()
        for number, (path, game) in enumerate(itertools.islice(games(), 0, None, every)):
            query = ("?dry_run=true", "")[number % 2]
            answer = await person.call("POST", f"/v1/imports/habitica{query}", game)
            assert answer.status in (200, 400, 422), (path, answer)
        await assert_whole(person)


async def test_no_value_breaks_an_account(settings: Settings) -> None:
    await walk(settings, every=13)


@pytest.mark.chaos
async def test_no_value_at_all_breaks_an_account(settings: Settings) -> None:
    await walk(settings, every=1)


async def test_no_value_of_an_import_breaks_an_account(settings: Settings) -> None:
    await walk_imports(settings, every=7)


@pytest.mark.chaos
async def test_no_value_at_all_of_an_import_breaks_an_account(settings: Settings) -> None:
    await walk_imports(settings, every=1)


def games() -> Iterator[tuple[str, Any]]:
    """An export with one thing after the other that is not as it should be."""
    for name in ("habits", "dailys", "todos"):
        [task, *_] = GAME["tasks"][name]
        for field, other in itertools.product((*task, "everyX", "daysOfMonth", "text"), ANYTHING):
            bent = task | {field: other, "_id": f"{field}-{other!r}"[:60]}
            yield f"{name}/{field}", GAME | {"tasks": {name: [bent]}}


async def test_a_habit_of_more_days_than_a_schedule_has_is_refused_or_bent(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        daily = GAME["tasks"]["dailys"][0] | {"frequency": "daily", "everyX": 367}

        answer = await person.call(
            "POST", "/v1/imports/habitica", GAME | {"tasks": {"dailys": [daily]}}
        )

        assert answer.status in (200, 422)
        await assert_whole(person)

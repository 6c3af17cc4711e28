"""Every question that the surface answers: each GET, with each of its filters and orders.

Whoever asks says how (`Ask`); what stands in a path or a filter is found in earlier answers.
"""

import datetime as dt
import itertools
import re
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import inspect as types

from handlers.operations import Items, Operation, Router
from models.merge_patch import Json

TRIED: Final = 20  # parents that are looked at for one with children

# What a parameter may be where neither its type nor an answer tells; none: asked by `Link` alone.
SAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "after": (),
    "feed": (),
    "from": ("goal",),
    "kind": ("goal", "habit.entry"),
    "limit": ("2",),
    "q": ("run",),
    "since": (),
    "tz": ("Europe/Berlin",),
}

# What a route cannot do without.
NEEDED: Final[dict[str, dict[str, str]]] = {"/v1/events": {"since": "0"}}


class Question(msgspec.Struct, frozen=True):
    """A GET with what stands in its path and behind it."""

    operation: Operation
    names: dict[str, str] = {}
    query: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True):
    """What was answered: the body as JSON holds it, and where a list goes on."""

    body: Any
    link: str = ""


Ask = Callable[[Question], Awaitable[Answer | None]]  # None: the server refused


class NoExample(LookupError):
    """Nobody knows how to ask."""


class Questions:
    """The questions of a surface."""

    def __init__(self, router: Router, ask: Ask, *, together: int = 2) -> None:
        self._reads = {
            route.path: route.operations["GET"]
            for route in router.routes
            if "GET" in route.operations
        }
        self._ask = ask
        self._together = together
        self._lists: dict[tuple[str, ...], Sequence[Json]] = {}

    async def ask_all(self) -> None:
        """Ask every question; `NoExample` for a route that answers none."""
        for path, operation in self._reads.items():
            names = await self.names(path)
            if not [one async for one in self._answers(operation, names)]:
                raise NoExample(f"GET {path} refuses whatever it is asked.")

    async def names(self, path: str, place: int = 0) -> dict[str, str]:
        """What may stand in *path*: the one at *place*, or the last, of what lists have shown."""
        found = None
        async for candidate in self._candidates(path):
            found = candidate
            if not place:
                break
            place -= 1
        if found is None:
            raise NoExample(f"{path}: no list shows what could stand in it.")
        return found

    async def read(self, path: str, names: dict[str, str]) -> Json | None:
        """What GET *path* answers, if it does."""
        answer = (
            await self._ask(Question(self._reads[path], names)) if path in self._reads else None
        )
        return None if answer is None else answer.body

    def forget(self) -> None:
        """Look at lists anew."""
        self._lists.clear()

    async def _answers(self, operation: Operation, names: dict[str, str]) -> AsyncIterator[Answer]:
        known = await self._listed(operation.path, names)
        for query in self._queries(operation, known):
            answer = await self._ask(Question(operation, names, query))
            if answer is None:
                continue
            yield answer
            if answer.link:
                behind = dict(parse_qsl(urlsplit(answer.link).query))
                following = await self._ask(Question(operation, names, behind))
                if following is None:
                    raise NoExample(f"GET {operation.path} refuses its own Link: {behind}")
                yield following

    def _queries(self, operation: Operation, known: Sequence[Json]) -> Iterator[dict[str, str]]:
        needed = NEEDED.get(operation.path, {})
        info = types.type_info(operation.query)
        assert isinstance(info, types.StructType)
        choices = {
            field.encode_name: self._values(operation, field, known) for field in info.fields
        }
        for size in range(self._together + 1):
            for chosen in itertools.combinations(choices, size):
                for values in itertools.product(*(choices[name] for name in chosen)):
                    yield needed | dict(zip(chosen, values, strict=True))

    def _values(
        self, operation: Operation, field: types.Field, known: Sequence[Json]
    ) -> tuple[str, ...]:
        name = field.encode_name
        values = tuple(_of_type(field.type)) or tuple(_seen(name, known))
        if not values and name not in SAMPLES:
            raise NoExample(f"GET {operation.path}: what could {name} be? See {__name__}.SAMPLES.")
        return values or SAMPLES[name]

    async def _candidates(self, path: str) -> AsyncIterator[dict[str, str]]:
        found = re.search(r"/\{(\w+)\}(?=[^{}]*$)", path)
        if found is None:
            yield {}
            return
        above = path[: found.start()]
        if above not in self._reads:
            raise NoExample(f"GET {path}: nothing lists what could stand in it.")
        async for names in self._candidates(above):
            for item in (await self._listed(above, names))[:TRIED]:
                yield names | {found[1]: _named(found[1], item)}

    async def _listed(self, path: str, names: dict[str, str]) -> Sequence[Json]:
        """The items of the list at *path*; none where there is no list."""
        operation = self._reads[path]
        if typing.get_origin(operation.gives) is not Items:
            return ()
        place = (path, *names.values())
        if place not in self._lists:
            answer = await self._ask(Question(operation, names, NEEDED.get(path, {})))
            self._lists[place] = () if answer is None else answer.body["items"]
        return self._lists[place]


def _named(name: str, item: Json) -> str:
    """What stands for *item* in a path: below its parent, the end of its id."""
    return str(item.get(name) or item["id"].rpartition("/")[2])


def _seen(name: str, items: Sequence[Json]) -> Iterator[str]:
    """A value of the field *name*, or of a list of such, that some item has."""
    for item in items:
        several = item.get(f"{name}s") or item.get(f"{name.removesuffix('y')}ies") or (None,)
        value = item.get(name) or several[0]
        if isinstance(value, str | bool | int | float):
            yield str(value).lower() if isinstance(value, bool) else str(value)
            return


def _of_type(info: types.Type) -> Iterator[str]:
    today = dt.datetime.now(dt.UTC)
    match info:
        case types.UnionType():
            for one in info.types:
                yield from _of_type(one)
        case types.LiteralType():
            yield from (str(one) for one in info.values if one is not None)
        case types.BoolType():
            yield from ("true", "false")
        case types.DateType():
            yield from ((today - dt.timedelta(days=400)).date().isoformat(), f"{today.date()}")
        case types.DateTimeType():
            yield today.isoformat()

"""Every GET request of the routes, with each of its filters and orders.

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

from handlers.http.operations import Operation, Router
from handlers.http.pagination import Items
from models.base.merge_patch import Json

TRIED: Final = 20  # parents that are looked at for one with children

# What a parameter may be where neither its type nor an answer tells; none: asked by `Link` alone.
SAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "action": ("audit.read",),
    "after": (),
    "as_of": ("v1",),
    "feed": (),
    "from": ("goal",),
    "key_result": ("none",),
    "kind": ("goal", "habit.entry"),
    "kinds": ("event,task",),
    "limit": ("2",),
    "q": ("run",),
    "since": (),
    "type": ("talk",),
    "tag": ("run",),
    "tz": ("Europe/Berlin",),
    "user": ("usr_1",),
}

# What a route cannot do without.
NEEDED: Final[dict[str, dict[str, str]]] = {
    "/v1/events": {"since": "0"},
    "/v1/coaches/{coach}/slots": {
        "type": "talk",
        "from": "2026-03-01T00:00:00Z",
        "to": "2026-03-31T00:00:00Z",
    },
}


class Question(msgspec.Struct, frozen=True):
    """A GET request: its operation, path parameters and query."""

    operation: Operation[Any]
    names: dict[str, str] = {}
    query: dict[str, str] = {}


class QuestionAnswer(msgspec.Struct, frozen=True):
    """The response: the decoded body, and the link to a list's next page."""

    body: Any
    link: str = ""


Ask = Callable[[Question], Awaitable[QuestionAnswer | None]]  # None: the server refused


class NoExample(LookupError):
    """No example value is known for a parameter."""


class Questions:
    """Makes the requests of all routes."""

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
            if not await self._ask_of_any(path, operation):
                raise NoExample(f"GET {path} refuses whatever it is asked.")

    async def names(self, path: str, place: int = 0) -> dict[str, str]:
        """Path parameters for *path*: those at *place* of what lists have shown, or the last."""
        names = None
        async for candidate in self._candidates(path):
            names = candidate
            if not place:
                break
            place -= 1
        if names is None:
            raise NoExample(f"{path}: no list shows what could stand in it.")
        return names

    async def version(self, path: str, names: dict[str, str]) -> int | None:
        """The version of the document that a write at *path* is about."""
        for place in (path, path[: path.find("}") + 1]):
            if place in self._reads:
                answer = await self._ask(Question(self._reads[place], names))
                return None if answer is None else int(answer.body["version"])
        return None

    def forget(self) -> None:
        """Drop the cached lists."""
        self._lists.clear()

    async def _ask_of_any(self, path: str, operation: Operation[Any]) -> bool:
        """Whether there is an answer for any of the first possible parameters of *path*."""
        left = TRIED
        async for names in self._candidates(path):
            if [answer async for answer in self._answers(operation, names)]:
                return True
            left -= 1
            if not left:
                break
        if left == TRIED:
            raise NoExample(f"{path}: no list shows what could stand in it.")
        return False

    async def _answers(
        self, operation: Operation[Any], names: dict[str, str]
    ) -> AsyncIterator[QuestionAnswer]:
        listed = await self._listed(operation.path, names)
        for query in await self._queries(operation, listed):
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

    async def _queries(
        self, operation: Operation[Any], listed: Sequence[Json]
    ) -> Iterator[dict[str, str]]:
        info = types.type_info(operation.query)
        assert isinstance(info, types.StructType)
        choices = {
            field.encode_name: await self._values(operation, field, listed) for field in info.fields
        }
        return self._chosen(NEEDED.get(operation.path, {}), choices)

    def _chosen(
        self, needed: dict[str, str], choices: dict[str, tuple[str, ...]]
    ) -> Iterator[dict[str, str]]:
        for size in range(self._together + 1):
            for chosen in itertools.combinations(choices, size):
                for values in itertools.product(*(choices[name] for name in chosen)):
                    yield needed | dict(zip(chosen, values, strict=True))

    async def _values(
        self, operation: Operation[Any], field: types.Field, listed: Sequence[Json]
    ) -> tuple[str, ...]:
        name = field.encode_name
        values = tuple(_of_type(field.type)) or tuple(_seen(name, listed))
        if values or name in SAMPLES:
            return values or SAMPLES[name]
        number = tuple(_number(field.type)) or await self._ids(name)
        if not number:
            raise NoExample(f"GET {operation.path}: what could {name} be? See {__name__}.SAMPLES.")
        return number

    async def _ids(self, noun: str) -> tuple[str, ...]:
        """The id of one of the documents that are called *noun*, from the list of such."""
        for path in self._reads:
            if path.endswith(f"/{noun}s") and "{" not in path:
                return tuple(str(item["id"]) for item in (await self._listed(path, {}))[:1])
        return ()

    async def _candidates(self, path: str) -> AsyncIterator[dict[str, str]]:
        last_name = re.search(r"/\{(\w+)\}(?=[^{}]*$)", path)
        if last_name is None:
            yield {}
            return
        above = path[: last_name.start()]
        if above not in self._reads:
            raise NoExample(f"GET {path}: nothing lists what could stand in it.")
        async for names in self._candidates(above):
            for item in (await self._listed(above, names))[:TRIED]:
                yield names | {last_name[1]: _named(last_name[1], item)}

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


def _number(info: types.Type) -> Iterator[str]:
    match info:
        case types.UnionType():
            for member in info.types:
                yield from _number(member)
        case types.IntType() | types.FloatType():
            yield str(2 if info.ge is None else info.ge + 1)


def _named(name: str, item: Json) -> str:
    """The path parameter for *item*: below a parent, the end of its id."""
    own = None if name == "id" else item.get(name)
    return str(own or re.split("[/:]", item["id"])[-1])


def _seen(name: str, items: Sequence[Json]) -> Iterator[str]:
    """A value of the field *name*, or of a list of such, that some item has."""
    for item in items:
        several = item.get(f"{name}s") or item.get(f"{name.removesuffix('y')}ies") or (None,)
        value = item.get(name) or several[0]
        if isinstance(value, str | bool | int | float):
            yield str(value).lower() if isinstance(value, bool) else str(value)
            return


def _of_type(info: types.Type) -> Iterator[str]:
    today = dt.datetime.combine(dt.datetime.now(dt.UTC).date(), dt.time(), dt.UTC)
    match info:
        case types.UnionType():
            for member in info.types:
                yield from _of_type(member)
        case types.LiteralType():
            yield from (str(value) for value in info.values if value is not None)
        case types.EnumType():
            yield from (member.value for member in info.cls)
        case types.BoolType():
            yield from ("true", "false")
        case types.DateType():
            yield from ((today - dt.timedelta(days=400)).date().isoformat(), f"{today.date()}")
        case types.DateTimeType():
            yield today.isoformat()

"""Every regular expression that the source holds, with the way in which it is matched."""

import ast
import functools
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from handlers.contexts import ROUTER
from models.base.rrule import parts as rule_parts

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("config", "handlers", "models", "streams", "upcoach")
ENDS: Final = {"fullmatch"}
BEGINS: Final = {"fullmatch", "match"}
MATCHING: Final = {
    *("match", "fullmatch", "search"),
    *("sub", "subn", "split", "findall", "finditer"),
}


class Use(NamedTuple):
    """A pattern, where it stands, and how it is matched.

    Attributes
    ----------
    is_whole
        Whether it has to match up to the end.
    is_search
        Whether it may begin anywhere.

    """

    place: str
    pattern: str
    flags: int = 0
    is_whole: bool = False
    is_search: bool = True


class Unknown(NamedTuple):
    """A pattern that only a running program knows."""

    place: str
    expression: str


@functools.cache
def uses() -> tuple[Use | Unknown, ...]:
    """All of them."""
    return tuple(_uses())


def _uses() -> Iterator[Use | Unknown]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if path.name not in ("__main__.py", "__init__.py"):
                yield from _Source(name, path.read_text()).uses()


class _Source:
    """One module."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._tree = ast.parse(text)
        self._has_any = any(word in text for word in ("re.", "pattern=", "URLSpec"))
        self._methods: dict[str, set[str]] = {}
        self._names: dict[int, str] = {}

    def uses(self) -> Iterator[Use | Unknown]:
        if not self._has_any:
            return
        for node in ast.walk(self._tree):
            self._note(node)
        module = importlib.import_module(self._name)
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                yield from self._of_call(node, module)

    def _note(self, node: ast.AST) -> None:
        """Remember what a pattern is called, and what is done with a name."""
        if isinstance(node, ast.AnnAssign | ast.Assign) and node.value is not None:
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Name):
                self._names[id(node.value)] = target.id
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            self._methods.setdefault(node.value.id, set()).add(node.attr)

    def _of_call(self, node: ast.Call, module: ModuleType) -> Iterator[Use | Unknown]:
        function = node.func
        if isinstance(function, ast.Name) and function.id == "URLSpec":
            yield self._use(node.args[0], None, {"match"}, module)
        for keyword in node.keywords:
            if keyword.arg == "pattern":
                yield self._use(keyword.value, None, {"search"}, module)  # as msgspec does
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "re"
            and function.attr in {*MATCHING, "compile"}
        ):
            methods = {function.attr}
            if function.attr == "compile":
                methods = self._methods.get(self._names.get(id(node), ""), set()) & MATCHING
            flags = node.args[1] if function.attr == "compile" and len(node.args) > 1 else None
            flags = next((one.value for one in node.keywords if one.arg == "flags"), flags)
            yield self._use(node.args[0], flags, methods or {"search"}, module)

    def _use(
        self, pattern: ast.expr, flags: ast.expr | None, methods: set[str], module: ModuleType
    ) -> Use | Unknown:
        try:
            text = _value(pattern, module)
            bits = 0 if flags is None else _value(flags, module)
        except NameError:
            return Unknown(self._name, ast.unparse(pattern))
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        return Use(
            place=self._name,
            pattern=text,
            flags=int(bits),
            is_whole=methods <= ENDS,
            is_search=not methods <= BEGINS,
        )


def _value(node: ast.expr, module: ModuleType) -> Any:
    """What an expression is where it stands in *module*."""
    code = compile(ast.Expression(node), module.__name__, "eval")
    return eval(code, vars(module) | {"re": re})  # noqa: S307 - our own source


def routed() -> Iterator[Use]:
    """The patterns of paths, and of the parts of a rule."""
    for route in ROUTER.routes:
        yield Use("handlers.contexts", f"{route.pattern}$", is_search=False)
    for pattern in rule_parts._PARTS.values():
        yield Use("models.base.rrule.parts", pattern, is_whole=True, is_search=False)

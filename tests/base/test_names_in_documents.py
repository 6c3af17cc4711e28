"""What the documents name exists: files, folders, modules, classes and what these have."""

import ast
import builtins
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("config", "handlers", "models", "streams", "tests", "upcoach")
PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
NOTES: Final = tuple(
    sorted(chain.from_iterable((ROOT / package).rglob("__init__.py") for package in PACKAGES))
)

EXAMPLE: Final = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE: Final = re.compile(r"`([^`\n]+)`")
FILE: Final = re.compile(r"(?<![\w./…-])[\w*-][\w./*-]*\.(?:py|mjs|d\.mts|c)\b")
FOLDER: Final = re.compile(
    rf"(?<![\w./-])(?:{'|'.join((*PACKAGES, 'docs', 'requirements'))})/(?:[\w-]+/)*"
)
MODULE: Final = re.compile(rf"(?<![\w./-])(?:{'|'.join(PACKAGES)})(?:\.\w+)+\b")
CLASS: Final = re.compile(r"[A-Z]+[a-z][A-Za-z]*(?:\.\w+)?")
IN_PACKAGE: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
# Headers, classes of browsers and units of systemd.
OF_OTHERS: Final = frozenset(
    (
        "Connection",
        "DPoP",
        "ETag",
        "EventSource",
        "Host",
        "Link",
        "Location",
        "Origin",
        "RateLimit",
        "Secure",
        "Upgrade",
        "WatchdogSec",
        "WebSocket",
    )
)
# A subprotocol, and files that look like modules.
NO_MODULES: Final = frozenset(("upcoach.d.mts", "upcoach.mjs", "upcoach.v1"))
# A frame, a method of the driver, a field of the database.
NO_NAMES: Final = frozenset(("mut", "insert_one", "_id"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def classes() -> dict[str, tuple[set[str], set[str]]]:
    """What each class of the project declares, and the names of its bases."""
    declared: dict[str, tuple[set[str], set[str]]] = {}
    for path in chain.from_iterable((ROOT / package).rglob("*.py") for package in PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                members, bases = declared.setdefault(node.name, (set(), set()))
                members.update(_declared(node))
                bases.update(base.id for base in node.bases if isinstance(base, ast.Name))
    return declared


def _declared(node: ast.AST) -> Iterator[str]:
    """The names of functions, and whatever is assigned, in *node*."""
    for inner in ast.walk(node):
        match inner:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def is_class(name: str) -> bool:
    """Whether *name* is a class of ours, or a class and what it has."""
    owner, _, member = name.partition(".")
    return owner in classes() and (not member or has(owner, member))


def has(owner: str, member: str) -> bool:
    members, bases = classes()[owner]
    return member in members or any(has(base, member) for base in bases if base in classes())


def is_importable(name: str) -> bool:
    """Whether *name* is a module, or something that a module has."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:  # a library of others, which a reader installs
        return hasattr(importlib.import_module(parts[0]), parts[-1])
    for length in range(len(parts), 0, -1):
        if is_module(ROOT, parts[:length]):
            module = importlib.import_module(".".join(parts[:length]))
            return length == len(parts) or hasattr(module, parts[length])
    return False


def is_module(folder: Path, parts: list[str]) -> bool:
    path = folder.joinpath(*parts)
    return path.is_dir() or path.with_suffix(".py").is_file()


def missing(text: str, home: Path) -> Iterator[str]:
    """What *text* names that is not there; a file may stand beside the one that is named before."""
    for paragraph in text.split("\n\n"):
        folder = home
        for file in FILE.findall(paragraph):
            if not any(any(base.glob(file)) for base in (ROOT, home, folder)):
                yield file
            if "/" in file:
                folder = (ROOT / file).parent
        yield from (found for found in FOLDER.findall(paragraph) if not (ROOT / found).is_dir())
        for found in MODULE.findall(paragraph):
            if found not in NO_MODULES and not is_importable(found):
                yield found
        for code in CODE.findall(paragraph):
            if CLASS.fullmatch(code) and code not in OF_OTHERS and not is_class(code):
                yield code


def missing_in_package(text: str, package: Path) -> Iterator[str]:
    """The modules and functions that *text* names and that *package* does not have."""
    paths = tuple(package.rglob("*.py"))
    names = {*chain.from_iterable(_declared(tree(path)) for path in paths)}
    names |= {path.stem for path in paths}
    above = [package, *package.parents]
    for code in CODE.findall(text):
        if IN_PACKAGE.fullmatch(code) and code not in names | NO_NAMES | {"upcoach.mjs"}:
            folders = above[: above.index(ROOT) + 1]
            if not any(is_module(folder, code.split(".")) for folder in folders):
                yield code


def missing_in_example(example: str) -> Iterator[str]:
    """What *example* imports that is not there, and what it uses and neither imports nor makes."""
    parsed = compile(example, "example", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    known = set(dir(builtins)) | set(_declared(parsed))
    for node in ast.walk(parsed):
        if isinstance(node, ast.ClassDef):
            known.add(node.name)
        if isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name for alias in node.names}
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if not is_importable(name))
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name) and CLASS.fullmatch(node.id) and node.id not in known:
            yield node.id


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_an_example_uses_exists(page: Path) -> None:
    examples = EXAMPLE.findall(page.read_text())

    assert [name for example in examples for name in missing_in_example(example)] == []


def test_what_an_example_lacks_is_seen() -> None:
    example = "from upcoach.client import RestClient, Gone\nDevice(RestClient)\nawait Gone()"

    assert list(missing_in_example(example)) == ["upcoach.client.Gone", "Device"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    assert list(missing(page.read_text(), ROOT)) == []


def test_each_contract_of_imports_stands_in_the_architecture() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    page = (ROOT / "docs" / "architecture.md").read_text()

    assert [row["name"] for row in settings["contracts"] if row["name"] not in page] == []


def test_what_the_note_of_a_package_names_exists() -> None:
    wrong = []
    for path in NOTES:
        note, package = ast.get_docstring(tree(path)) or "", path.parent
        names = (*missing(note, package), *missing_in_package(note, package))
        wrong += [f"{package.relative_to(ROOT)}: {name}" for name in names]

    assert wrong == []

"""The contexts of the models declare every document, and hide what they are made of.

Within a context, the same in each layer, every module may be imported; others import its package.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import models
from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.account.access_method import AccessMethod
from models.base.document import Document
from models.contexts import (
    CONTEXTS as MODEL_CONTEXTS,
)
from models.contexts import (
    DOCUMENTS,
    KINDS,
    MAILS,
    MIRRORS,
    QUOTAS,
    UNLOGGED,
    WAYS,
    check_declarations,
)
from models.goals import CONTEXT as GOALS
from models.goals import Goal

ROOT: Final = Path(models.__file__).parents[1]
CONTEXTS: Final = {path.parent.name for path in ROOT.glob("models/*/__init__.py")} - {
    "base", "access", "wire", "learners",
}  # fmt: skip
LAYERS: Final = ("models", "upcoach/store", "upcoach/services", "streams", "handlers", "upcoach")
IMPORTS: Final = re.compile(r"^\s*(?:>>> )?from models\.(\w+)\.([\w.]+) import", re.MULTILINE)
# What needs vectors, which the package of the context does not load.
EXCEPTIONS: Final = {("upcoach/store/aggregates/habit_histories.py", "habits", "history")}


def context_of(path: Path) -> str:
    """The folder within its layer in which the module at *path* stands."""
    layer = next(layer for layer in LAYERS if path.is_relative_to(layer))
    return path.relative_to(layer).parts[0]


def test_others_import_the_package_of_a_context_and_not_its_inside() -> None:
    paths = [
        path
        for top in ("models", "upcoach", "streams", "handlers")
        for path in (ROOT / top).rglob("*.py")
    ]
    reached = {
        (str(path.relative_to(ROOT)), context, module)
        for path in paths
        for context, module in IMPORTS.findall(path.read_text())
        if context in CONTEXTS and context != context_of(path.relative_to(ROOT))
    }

    assert reached == EXCEPTIONS


def kinds_of(base: type[Document]) -> Iterator[type[Document]]:
    """Every class of the models that can be kept and is a *base*."""
    for kind in base.__subclasses__():
        if hasattr(kind, "kind") and kind.__module__.startswith("models."):
            yield kind
        yield from kinds_of(kind)


def test_every_document_is_declared_by_its_context() -> None:
    assert set(kinds_of(Document)) == {*DOCUMENTS, *UNLOGGED}


def test_whatever_has_to_be_confirmed_is_declared_as_a_way() -> None:
    assert set(kinds_of(AccessMethod)) <= set(WAYS)


def test_only_what_is_kept_has_a_quota() -> None:
    assert QUOTAS.keys() <= {document.kind for document in (*DOCUMENTS, *UNLOGGED)}
    assert not QUOTAS.keys() & {document.kind for document in MIRRORS}


def test_the_order_of_a_snapshot_is_no_affair_of_the_order_of_contexts() -> None:
    assert list(KINDS) == sorted(KINDS)


def test_mails_that_wait_in_the_outbox_of_another_build_keep_their_names() -> None:
    assert {mail.__struct_config__.tag for mail in MAILS} >= {
        *("FactorsChanged", "FactorsRemoved", "Forgotten", "Linked", "Move", "MoveAsked"),
        *("MoveUndone", "Moved", "PasswordChanged", "Unlinked", "WayAdded", "Welcome"),
    }


class Twin(Document, frozen=True, kw_only=True):
    """A document with the collection of goals, and a kind of its own."""

    kind = "twin"
    collection = Goal.collection


@pytest.mark.parametrize(
    ("added", "message"),
    [
        (ModelContext(content=(Goal,)), "kinds of documents are declared twice: goal."),
        (ModelContext(unlogged=(Twin,)), "collections are declared twice: goals."),
        (ModelContext(id_prefixes=(Goal.id_prefix,)), "prefixes of ids are declared twice: gol."),
        (ModelContext(mails=(MAILS[0],)), "mails are declared twice"),
        (ModelContext(permissions=GOALS.permissions), "permissions are declared twice: goals:"),
        (ModelContext(quotas=GOALS.quotas), "quotas are declared twice"),
        (ModelContext(shareable={Twin: "twins"}), "`SharedKind` differs from what is shareable"),
        (ModelContext(permissions={"admin:more": Permission("more")}), "A superadmin may not do"),
    ],
)
def test_what_replaces_the_declaration_of_another_context_is_refused(
    added: ModelContext, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_declarations((*MODEL_CONTEXTS, added))

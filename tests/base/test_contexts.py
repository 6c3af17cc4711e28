"""The contexts of the models declare all that there is of documents."""

from collections.abc import Iterator

from models.account.way import Way
from models.base.document import Document
from models.contexts import DOCUMENTS, KINDS, MIRRORS, QUOTAS, UNLOGGED, WAYS


def kinds_of(base: type[Document]) -> Iterator[type[Document]]:
    """Every class of the models that can be kept and is a *base*."""
    for kind in base.__subclasses__():
        if hasattr(kind, "kind") and kind.__module__.startswith("models."):
            yield kind
        yield from kinds_of(kind)


def test_every_document_is_declared_by_its_context() -> None:
    assert set(kinds_of(Document)) == {*DOCUMENTS, *UNLOGGED}


def test_whatever_has_to_be_confirmed_is_declared_as_a_way() -> None:
    assert set(kinds_of(Way)) <= set(WAYS)


def test_only_what_is_kept_has_a_quota() -> None:
    assert QUOTAS.keys() <= {document.kind for document in (*DOCUMENTS, *UNLOGGED)}
    assert not QUOTAS.keys() & {document.kind for document in MIRRORS}


def test_the_order_of_a_snapshot_is_no_affair_of_the_order_of_contexts() -> None:
    assert list(KINDS) == sorted(KINDS)

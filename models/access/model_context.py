"""The manifest of a context: what each layer above works with, and no list says again."""

import msgspec

from models.base.document import Document


class ModelContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one context declares, as `CONTEXT` in its package; `models.contexts` folds them.

    Attributes
    ----------
    documents
        Its documents.
    unlogged
        Those that are kept in their place and are in no feed and no log.

    """

    documents: tuple[type[Document], ...] = ()
    unlogged: tuple[type[Document], ...] = ()

"""The manifest of a context of the models: its documents, permissions, quotas and mails."""

from collections.abc import Mapping

import msgspec

from models.access.limits import Quota
from models.access.permissions import Permission
from models.base.document import Document
from models.base.mail import MailRequest

Kinds = tuple[type[Document], ...]


class ModelContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one context declares, as `CONTEXT` in its package; `models.contexts` folds them.

    Attributes
    ----------
    content
        Its documents that let nobody in or out, whoever has written them.
    ways
        Its documents that let somebody into an account, or see something of it.
    mirrors
        What somebody else has of one of the ways; it goes with that.
    shareable
        What a coach may be shown, in the words that say so.
    unlogged
        Its documents that are in no feed and no log: each is kept in the place of the last.
    id_prefixes
        Of ids that are no document's.
    mails
        What people are told by mail.
    permissions
        What a token may be used for.
    quotas
        How much one account keeps of a kind, for each that a person can make.

    """

    content: Kinds = ()
    ways: Kinds = ()
    mirrors: Kinds = ()
    shareable: Mapping[type[Document], str] = {}
    unlogged: Kinds = ()
    id_prefixes: tuple[str, ...] = ()
    mails: tuple[type[MailRequest], ...] = ()
    permissions: Mapping[str, Permission] = {}
    quotas: Mapping[type[Document], Quota] = {}

    @property
    def documents(self) -> Kinds:
        """Its documents that are in a feed."""
        return (*self.content, *self.ways, *self.mirrors)

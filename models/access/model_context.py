"""The manifest of a context of the models: its documents, permissions, quotas and mails."""

from collections.abc import Mapping

import msgspec

from models.access.limits import Quota
from models.access.permissions import Permission
from models.base.document import Document
from models.base.messages.mail import MailRequest
from models.base.timers import TimerRule

Kinds = tuple[type[Document], ...]


class ModelContext(msgspec.Struct, frozen=True, kw_only=True):
    """What one context declares, as `CONTEXT` in its package; `models.contexts` folds them.

    Attributes
    ----------
    content
        Documents that give nobody access to an account or to what is in it.
    ways
        Documents that each give somebody access: to the account (a session, a passkey), or to
        something in it (a share with a coach, a grant to an app).
    mirrors
        Copies of one of the `ways` in the feed of whoever got the access; they are deleted with
        the original.
    shareable
        Documents that a client can share with a coach, each with the words that name it in mails.
    unlogged
        Documents that are in no feed and no log: only the last version of each is kept.
    id_prefixes
        Prefixes of ids that are not ids of documents.
    mails
        The mails that it sends.
    permissions
        What a token may be used for, by the name of the permission.
    quotas
        How many documents, and how many mebibytes, one account may keep of each kind that a person
        can create.
    timers
        What is to be done for a document at a time, by kind; also for a kind of another context.

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
    timers: Mapping[type[Document], tuple[TimerRule, ...]] = {}

    @property
    def documents(self) -> Kinds:
        """Its documents that are in a feed."""
        return (*self.content, *self.ways, *self.mirrors)

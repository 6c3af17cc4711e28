"""The registry of the contexts of the models, and tables of what they declare.

A *draft* is what a person may write; the document adds what the server knows (owner, version,
times, what follows from the rules).  Documents are frozen: a rule returns a changed copy.
`DOCUMENTS` are all that are in a feed, and privacy code finds there which fields are personal,
sealed or hidden; `UNLOGGED` are kept beside them.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Final, get_args

from models import (
    account,
    admin,
    goals,
    habits,
    insights,
    journal,
    moods,
    oauth,
    sharing,
    sync,
    tasks,
)
from models.access.limits import Quota
from models.access.model_context import Kinds, ModelContext
from models.access.permissions import IDENTITY, ROLES, Permission
from models.base.document import Document
from models.base.mail import MailRequest

CONTEXTS: Final[tuple[ModelContext, ...]] = (
    account.CONTEXT,
    sync.CONTEXT,
    goals.CONTEXT,
    habits.CONTEXT,
    tasks.CONTEXT,
    moods.CONTEXT,
    journal.CONTEXT,
    insights.CONTEXT,
    sharing.CONTEXT,
    oauth.CONTEXT,
    admin.CONTEXT,
)


def _unique(names: Iterable[str]) -> bool:
    listed = list(names)
    return len(set(listed)) == len(listed)


WAYS: Final[Kinds] = tuple(chain.from_iterable(context.ways for context in CONTEXTS))
MIRRORS: Final[Kinds] = tuple(chain.from_iterable(context.mirrors for context in CONTEXTS))
UNLOGGED: Final[Kinds] = tuple(chain.from_iterable(context.unlogged for context in CONTEXTS))
DOCUMENTS: Final[Kinds] = tuple(
    chain.from_iterable((*context.content, *context.ways, *context.mirrors) for context in CONTEXTS)
)
assert _unique(document.kind for document in (*DOCUMENTS, *UNLOGGED))
assert _unique(document.collection for document in (*DOCUMENTS, *UNLOGGED))

# By name: a snapshot is read in this order, page by page from nodes of several builds, which may
# list their contexts in another one.
KINDS: Final[dict[str, type[Document]]] = {
    document.kind: document for document in sorted(DOCUMENTS, key=lambda document: document.kind)
}
# The kinds that are deleted with one of each.
CHILDREN: Final[dict[str, tuple[str, ...]]] = {
    kind: tuple(child.kind for child in DOCUMENTS if child.parent is parent)
    for kind, parent in KINDS.items()
}
QUOTAS: Final[dict[str, Quota]] = {
    document.kind: quota for context in CONTEXTS for document, quota in context.quotas.items()
}
SHAREABLE: Final[dict[str, str]] = {
    document.kind: words for context in CONTEXTS for document, words in context.shareable.items()
}
assert SHAREABLE.keys() == set(get_args(sharing.SharedKind))

_PREFIXES: Final = (
    *(document.id_prefix for document in DOCUMENTS if document.id_prefix),
    *chain.from_iterable(context.id_prefixes for context in CONTEXTS),
)
assert _unique(_PREFIXES)

MAILS: Final[tuple[type[MailRequest], ...]] = tuple(
    chain.from_iterable(context.mails for context in CONTEXTS)
)
assert _unique(mail.__name__ for mail in MAILS)

assert _unique(name for context in CONTEXTS for name in context.permissions)
PERMISSIONS: Final[dict[str, Permission]] = {
    name: permission for context in CONTEXTS for name, permission in context.permissions.items()
}
SCOPES: Final[dict[str, Permission]] = IDENTITY | PERMISSIONS
# What our own apps may use a login for; whether somebody is an operator is asked at each use.
FIRST_PARTY: Final = frozenset(PERMISSIONS)
assert ROLES["superadmin"] == {name for name in PERMISSIONS if name.startswith("admin:")}

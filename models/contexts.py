"""The registry of the contexts of the models, and tables of what they declare.

A *draft* is what a person may write; the document adds what the server knows (owner, version,
times, what follows from the rules).  Documents are frozen: a rule returns a changed copy.
`DOCUMENTS` are all that are in a feed, and privacy code finds there which fields are personal,
sealed or hidden; `UNLOGGED` are kept beside them.
"""

from collections.abc import Collection
from itertools import chain
from typing import Final, get_args

from models import (
    account,
    admin,
    calendar,
    coaches,
    goals,
    habits,
    insights,
    jobs,
    journal,
    moods,
    notifications,
    oauth,
    scheduling,
    sharing,
    sync,
    tasks,
    webhooks,
)
from models.access.limits import Quota
from models.access.model_context import Kinds, ModelContext
from models.access.permissions import IDENTITY, ROLES, Permission
from models.base.declarations import check_unique, merged
from models.base.document import Document
from models.base.messages.mail import MailRequest
from models.base.timers import TimerRule

CONTEXTS: Final[tuple[ModelContext, ...]] = (
    account.CONTEXT,
    oauth.CONTEXT,
    goals.CONTEXT,
    habits.CONTEXT,
    tasks.CONTEXT,
    moods.CONTEXT,
    journal.CONTEXT,
    sharing.CONTEXT,
    coaches.CONTEXT,
    scheduling.CONTEXT,
    calendar.CONTEXT,
    jobs.CONTEXT,
    sync.CONTEXT,
    insights.CONTEXT,
    notifications.CONTEXT,
    webhooks.CONTEXT,
    admin.CONTEXT,
)


def timers_of(contexts: Collection[ModelContext]) -> dict[type[Document], tuple[TimerRule, ...]]:
    """The timers of each kind that has any, of all *contexts*."""
    timers: dict[type[Document], tuple[TimerRule, ...]] = {}
    for context in contexts:
        for kind, rules in context.timers.items():
            timers[kind] = (*timers.get(kind, ()), *rules)
    return timers


def check_declarations(contexts: Collection[ModelContext]) -> None:
    """Raise `ValueError` if two of *contexts* declare the same, or if something is missing."""
    documents = [kind for context in contexts for kind in (*context.documents, *context.unlogged)]
    prefixes = (document.id_prefix for document in documents if document.id_prefix)
    others = chain.from_iterable(context.id_prefixes for context in contexts)
    mails = chain.from_iterable(context.mails for context in contexts)
    check_unique((document.kind for document in documents), "kinds of documents")
    check_unique((document.collection for document in documents), "collections")
    check_unique((*prefixes, *others), "prefixes of ids")
    check_unique((mail.__name__ for mail in mails), "mails")
    permissions = merged((context.permissions for context in contexts), "permissions")
    check_unique((kind for context in contexts for kind in context.quotas), "quotas")
    timers = timers_of(contexts)
    check_unique((rule.name for rules in timers.values() for rule in rules), "timers")
    if children := [kind.kind for kind in timers if kind.parent is not None]:
        # They go with their parent, and nobody looks at each.
        raise ValueError(f"What is deleted with another has no timers: {sorted(children)}.")
    shareable = {document.kind for context in contexts for document in context.shareable}
    if shareable != set(get_args(sharing.SharedKind)):
        raise ValueError(f"`SharedKind` differs from what is shareable: {sorted(shareable)}.")
    operators = {name for name in permissions if name.startswith("admin:")}
    if operators != ROLES["superadmin"]:
        raise ValueError(f"A superadmin may not do all that operators may: {sorted(operators)}.")


check_declarations(CONTEXTS)

WAYS: Final[Kinds] = tuple(chain.from_iterable(context.ways for context in CONTEXTS))
MIRRORS: Final[Kinds] = tuple(chain.from_iterable(context.mirrors for context in CONTEXTS))
UNLOGGED: Final[Kinds] = tuple(chain.from_iterable(context.unlogged for context in CONTEXTS))
DOCUMENTS: Final[Kinds] = tuple(chain.from_iterable(context.documents for context in CONTEXTS))

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
MAILS: Final[tuple[type[MailRequest], ...]] = tuple(
    chain.from_iterable(context.mails for context in CONTEXTS)
)
TIMERS: Final = timers_of(CONTEXTS)
PERMISSIONS: Final = merged((context.permissions for context in CONTEXTS), "permissions")
SCOPES: Final[dict[str, Permission]] = IDENTITY | PERMISSIONS
# What our own apps may use a login for: everything, since operations for operators also ask at each
# call whether the user is one.
FIRST_PARTY: Final = frozenset(PERMISSIONS)

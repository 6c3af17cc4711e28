"""All that the contexts of the models declare, folded: a new context is one line here.

A *draft* is what a person may write; the document adds what the server knows (owner, version,
times, what follows from the rules).  Documents are frozen: a rule returns a changed copy.
`DOCUMENTS` are all that are in a feed, and privacy code finds there which fields are personal,
sealed or hidden; `UNLOGGED` are kept beside them.
"""

from itertools import chain
from typing import Final

from models import account, goals, habits, insights, journal, moods, oauth, sharing, tasks
from models.access.model_context import ModelContext
from models.base.document import Document

CONTEXTS: Final[tuple[ModelContext, ...]] = (
    account.CONTEXT,
    goals.CONTEXT,
    habits.CONTEXT,
    insights.CONTEXT,
    sharing.CONTEXT,
    tasks.CONTEXT,
    moods.CONTEXT,
    journal.CONTEXT,
    oauth.CONTEXT,
)

DOCUMENTS: Final = tuple(chain.from_iterable(context.documents for context in CONTEXTS))
UNLOGGED: Final = tuple(chain.from_iterable(context.unlogged for context in CONTEXTS))
KINDS: Final[dict[str, type[Document]]] = {document.kind: document for document in DOCUMENTS}

_ALL: Final = (*DOCUMENTS, *UNLOGGED)
assert len({document.kind for document in _ALL}) == len(_ALL), "a kind is declared twice"
assert len({document.collection for document in _ALL}) == len(_ALL), "a collection is shared"

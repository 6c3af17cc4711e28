"""The tables of `docs/live.md` that follow from the models.

`python -m tests.sync.live_page` writes them anew; a test compares.
"""

import inspect
from collections.abc import Iterable
from typing import Final

from models.base.document import Document, merge_policies
from models.base.merge import Merge
from models.contexts import KINDS, SHAREABLE
from tests.support.generated_page import GeneratedPage

PAGE: Final = GeneratedPage("live.md")
KEPT: Final = {
    Merge.SUM: "Both differences are added",
    Merge.MAX: "The larger",
    Merge.APPEND: "Additions stand one after the other",
}

IDS: Final = {
    "client": "the client's user id",
    "client.entry": "the client's user id, a colon, the entry's id",
    "factors": "`factors`",
    "grant": "the app's `client_id`",
    "invitations": "`invitations`",
    "share": "the coach's user id",
}
# Where the first sentence of the document's class speaks to those who read the code.
WORDS: Final = {
    "client": "somebody whom the person coaches",
    "client.entry": "an entry that a client lets their coach read, without its content",
    "identity": "the link of an account to a login at somebody else's",
    "insight": "what was learned: the odds that a habit is done on its next due day",
    "share": "the permission of a coach to see documents of the person",
}


def sections() -> dict[str, str]:
    """What the models make of each part."""
    return {"kinds": _kinds(), "fields": _fields()}


def _kinds() -> str:
    lines = ["| Kind | Is | Its id | Deleted with | A coach may see it |", "|---|---|---|---|---|"]
    for kind, document in KINDS.items():
        parent = "" if document.parent is None else f"its `{document.parent.kind}`"
        cells = (f"`{kind}`", _is(document), _id_of(document), parent, _shared(kind))
        lines.append(_row(cells))
    return "\n".join(lines)


def _is(document: type[Document]) -> str:
    first = (inspect.getdoc(document) or "").partition("\n\n")[0]
    sentence = " ".join(first.split()).partition(".")[0].partition(";")[0]
    return WORDS.get(document.kind) or f"{sentence[0].lower()}{sentence[1:]}"


def _id_of(document: type[Document]) -> str:
    if document.parent is not None:
        return "below that one's"
    return IDS.get(document.kind) or f"`{document.id_prefix}_…`"


def _shared(kind: str) -> str:
    return "yes" if kind in SHAREABLE else ""


def _fields() -> str:
    lines = [f"| Kind | {' | '.join(KEPT.values())} |", "|---|---|---|---|"]
    for kind, document in KINDS.items():
        policies = merge_policies(document)
        named = [
            ", ".join(f"`{field}`" for field in sorted(policies) if policies[field] is policy)
            for policy in KEPT
        ]
        if any(named):
            lines.append(_row((f"`{kind}`", *named)))
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "|".join(("", *(f" {cell} " if cell else " " for cell in cells), ""))


if __name__ == "__main__":
    PAGE.write(sections())

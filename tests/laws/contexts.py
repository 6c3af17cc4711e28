"""The contexts that the laws try, each by its rows; a new one is one more line."""

from collections.abc import Iterator
from typing import Final

from models.base.document import Document
from models.base.merge_patch import Json
from tests.account.contract_mail import stepped_up
from tests.account.rows import ROWS as ACCOUNT
from tests.admin.rows import ROWS as ADMIN
from tests.goals.rows import ROWS as GOALS
from tests.habits.rows import ROWS as HABITS
from tests.imports.rows import ROWS as IMPORTS
from tests.insights.rows import ROWS as INSIGHTS
from tests.journal.rows import ROWS as JOURNAL
from tests.live.rows import ROWS as LIVE
from tests.moods.rows import ROWS as MOODS
from tests.oauth.rows import ROWS as OAUTH
from tests.sharing.rows import ROWS as SHARING
from tests.support.laws.context import FULL_OWNER, NOON, ContextRows, Flaws
from tests.support.laws.snapshots import Row
from tests.support.server import Server
from tests.sync.rows import ROWS as SYNC
from tests.tasks.rows import ROWS as TASKS
from upcoach.client import RestClient

CONTEXTS: Final[tuple[ContextRows, ...]] = (
    ACCOUNT,
    ADMIN,
    GOALS,
    HABITS,
    IMPORTS,
    INSIGHTS,
    JOURNAL,
    LIVE,
    MOODS,
    OAUTH,
    SHARING,
    SYNC,
    TASKS,
)
WRITING: Final = tuple(context for context in CONTEXTS if context.writes)
WRITES: Final[tuple[Row, ...]] = tuple(row for context in WRITING for row in context.writes)
FLAWED: Final[Flaws] = {
    place: flaws for context in CONTEXTS for place, flaws in context.flawed.items()
}
LISTS: Final = {path: most for context in CONTEXTS for path, most in context.lists.items()}
MADE: Final = {kind: made for context in CONTEXTS for kind, made in context.made.items()}
DELETED: Final = {kind: path for context in CONTEXTS for kind, path in context.deleted.items()}
COUNTED: Final = tuple(path for context in CONTEXTS for path in context.counted)
IDS: Final = {path: name for context in CONTEXTS for path, name in context.ids.items()}
MISSING: Final = tuple(row for context in CONTEXTS for row in context.missing)
DRAFTED: Final = {place for context in CONTEXTS for place in context.drafted}
PUBLIC: Final = {path for context in CONTEXTS for path in context.public}
CHANGES: Final = {kind: some for context in CONTEXTS for kind, some in context.changes.items()}
NEGATIVES: Final = {
    what: count for context in CONTEXTS for what, count in context.negatives.items()
}


async def furnished(server: Server) -> RestClient:
    """Somebody with something of every kind, who has shown a second factor just now."""
    person = await server.person()
    for context in CONTEXTS:
        await context.furnish(server, person)
    return await stepped_up(server, person)


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of what *stranger* has of every kind, by where its path begins."""
    ids: dict[str, str] = {}
    for context in CONTEXTS:
        ids |= await context.hidden(server, stranger)
    return ids


def full_documents() -> Iterator[Document]:
    """A document of every kind, with every field filled."""
    base: Json = {"owner": FULL_OWNER, "version": 3, "created_at": NOON, "updated_at": NOON}
    base["edits"] = {"title,track": (2, NOON)}
    for context in CONTEXTS:
        yield from context.full(base)


def below(ids: dict[str, str], path: str) -> str:
    """The id that stands in *path*; empty where nobody has said one."""
    places = [place for place in ids if path.startswith(place)]
    return ids[max(places, key=len)] if places else ""

"""The contexts that the laws try, each by its rows; a new one is one more line."""

from collections.abc import Iterator
from typing import Final

from models.base.declarations import merged
from models.base.document import Document
from models.base.merge_patch import Json
from tests.account.contract_mail import stepped_up
from tests.account.rows import ROWS as ACCOUNT
from tests.admin.rows import ROWS as ADMIN
from tests.calendar.rows import ROWS as CALENDAR
from tests.coaches.rows import ROWS as COACHES
from tests.goals.rows import ROWS as GOALS
from tests.habits.rows import ROWS as HABITS
from tests.imports.rows import ROWS as IMPORTS
from tests.insights.rows import ROWS as INSIGHTS
from tests.jobs.rows import ROWS as JOBS
from tests.journal.rows import ROWS as JOURNAL
from tests.live.rows import ROWS as LIVE
from tests.moods.rows import ROWS as MOODS
from tests.notifications.rows import ROWS as NOTIFICATIONS
from tests.oauth.rows import ROWS as OAUTH
from tests.scheduling.rows import ROWS as SCHEDULING
from tests.sharing.rows import ROWS as SHARING
from tests.support.laws.context import FULL_OWNER, NOON, ContextRows, Flaws
from tests.support.laws.snapshots import Row
from tests.support.server import Server
from tests.sync.rows import ROWS as SYNC
from tests.tasks.rows import ROWS as TASKS
from tests.webhooks.rows import ROWS as WEBHOOKS
from upcoach.client import RestClient

CONTEXTS: Final[tuple[ContextRows, ...]] = (
    ACCOUNT,
    OAUTH,
    GOALS,
    HABITS,
    TASKS,
    MOODS,
    JOURNAL,
    SHARING,
    COACHES,
    SCHEDULING,
    CALENDAR,
    IMPORTS,
    JOBS,
    SYNC,
    LIVE,
    INSIGHTS,
    NOTIFICATIONS,
    WEBHOOKS,
    ADMIN,
)
WRITING: Final = tuple(context for context in CONTEXTS if context.writes)
WRITES: Final[tuple[Row, ...]] = tuple(row for context in WRITING for row in context.writes)
FLAWED: Final[Flaws] = merged((context.flawed for context in CONTEXTS), "flawed bodies")
LISTS: Final = merged((context.lists for context in CONTEXTS), "lists")
MADE: Final = merged((context.made for context in CONTEXTS), "documents that a person makes")
DELETED: Final = merged((context.deleted for context in CONTEXTS), "documents that are deleted")
COUNTED: Final = tuple(path for context in CONTEXTS for path in context.counted)
IDS: Final = merged((context.ids for context in CONTEXTS), "ids")
MISSING: Final = tuple(row for context in CONTEXTS for row in context.missing)
DRAFTED: Final = {place for context in CONTEXTS for place in context.drafted}
PUBLIC: Final = {path for context in CONTEXTS for path in context.public}
CHANGES: Final = merged((context.changes for context in CONTEXTS), "changes")
NEGATIVES: Final = merged((context.negatives for context in CONTEXTS), "counts of negative cases")


async def furnished(server: Server) -> RestClient:
    """Somebody with something of every kind, who has shown a second factor just now."""
    person = await server.person()
    for context in CONTEXTS:
        await context.furnish(server, person)
    return await stepped_up(server, person)


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of what *stranger* has of every kind, by where its path begins."""
    return merged([await context.hidden(server, stranger) for context in CONTEXTS], "hidden ids")


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

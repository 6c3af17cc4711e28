"""The audit log, as operators read it."""

from typing import Annotated

import msgspec

from handlers.http.operations import Call, Operation, Ordinal, Query, Reply
from handlers.http.pagination import LIMIT, Items, PageSize, items_reply, next_path
from models.audit.entries import Action, AuditEntry
from upcoach.services.audit import AuditServices

PATH = "/v1/admin/audit"


class AuditQuery(Query, frozen=True, kw_only=True):
    """Which entries: what a *user* did, or one kind of *action*, *before* a number.

    Attributes
    ----------
    user
        Entries about what the user with this id did.
    action
        Entries of this action.
    before
        Entries with a number below this one.

    """

    user: Annotated[str, msgspec.Meta(max_length=64)] = ""
    action: Action | None = None
    before: Ordinal | None = None
    limit: PageSize = LIMIT


async def list_entries(services: AuditServices, call: Call) -> Reply:
    """List the entries of the audit log, the newest first."""
    query = call.parse_query(AuditQuery)
    entries = await services.log.page(
        user=query.user, action=query.action or "", before=query.before, limit=query.limit + 1
    )
    page, following = entries[: query.limit], ""
    if len(entries) > query.limit:
        following = next_path(PATH, call.query, before=page[-1].seq)
    return items_reply(page, following)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        run=list_entries,
        needs="admin:audit",
        gives=Items[AuditEntry],
        query=AuditQuery,
        audit="audit.read",
    ),
)

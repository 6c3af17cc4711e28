"""Webhooks of the caller."""

from typing import Annotated, Final

import msgspec

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import (
    Items,
    PageQuery,
    items_reply,
    next_path,
    page_by_id,
)
from models.base.document import Draft
from models.webhooks import NewWebhook, Webhook, WebhookDelivery, WebhookDraft
from upcoach.services.base.resources import require_object
from upcoach.services.webhooks import IssuedWebhook, Webhooks

WEBHOOKS: Final = "/v1/webhooks"
ONE: Final = WEBHOOKS + "/{id}"
MANAGE: Final = "webhooks:manage"
SENDING: Final = 10  # requests that one counts as that sends one to another server


class ReplayDraft(Draft, frozen=True, kw_only=True):
    """From where on events are sent anew.

    Attributes
    ----------
    since
        The cursor of the last event that need not be sent again, or 0 for all that there are.

    """

    since: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class WebhookOperations(msgspec.Struct, frozen=True):
    """What the operations are given: the service, and the epoch of cursors."""

    webhooks: Webhooks
    epoch: str


async def list_webhooks(services: WebhookOperations, call: Call) -> Reply:
    """List the caller's webhooks, in the order in which they were made."""
    query = call.parse_query(PageQuery)
    documents = await services.webhooks.page(call.scope, after=query.after, limit=query.limit + 1)
    return page_by_id(WEBHOOKS, call, documents, query.limit)


async def create(services: WebhookOperations, call: Call) -> Reply:
    """Create a webhook, with a secret that is shown only once."""
    draft = call.read(NewWebhook)
    return write_reply(await services.webhooks.add(call.scope, draft, call.mutation))


async def read(services: WebhookOperations, call: Call) -> Reply:
    """Get a webhook."""
    return document_reply(await services.webhooks.get(call.scope, call.names["id"]))


async def change(services: WebhookOperations, call: Call) -> Reply:
    """Change a webhook by a merge patch (RFC 7396)."""
    patch, base = require_object(call.body), call.require_base()
    return write_reply(
        await services.webhooks.change(call.scope, call.names["id"], patch, base, call.mutation)
    )


async def delete(services: WebhookOperations, call: Call) -> Reply:
    """Delete a webhook and what is known of its deliveries."""
    return write_reply(
        await services.webhooks.delete(call.scope, call.names["id"], call.base, call.mutation)
    )


async def rotate_secret(services: WebhookOperations, call: Call) -> Reply:
    """Replace the secret and the keys of a webhook; those before them sign for 24 hours, too."""
    webhook = call.names["id"]
    return write_reply(await services.webhooks.rotate(call.scope, webhook, call.mutation))


async def ping(services: WebhookOperations, call: Call) -> Reply:
    """Send a test message to a webhook now, and show what came of it."""
    return Reply(body=await services.webhooks.ping(call.scope, call.names["id"]))


async def replay(services: WebhookOperations, call: Call) -> Reply:
    """Send the events after a cursor to a webhook once more."""
    since = call.read(ReplayDraft).since
    await services.webhooks.replay(call.scope, call.names["id"], since, services.epoch)
    return Reply(status=202)


async def list_deliveries(services: WebhookOperations, call: Call) -> Reply:
    """List the attempts to send to a webhook in the last 30 days, the newest first."""
    query, webhook = call.parse_query(PageQuery), call.names["id"]
    found = await services.webhooks.deliveries(call.scope, webhook, query.after, query.limit + 1)
    items, following = found[: query.limit], ""
    if len(found) > len(items):
        path = f"{WEBHOOKS}/{webhook}/deliveries"
        following = next_path(path, call.query, after=items[-1].id)
    return items_reply(items, following)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=WEBHOOKS,
        run=list_webhooks,
        needs=MANAGE,
        query=PageQuery,
        gives=Items[Webhook],
    ),
    Operation(
        method="POST",
        path=WEBHOOKS,
        run=create,
        needs=MANAGE,
        limit="relation",
        body="json",
        takes=NewWebhook,
        gives=IssuedWebhook,
        stepped_up=True,
        named=True,
        refusals=(409,),
        audit="webhook.added",
    ),
    Operation(method="GET", path=ONE, run=read, needs=MANAGE, gives=Webhook),
    Operation(
        method="PATCH",
        path=ONE,
        run=change,
        needs=MANAGE,
        body="merge-patch",
        takes=WebhookDraft,
        gives=Webhook,
        base="required",
        merges=True,
        audit="webhook.changed",
    ),
    Operation(
        method="DELETE",
        path=ONE,
        run=delete,
        needs=MANAGE,
        base="taken",
        audit="webhook.removed",
    ),
    Operation(
        method="POST",
        path=ONE + "/rotate-secret",
        run=rotate_secret,
        needs=MANAGE,
        gives=IssuedWebhook,
        stepped_up=True,
        named=True,
        statuses=(200,),
        audit="webhook.rotated",
    ),
    Operation(
        method="POST",
        path=ONE + "/ping",
        run=ping,
        needs=MANAGE,
        gives=WebhookDelivery,
        statuses=(200,),
        weight=SENDING,
        audit="webhook.pinged",
    ),
    Operation(
        method="POST",
        path=ONE + "/replay",
        run=replay,
        needs=MANAGE,
        body="json",
        takes=ReplayDraft,
        statuses=(202,),
        refusals=(409,),
        audit="webhook.replayed",
    ),
    Operation(
        method="GET",
        path=ONE + "/deliveries",
        run=list_deliveries,
        needs=MANAGE,
        query=PageQuery,
        gives=Items[WebhookDelivery],
    ),
)

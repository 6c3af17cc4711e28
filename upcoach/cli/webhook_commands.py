"""The operators' command about webhooks: a list of all, with how far each has come."""

from typing import Final

from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import Conflict, NotFound
from models.base.time import moment_in_words
from models.webhooks import Webhook, WebhookProgress
from models.wire.events import user_feed
from upcoach.node.connecting import open_database
from upcoach.store.base.database import Database
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.webhook_progress import WebhookKey, WebhookProgressStore
from upcoach.store.log.heads import Heads
from upcoach.store.secrets.keyring import KeyRing, MasterKeys

PAGE: Final = 100
_COLUMNS: Final = "{:<40}  {:<40}  {:<30}  {:<9}  {:>6}  {:>5}  {}"


async def list_webhooks(settings: Settings, mongo_url: str) -> str:
    """A table of the webhooks of all people: whose, where to, and how they stand; no secret."""
    lines: list[str] = []
    async with open_database(mongo_url, settings) as database:
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        documents = Documents(database, KeyRing(database, masters))
        store, after = WebhookProgressStore(database), None
        while page := await store.page(after, PAGE):
            lines += [await _row(database, documents, progress) for progress in page]
            after = WebhookKey(page[-1].owner, page[-1].webhook)
    if not lines:
        return "There is no webhook."
    head = _COLUMNS.format("webhook", "owner", "host", "state", "behind", "tries", "next try")
    return "\n".join(line.rstrip() for line in (head, *lines))


async def _row(database: Database, documents: Documents, progress: WebhookProgress) -> str:
    try:
        webhook = await documents.get(Webhook, progress.owner, progress.webhook)
    except (NotFound, Conflict):  # deleted just now, or nobody can read it
        return _COLUMNS.format(progress.webhook, progress.owner, "", "gone", "", "", "")
    head = await Heads(database).read(user_feed(progress.owner))
    is_waiting = progress.at is not None and progress.at > utc_now() and progress.tries
    return _COLUMNS.format(
        webhook.id,
        webhook.owner,
        webhook.host,
        state_of(webhook, progress),
        head.seq - progress.seq,
        progress.tries,
        moment_in_words(progress.at) if is_waiting and progress.at else "",
    )


def state_of(webhook: Webhook, progress: WebhookProgress) -> str:
    """How a webhook stands, in one word."""
    if not webhook.enabled:
        return webhook.disabled_reason or "disabled"
    if progress.tries:
        return "retrying"
    return "idle" if progress.at is None else "sending"

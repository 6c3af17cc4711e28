"""Operators' commands about webhooks: a list of all, and what is done for one person."""

import argparse
import contextlib
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from config.settings import Settings
from models.access.scope import Scope
from models.audit import Action, AuditAction
from models.base.clock import utc_now
from models.base.errors import Conflict, NotFound
from models.base.merge_patch import Json
from models.base.time import moment_in_words
from models.base.validation import checked
from models.webhooks import NewWebhook, Webhook, WebhookDelivery, WebhookProgress
from models.wire.events import user_feed
from upcoach.cli.operating import operating
from upcoach.node.app import Node
from upcoach.node.connecting import open_database
from upcoach.node.process.listener import StartError
from upcoach.services.webhooks import Webhooks
from upcoach.store.base.database import Database
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.webhook_progress import WebhookKey, WebhookProgressStore
from upcoach.store.log.heads import Heads
from upcoach.store.secrets.keyring import KeyRing, MasterKeys

PAGE: Final = 100
SHOWN: Final = 100  # deliveries
_COLUMNS: Final = "{:<40}  {:<40}  {:<30}  {:<10}  {:>6}  {:>5}  {}"
_DELIVERY: Final = "{:<28}  {:<24}  {:>7}  {:>6}  {:>8}  {}"


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
    except (NotFound, Conflict) as refusal:
        state = "deleted" if isinstance(refusal, NotFound) else "unreadable"
        return _COLUMNS.format(progress.webhook, progress.owner, "", state, "", "", "")
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


class OneWebhook(NamedTuple):
    """A webhook that an operator has named, and what they do to it."""

    node: Node
    scope: Scope
    id: str

    async def change(self, patch: Json) -> Webhook:
        """Change what *patch* says; the webhook as it is now."""
        before = await self._webhooks.get(self.scope, self.id)
        await self._webhooks.change(self.scope, self.id, patch, before.version)
        await self._note("webhook.changed")
        return await self._webhooks.get(self.scope, self.id)

    async def remove(self) -> None:
        """Delete it."""
        await self._webhooks.delete(self.scope, self.id)
        await self._note("webhook.removed")

    async def ping(self) -> WebhookDelivery:
        """Send it a test message; what came of it."""
        sent = await self._webhooks.ping(self.scope, self.id)
        await self._note("webhook.pinged")
        return sent

    async def replay(self, since: str) -> None:
        """Have it sent what comes after the cursor *since* once more."""
        await self._webhooks.replay(self.scope, self.id, since, self.node.runner.epoch)
        await self._note("webhook.replayed")

    async def deliveries(self) -> str:
        """A table of the newest deliveries, without what the receiver said."""
        found = await self._webhooks.deliveries(self.scope, self.id, "", SHOWN)
        if not found:
            return "Nothing was sent to this webhook in the last 30 days."
        head = _DELIVERY.format("when", "type", "attempt", "answer", "took", "")
        return "\n".join(line.rstrip() for line in (head, *map(_delivery_row, found)))

    @property
    def _webhooks(self) -> Webhooks:
        return self.node.services.webhooks.webhooks

    async def _note(self, action: Action) -> None:
        await self.node.services.audit.log.note(_deed(action, self.id))


@contextlib.asynccontextmanager
async def one_webhook(
    settings: Settings, mongo_url: str, redis_url: str, webhook_id: str, email: str
) -> AsyncIterator[OneWebhook]:
    """The webhook *webhook_id*, of the person with the address *email* if several have one."""
    async with operating(settings, mongo_url, redis_url) as node:
        if email:
            owners = [(await node.services.account.accounts.find(email)).id]
        else:
            owners = await node.services.webhooks.webhooks.owners_of(webhook_id)
        if not owners:
            raise StartError(f"There is no webhook {webhook_id}; make webhooks lists all.")
        if len(owners) > 1:
            raise StartError(f"Several people have a webhook {webhook_id}: say USER=address")
        yield OneWebhook(node, Scope(user=owners[0]), webhook_id)


async def add_webhook(
    settings: Settings, mongo_url: str, redis_url: str, email: str, url: str, types: str
) -> Json:
    """Register a webhook for the person with the address *email*; return an `IssuedWebhook`."""
    async with operating(settings, mongo_url, redis_url) as node:
        user = await node.services.account.accounts.find(email)
        draft = checked({"url": url, "types": types.split()}, NewWebhook)
        webhooks = node.services.webhooks.webhooks
        result = await webhooks.add(Scope(user=user.id), draft, by_operator=True)
        await node.services.audit.log.note(_deed("webhook.added", draft.id))
        assert result.body is not None  # it was made just now
        return result.body


def patch_of(wanted: argparse.Namespace) -> Json:
    """What *wanted* changes of a webhook; what is empty stays as it is."""
    patch: Json = {"types": wanted.types.split()} if wanted.types.strip() else {}
    if wanted.enabled:
        patch["enabled"] = wanted.enabled == "on"
    if not patch:
        raise StartError('Say what changes: ENABLED=on, ENABLED=off or TYPES="habit.* …"')
    return patch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of these commands."""
    add = parser.add_argument
    both = "webhook-add, webhook-change"
    add("--webhook", default="", help="webhook-…: the id of the webhook")
    add("--url", default="", help="webhook-add: where events are sent to")
    add("--types", default="", help=f"{both}: of which events, separated by spaces")
    add("--enabled", default="", choices=("", "on", "off"), help="webhook-change: is it sent any?")
    add("--since", default="", help="webhook-replay: the cursor of the last event not to send")


def outcome_of(sent: WebhookDelivery) -> str:
    """What came of a delivery, in words."""
    return "taken" if sent.delivered else sent.error or "not taken"


def _delivery_row(sent: WebhookDelivery) -> str:
    answer = "none" if sent.status is None else str(sent.status)
    took = f"{sent.duration_ms} ms"
    when = moment_in_words(sent.at)
    return _DELIVERY.format(when, sent.type, sent.attempt, answer, took, outcome_of(sent))


def _deed(action: Action, webhook: str) -> AuditAction:
    return AuditAction(action=action, kind="system", target=webhook)

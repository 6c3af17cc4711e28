"""Operators' commands for webhooks: what each reads of the command line, and what it says."""

import argparse
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from config.settings import Settings
from upcoach.cli import webhook_commands
from upcoach.cli.operating import email_of, said
from upcoach.node import connecting
from upcoach.node.output import say


async def list_webhooks(settings: Settings, _: argparse.Namespace) -> int:
    """List the webhooks of all people."""
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        say(await webhook_commands.list_webhooks(settings, mongo_url))
    return 0


async def add_webhook(settings: Settings, arguments: argparse.Namespace) -> int:
    """Register a webhook for a person."""
    email = email_of(arguments)
    url = said(arguments.url, "Say where to: URL=https://…")
    types = said(arguments.types, 'Say what is sent there: TYPES="habit.* goal.created"')
    async with connecting.joined_urls(settings) as urls:
        issued = await webhook_commands.add_webhook(settings, *urls, email, url, types)
    made = issued["webhook"]
    say(f"webhook     {made['id']}, for {email}, who is told by mail")
    say(f"public key  {made['public_key']}")
    say(f"secret      {issued['secret']}  (shown only once)")
    return 0


async def change_webhook(settings: Settings, arguments: argparse.Namespace) -> int:
    """Enable or disable a webhook, or change its types."""
    patch = webhook_commands.patch_of(arguments)
    async with _one_webhook(settings, arguments) as webhook:
        changed = await webhook.change(patch)
    state = "enabled" if changed.enabled else "disabled"
    say(f"{changed.id} is {state}, for events of the types {' '.join(changed.types)}.")
    return 0


async def remove_webhook(settings: Settings, arguments: argparse.Namespace) -> int:
    """Remove a webhook."""
    async with _one_webhook(settings, arguments) as webhook:
        await webhook.remove()
    say(f"Removed {webhook.id}.")
    return 0


async def ping_webhook(settings: Settings, arguments: argparse.Namespace) -> int:
    """Send a test message to a webhook; 1 when it is not taken."""
    async with _one_webhook(settings, arguments) as webhook:
        sent = await webhook.ping()
    say(f"{sent.message} after {sent.duration_ms} ms: {webhook_commands.outcome_of(sent)}")
    return 0 if sent.delivered else 1


async def replay_webhook(settings: Settings, arguments: argparse.Namespace) -> int:
    """Send what comes after a cursor to a webhook once more."""
    since = said(arguments.since, "Say after which message: SINCE=cursor, or SINCE=0 for all.")
    async with _one_webhook(settings, arguments) as webhook:
        await webhook.replay(since)
    say(f"{webhook.id} is sent what comes after {since} once more.")
    return 0


async def list_deliveries(settings: Settings, arguments: argparse.Namespace) -> int:
    """List the newest deliveries to a webhook."""
    async with _one_webhook(settings, arguments) as webhook:
        say(await webhook.deliveries())
    return 0


@contextlib.asynccontextmanager
async def _one_webhook(
    settings: Settings, arguments: argparse.Namespace
) -> AsyncIterator[webhook_commands.OneWebhook]:
    name, email = _webhook(arguments), arguments.email.strip()
    async with (
        connecting.joined_urls(settings) as urls,
        webhook_commands.one_webhook(settings, *urls, name, email) as webhook,
    ):
        yield webhook


def _webhook(arguments: argparse.Namespace) -> str:
    return said(arguments.webhook, "Say which webhook, as make webhooks lists them: WEBHOOK=whk_…")


COMMANDS: Final = {
    "webhooks": list_webhooks,
    "webhook-add": add_webhook,
    "webhook-change": change_webhook,
    "webhook-remove": remove_webhook,
    "webhook-ping": ping_webhook,
    "webhook-replay": replay_webhook,
    "webhook-deliveries": list_deliveries,
}

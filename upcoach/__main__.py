"""`python -m upcoach`: serve, migrate, demo, explain, and the commands of operators."""

import argparse
import asyncio
import os
import sys
from typing import NoReturn

import structlog

from config import logging
from config.data_folder import ensure_writable
from config.secrets import with_development_secrets
from config.setting_rows import SettingsError
from config.settings import Settings
from models.access.permissions import ROLES
from models.base.errors import Unavailable
from models.base.text.counting import counted
from upcoach.cli import (
    admin_commands,
    audit_commands,
    client_commands,
    coach_commands,
    demo,
    explain,
    mail_commands,
    timer_commands,
    webhook_actions,
    webhook_commands,
)
from upcoach.cli.operating import email_of, said
from upcoach.embedded import EngineError
from upcoach.node import connecting
from upcoach.node.assembly import check_providers
from upcoach.node.output import say
from upcoach.node.process.listener import StartError
from upcoach.node.push_services import check_push_services
from upcoach.node.serving import serve_alone, serve_as_child
from upcoach.node.supervisor import serve_with_children
from upcoach.store.schema.installation import InstallationError
from upcoach.store.schema.schema import SchemaError

_log = structlog.get_logger(__name__)


async def serve(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve, with one process or several."""
    if arguments.child_of is not None:
        return await serve_as_child(settings, arguments.child_of)
    ensure_writable(settings)
    if settings.environment == "development" and settings.reached_at:
        _log.warning("development_for_others", because=settings.reached_at)
    if settings.drain_s < settings.drain_asked_s:
        _log.warning("drain_cut", asked_s=settings.drain_asked_s, to_s=settings.drain_s)
    return await (serve_alone if settings.processes == 1 else serve_with_children)(settings)


async def migrate(settings: Settings, _: argparse.Namespace) -> int:
    """Migrate the database."""
    async with (
        connecting.joined_urls(settings) as (mongo_url, _redis_url),
        connecting.open_schema(mongo_url, settings) as (_database, schema),
    ):
        await schema.run()
        say("The database is up to date.")
    return 0


async def play(settings: Settings, _: argparse.Namespace) -> int:
    """Play the demo."""
    await demo.play(settings)
    return 0


async def explaining(settings: Settings, _: argparse.Namespace) -> int:
    """Report the query plans of every route; 1 when one scans or sorts."""
    say(explain.PROLOGUE)
    results = await explain.explained(settings, explain.FULL)
    say(explain.report(results))
    return 1 if results.bad else 0


async def admin(settings: Settings, arguments: argparse.Namespace) -> int:
    """Set a user's role, or take all roles back."""
    email = email_of(arguments)
    roles = () if arguments.role == "user" else (arguments.role,)
    async with connecting.joined_urls(settings) as (mongo_url, redis_url):
        await admin_commands.set_roles(settings, mongo_url, redis_url, email, roles)
    say(f"{email} is now: {arguments.role}.")
    return 0


async def revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    """End all sessions of a user, and trust none of their devices."""
    email = email_of(arguments)
    async with connecting.joined_urls(settings) as (mongo_url, redis_url):
        ended = await admin_commands.revoke(settings, mongo_url, redis_url, email)
    say(f"Logged {email} out everywhere ({counted(ended, 'session')}).")
    return 0


async def remove_factors(settings: Settings, arguments: argparse.Namespace) -> int:
    """Remove all second factors of a user who is locked out by them."""
    email = email_of(arguments)
    async with connecting.joined_urls(settings) as (mongo_url, redis_url):
        count = await admin_commands.remove_factors(settings, mongo_url, redis_url, email)
    if count:
        had = f"there were {count}" if count > 1 else "there was one"
        say(f"Removed all second factors of {email} ({had}); they are told by mail.")
    else:
        say(f"{email} has no second factor; nothing was changed.")
    return 0


async def mail_bounced(settings: Settings, arguments: argparse.Namespace) -> int:
    """Stop the notifications by mail to an address that takes none, or complained."""
    email = email_of(arguments)
    async with connecting.joined_urls(settings) as (mongo_url, redis_url):
        await admin_commands.stop_mail(settings, mongo_url, redis_url, email)
    say(f"{email} gets no notifications by mail, until their owner chooses them again.")
    return 0


async def mail_report(settings: Settings, arguments: argparse.Namespace) -> int:
    """Read a report about a mail from standard input, and stop what it asks to stop."""
    raw = mail_commands.read_standard_input()
    code, words = await mail_commands.take_report(settings, raw, arguments.recipient)
    say(words)
    return code


async def add_client(settings: Settings, arguments: argparse.Namespace) -> int:
    """Register an OAuth client."""
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        client, secret = await client_commands.add_client(settings, mongo_url, arguments)
    say(f"client_id      {client.id}")
    if secret:
        say(f"client_secret  {secret}  (shown only once)")
    return 0


async def list_clients(settings: Settings, _: argparse.Namespace) -> int:
    """List the OAuth clients."""
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        clients = await client_commands.list_clients(settings, mongo_url)
    say("\n".join(map(client_commands.described, clients)) or "No app is registered.")
    return 0


async def change_client(settings: Settings, arguments: argparse.Namespace) -> int:
    """Change an OAuth client."""
    client = _client(arguments)
    async with connecting.joined_urls(settings) as urls:
        ended = await client_commands.change_client(settings, *urls, client, arguments)
    say(f"Changed {client}, and ended {counted(ended, 'session')} with more than it may have now.")
    return 0


async def remove_client(settings: Settings, arguments: argparse.Namespace) -> int:
    """Remove an OAuth client, with all that it was given."""
    client = _client(arguments)
    async with connecting.joined_urls(settings) as urls:
        removed = await client_commands.remove_client(settings, *urls, client)
    say(
        f"Removed {client}, which {counted(removed.people, 'person')} had let in, and ended "
        f"{counted(removed.sessions, 'session')}."
    )
    return 0


async def rotate_keys(settings: Settings, arguments: argparse.Namespace) -> int:
    """Generate the next signing key, and wrap all keys with the current master key."""
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        rotated = await admin_commands.rotate_keys(
            settings, mongo_url, arguments.alg, at_once=arguments.at_once
        )
    say(f"The signing key {rotated.signing_key} is used {rotated.used_from}.")
    data_keys = counted(rotated.data_keys, "data key")
    say(f"Wrapped {data_keys} and {counted(rotated.signing_keys, 'signing key')} anew.")
    return 0


async def audit_verify(settings: Settings, arguments: argparse.Namespace) -> int:
    """Verify the audit log; 1 when it is damaged."""
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        if arguments.export is not None:
            await audit_commands.export_audit(settings, mongo_url, arguments.export)
        verified = await audit_commands.verify_audit(settings, mongo_url)
    flaws = counted(len(verified.damages), "flaw")
    checkpoints = counted(verified.checkpoints, "checkpoint")
    say(f"{counted(verified.entries, 'entry')}, {checkpoints}, {flaws}")
    if not verified.is_witnessed:
        say(f"Nothing was found in the second place, {settings.audit_checkpoints}.")
    for damage in verified.damages:
        say(str(damage))
    return 1 if verified.damages else 0


async def list_jobs(settings: Settings, _: argparse.Namespace) -> int:
    """List what is to be done at a time."""
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        say(await timer_commands.list_timers(settings, mongo_url))
    return 0


async def run_job(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what a timer asks for at once."""
    words = "Say which timer, as make jobs lists those that failed: TIMER=usr_…/…"
    name = said(arguments.timer, words)
    async with connecting.joined_urls(settings) as (mongo_url, _redis_url):
        await timer_commands.run_timer(settings, mongo_url, name)
    say(f"{name} is due now.")
    return 0


COMMANDS = {
    "serve": serve,
    "migrate": migrate,
    "demo": play,
    "explain": explaining,
    "admin": admin,
    "revoke": revoke,
    "factors-remove": remove_factors,
    "mail-bounced": mail_bounced,
    "mail-report": mail_report,
    "client-add": add_client,
    "clients": list_clients,
    "client-change": change_client,
    "client-remove": remove_client,
    "rotate-keys": rotate_keys,
    "audit-verify": audit_verify,
    "jobs": list_jobs,
    "job-run": run_job,
    **coach_commands.COMMANDS,
    **webhook_actions.COMMANDS,
}
# A mail server is told to come again with the same message.
_NOT_STARTED = {"mail-report": os.EX_TEMPFAIL}


def main() -> int:
    """Run a command; a refusal to start is a sentence and exit code 2."""
    arguments = _arguments()
    try:
        settings = Settings.from_environ(_environ(arguments))
        check_providers(settings)
        check_push_services(settings)
        settings = with_development_secrets(settings)
        logging.configure(settings.log_level, settings.log_format)
        return asyncio.run(COMMANDS[arguments.command](settings, arguments))
    except (SettingsError, EngineError, InstallationError, SchemaError, StartError) as refusal:
        sys.stderr.write(f"upcoach: {refusal}\n")
        return _NOT_STARTED.get(arguments.command, 2)
    except Unavailable as refusal:  # the server stopped, or its engines did, beside a command
        sys.stderr.write(f"upcoach: {refusal.detail}\n")
        return _NOT_STARTED.get(arguments.command, 2)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our words has gone
        return 0


class _Parser(argparse.ArgumentParser):
    """A parser that refuses an argument with a sentence, not with the usage of all commands."""

    def error(self, message: str) -> NoReturn:
        """See `argparse.ArgumentParser.error`."""
        self.exit(2, f"upcoach: {message}; --help lists all.\n")


def _client(arguments: argparse.Namespace) -> str:
    return said(arguments.client, "Say which client, as make clients lists them: CLIENT=cli_…")


def _arguments() -> argparse.Namespace:
    parser = _Parser(prog="upcoach", description="UpCoach's backend.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--roles", help="what this process does: one or more of web,learn,schedule")
    parser.add_argument("--processes", help="how many web processes share the port")
    parser.add_argument(
        "--email",
        default="",
        help="admin, revoke, factors-remove, mail-bounced, coach-…, webhook-…: whom",
    )
    parser.add_argument(
        "--role", choices=("user", *ROLES), default="superadmin", help="admin: to be"
    )
    parser.add_argument(
        "--recipient", default="", help="mail-report: the address that the report came to"
    )
    parser.add_argument("--timer", default="", help="job-run: which timer")
    admin_commands.add_arguments(parser)
    client_commands.add_arguments(parser)
    coach_commands.add_arguments(parser)
    webhook_commands.add_arguments(parser)
    # How `upcoach.node.supervisor` starts its children.
    parser.add_argument("--child-of", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for name, text in vars(arguments).items():
        if isinstance(text, str) and not _is_text(text):
            parser.error(f"argument --{name}: this is no text in UTF-8")
    return arguments


def _is_text(text: str) -> bool:
    """Whether a shell has given *text*, and no other bytes, which Python hides in it."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _environ(arguments: argparse.Namespace) -> dict[str, str]:
    """The environment, with what the command line says instead."""
    environ = dict(os.environ)
    for name in ("roles", "processes"):
        if getattr(arguments, name) is not None:
            environ[f"UPCOACH_{name.upper()}"] = getattr(arguments, name)
    if arguments.command not in ("serve", "migrate"):
        environ.setdefault("UPCOACH_LOG_LEVEL", "warning")  # its own words are what counts
    return environ


if __name__ == "__main__":
    sys.exit(main())

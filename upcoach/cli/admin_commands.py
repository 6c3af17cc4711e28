"""Operators' commands beside a running installation: people and keys."""

import argparse
import datetime as dt
from pathlib import Path

import msgspec

from config.settings import Settings
from models.access.permissions import OperatorRole
from models.access.scope import Scope
from models.account import normalised_email
from models.audit import AuditAction
from models.base.clock import utc_now
from upcoach.cli.operating import note, operating
from upcoach.node.connecting import open_database
from upcoach.services.account.sessions.signing_keys import AHEAD, ALGORITHMS, SigningKeys
from upcoach.services.audit.audit_signing import ADDRESS
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.secrets.signing import SigningStore


class Rotated(msgspec.Struct, frozen=True):
    """The result of a key rotation."""

    signing_key: str
    used_from: str
    data_keys: int
    signing_keys: int


async def set_roles(
    settings: Settings, mongo_url: str, redis_url: str, email: str, roles: tuple[OperatorRole, ...]
) -> None:
    """Set the *roles* of the user with the address *email*."""
    async with operating(settings, mongo_url, redis_url) as node:
        await node.services.account.accounts.set_roles(email, roles)
        act = AuditAction(
            action="roles.given", kind="system", target=ADDRESS + normalised_email(email)
        )
        await node.services.audit.log.note(act)


async def revoke(settings: Settings, mongo_url: str, redis_url: str, email: str) -> int:
    """End all sessions of the user with the address *email*; return how many there were."""
    async with operating(settings, mongo_url, redis_url) as node:
        user = await node.services.account.accounts.find(email)
        scope = Scope(user=user.id)
        distrusting = node.services.account.factors.trusted.distrusting(scope)
        ended = await node.services.account.sessions.endings.end_all(scope, distrusting)
        act = AuditAction(
            action="sessions.ended", kind="system", target=ADDRESS + normalised_email(email)
        )
        await node.services.audit.log.note(act)
        return ended


async def remove_factors(settings: Settings, mongo_url: str, redis_url: str, email: str) -> int:
    """Remove all second factors of the user with the address *email*, who gets a mail.

    Returns how many there were.
    """
    async with operating(settings, mongo_url, redis_url) as node:
        user = await node.services.account.accounts.find(email)
        count = await node.services.account.factors.remove_all(Scope(user=user.id))
        if count:
            target = ADDRESS + normalised_email(email)
            act = AuditAction(action="factors.removed", kind="system", target=target)
            await node.services.audit.log.note(act)
        return count


async def stop_mail(settings: Settings, mongo_url: str, redis_url: str, email: str) -> None:
    """Send no notifications by mail to the address *email* any more, which does not take them."""
    async with operating(settings, mongo_url, redis_url) as node:
        user = await node.services.account.accounts.find(email)
        await node.services.notifications.mail_stops.stop(user.id, user.email, "operator")


async def rotate_keys(
    settings: Settings, mongo_url: str, alg: str | None, *, at_once: bool
) -> Rotated:
    """Generate the next signing key, and wrap every key with the current master key."""
    masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
    async with open_database(mongo_url, settings) as database:
        store = SigningStore(database, masters)
        keys = SigningKeys(store, utc_now)
        await keys.load()
        name = await keys.rotate(alg or keys.current[0], at_once=at_once)
        begins = "at once" if at_once else f"from {_moment(utc_now() + AHEAD)} on"
        data_keys = await KeyRing(database, masters).rewrap()
        await note(settings, database, "keys.rotated", name)
        return Rotated(name, begins, data_keys, await store.rewrap())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of these commands."""
    add = parser.add_argument
    add("--alg", choices=ALGORITHMS, help="rotate-keys: of the next key; that of the present one")
    add("--export", type=Path, help="audit-verify: a folder to write the log into, for others")
    add("--at-once", action="store_true", help="rotate-keys: the present key is in wrong hands")


def _moment(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

"""Operators' commands beside a running installation: people, OAuth clients, keys."""

import argparse
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from config.settings import Settings
from models.access.permissions import OperatorRole
from models.access.scope import Scope
from models.account import normalised_email
from models.audit import Action, AuditAction
from models.base.clock import utc_now
from models.base.errors import Invalid, NotFound
from models.oauth import OAuthClient
from streams.redis.connection import RedisConnections
from upcoach.node.app import Node
from upcoach.node.connecting import open_database, open_schema, when_reached
from upcoach.node.process.listener import StartError
from upcoach.services.account.sessions.access_tokens import AUDIENCES
from upcoach.services.account.sessions.signing_keys import AHEAD, ALGORITHMS, SigningKeys
from upcoach.services.audit.audit import Audit
from upcoach.services.audit.audit_signing import ADDRESS, AuditSigner
from upcoach.services.oauth.base.clients import OAuthClients
from upcoach.store.base.database import Database
from upcoach.store.collections.audit import AuditStore
from upcoach.store.collections.oauth_clients import OAuthClientStore
from upcoach.store.schema.installation import load_installation
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.secrets.signing import SigningStore


class Rotated(msgspec.Struct, frozen=True):
    """The result of a key rotation."""

    signing_key: str
    used_from: str
    data_keys: int
    signing_keys: int


@contextlib.asynccontextmanager
async def _operating(settings: Settings, mongo_url: str, redis_url: str) -> AsyncIterator[Node]:
    """A node for one command beside a running installation, without learners."""
    async with (
        open_schema(mongo_url, settings) as (database, schema),
        contextlib.aclosing(RedisConnections(redis_url)) as redis,
    ):
        installation = await when_reached(database, lambda: load_installation(database))
        web_only = dataclasses.replace(settings, roles=frozenset({"web"}))
        node = Node(web_only, database, schema, redis, installation.epoch)
        try:
            yield node
        except NotFound as refusal:
            raise StartError(refusal.detail) from None
        finally:
            await node.stop()


async def set_roles(
    settings: Settings, mongo_url: str, redis_url: str, email: str, roles: tuple[OperatorRole, ...]
) -> None:
    """Set the *roles* of the user with the address *email*."""
    async with _operating(settings, mongo_url, redis_url) as node:
        await node.services.account.accounts.set_roles(email, roles)
        act = AuditAction(
            action="roles.given", kind="system", target=ADDRESS + normalised_email(email)
        )
        await node.services.audit.log.note(act)


async def revoke(settings: Settings, mongo_url: str, redis_url: str, email: str) -> int:
    """End all sessions of the user with the address *email*; return how many there were."""
    async with _operating(settings, mongo_url, redis_url) as node:
        user = await node.services.account.accounts.find(email)
        scope = Scope(user=user.id)
        distrusting = node.services.account.factors.trusted.distrusting(scope)
        ended = await node.services.account.sessions.end_all(scope, distrusting)
        act = AuditAction(
            action="sessions.ended", kind="system", target=ADDRESS + normalised_email(email)
        )
        await node.services.audit.log.note(act)
        return ended


async def remove_factors(settings: Settings, mongo_url: str, redis_url: str, email: str) -> int:
    """Remove all second factors of the user with the address *email*, who gets a mail.

    Returns how many there were.
    """
    async with _operating(settings, mongo_url, redis_url) as node:
        user = await node.services.account.accounts.find(email)
        count = await node.services.account.factors.remove_all(Scope(user=user.id))
        if count:
            target = ADDRESS + normalised_email(email)
            act = AuditAction(action="factors.removed", kind="system", target=target)
            await node.services.audit.log.note(act)
        return count


async def add_client(
    settings: Settings, mongo_url: str, wanted: argparse.Namespace
) -> tuple[OAuthClient, str]:
    """Register an OAuth client, and return it with its secret, which is not stored."""
    async with open_database(mongo_url, settings) as database:
        once = OneTimeTokens(database, utc_now)
        store = OAuthClientStore(database)
        clients = OAuthClients(store, once, settings.issuer, utc_now, key=settings.index_key)
        try:
            client, secret = await clients.register(**_fields(wanted))
        except Invalid as refusal:
            raise StartError(refusal.detail) from None
        await _note(settings, database, "client.added", client.id)
        return client, secret


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
        await _note(settings, database, "keys.rotated", name)
        return Rotated(name, begins, data_keys, await store.rewrap())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of these commands."""
    add = parser.add_argument
    add("--name", default="", help="client-add: what people see it called")
    add("--kind", choices=("public", "confidential"), help="client-add: can it keep a secret?")
    add("--redirect", default="", help="client-add: where codes go, separated by spaces")
    add("--logout", default="", help="client-add: where browsers go that were logged out")
    add("--scope", default="", help="client-add: what it may ask for, separated by spaces")
    add("--audience", default="api", help="client-add: api, live, admin, separated by spaces")
    add("--jwks", type=Path, help="client-add: a file with its public keys (private_key_jwt)")
    add("--first-party", action="store_true", help="client-add: it is an app of ours")
    add("--alg", choices=ALGORITHMS, help="rotate-keys: of the next key; that of the present one")
    add("--export", type=Path, help="audit-verify: a folder to write the log into, for others")
    add("--at-once", action="store_true", help="rotate-keys: the present key is in wrong hands")


async def _note(settings: Settings, database: Database, action: Action, target: str) -> None:
    signer, checkpoints = AuditSigner(settings.index_key), settings.audit_checkpoints
    audit = Audit(AuditStore(database), signer, utc_now, checkpoints)
    await audit.note(AuditAction(action=action, kind="system", target=target))


def _fields(wanted: argparse.Namespace) -> dict[str, Any]:
    kind = wanted.kind or "public"
    if not wanted.name.strip():
        raise StartError("Say what the client is called: NAME=…")
    audiences = tuple(wanted.audience.split())
    if not set(audiences) <= AUDIENCES.keys():
        raise StartError(f"An audience is one of {', '.join(AUDIENCES)}.")
    keyed = "private_key_jwt" if wanted.jwks else "secret"
    return {
        "name": wanted.name.strip(),
        "kind": kind,
        "redirects": tuple(wanted.redirect.split()),
        "logout_redirects": tuple(wanted.logout.split()),
        "permissions": tuple(wanted.scope.split()),
        "audiences": audiences,
        "auth": keyed if kind == "confidential" else "none",
        "jwks": _jwks(wanted.jwks) if wanted.jwks else None,
        "first_party": wanted.first_party,
    }


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


def _jwks(path: Path) -> dict[str, Any]:
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_Keys)
    except (OSError, msgspec.MsgspecError, RecursionError):
        raise StartError(f"{path} holds no JSON Web Key Set.") from None
    if any("d" in key or key.get("kty") == "oct" for key in read.keys):
        raise StartError(f"{path} holds a secret key; only the public halves are for us.")
    return {"keys": read.keys}


def _moment(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

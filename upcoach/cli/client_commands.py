"""Operators' commands about registered OAuth clients: add, list, change, remove."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from config.settings import Settings
from models.audit import AuditAction
from models.base.clock import utc_now
from models.base.errors import Invalid
from models.oauth import OAuthClient
from upcoach.cli.operating import note, operating
from upcoach.node.connecting import open_database
from upcoach.node.process.listener import StartError
from upcoach.services.account.sessions.access_tokens import AUDIENCES
from upcoach.services.oauth.base.client_registry import RemovedClient
from upcoach.services.oauth.base.clients import OAuthClients
from upcoach.store.collections.oauth_clients import OAuthClientStore
from upcoach.store.secrets.one_time_tokens import OneTimeTokens


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
        await note(settings, database, "client.added", client.id)
        return client, secret


async def list_clients(settings: Settings, mongo_url: str) -> list[OAuthClient]:
    """All registered clients."""
    async with open_database(mongo_url, settings) as database:
        return await OAuthClientStore(database).all()


async def change_client(
    settings: Settings,
    mongo_url: str,
    redis_url: str,
    client_id: str,
    wanted: argparse.Namespace,
) -> int:
    """Change what *wanted* says of a client; return how many of its sessions have ended."""
    async with operating(settings, mongo_url, redis_url) as node:
        try:
            ended = await node.services.oauth.registry.change(client_id, _changes(wanted))
        except Invalid as refusal:
            raise StartError(refusal.detail) from None
        act = AuditAction(action="client.changed", kind="system", target=client_id)
        await node.services.audit.log.note(act)
        return ended


async def remove_client(
    settings: Settings, mongo_url: str, redis_url: str, client_id: str
) -> RemovedClient:
    """Remove a client with all that it was given."""
    async with operating(settings, mongo_url, redis_url) as node:
        removed = await node.services.oauth.registry.remove(client_id)
        act = AuditAction(action="client.removed", kind="system", target=client_id)
        await node.services.audit.log.note(act)
        return removed


def described(client: OAuthClient) -> str:
    """A client in words, a line for each of its properties that has any."""
    rows = {
        "kind": f"{client.kind}{', ours' if client.first_party else ''}",
        "redirect": " ".join(client.redirects),
        "logout": " ".join(client.logout_redirects),
        "scope": " ".join(client.permissions),
        "audience": " ".join(client.audiences),
    }
    lines = (f"  {name:<10}{text}" for name, text in rows.items() if text)
    return "\n".join((f"{client.id}  {client.name}", *lines))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of these commands."""
    add = parser.add_argument
    both = "client-add, client-change"
    add("--client", default="", help="client-change, client-remove: the id of the client")
    add("--name", default="", help=f"{both}: what people see it called")
    add("--kind", choices=("public", "confidential"), help="client-add: can it keep a secret?")
    add("--redirect", default="", help=f"{both}: where codes go, separated by spaces")
    add("--logout", default="", help=f"{both}: where browsers go that were logged out")
    add("--scope", default="", help=f"{both}: what it may ask for, separated by spaces")
    add("--audience", default="", help=f"{both}: api, live, admin, separated by spaces; api")
    add("--jwks", type=Path, help=f"{both}: a file with its public keys (private_key_jwt)")
    add("--first-party", action="store_true", help="client-add: it is an app of ours")


def _changes(wanted: argparse.Namespace) -> dict[str, Any]:
    """The fields that *wanted* names; what is empty stays as it is."""
    fields = {
        "name": wanted.name.strip(),
        "redirects": tuple(wanted.redirect.split()),
        "logout_redirects": tuple(wanted.logout.split()),
        "permissions": tuple(wanted.scope.split()),
        "audiences": _audiences(wanted),
        "jwks": _jwks(wanted.jwks) if wanted.jwks else None,
    }
    return {name: value for name, value in fields.items() if value}


def _audiences(wanted: argparse.Namespace) -> tuple[str, ...]:
    audiences = tuple(wanted.audience.split())
    if not set(audiences) <= AUDIENCES.keys():
        raise StartError(f"An audience is one of {', '.join(AUDIENCES)}.")
    return audiences


def _fields(wanted: argparse.Namespace) -> dict[str, Any]:
    kind = wanted.kind or "public"
    if not wanted.name.strip():
        raise StartError("Say what the client is called: NAME=…")
    keyed = "private_key_jwt" if wanted.jwks else "secret"
    return {
        "name": wanted.name.strip(),
        "kind": kind,
        "redirects": tuple(wanted.redirect.split()),
        "logout_redirects": tuple(wanted.logout.split()),
        "permissions": tuple(wanted.scope.split()),
        "audiences": _audiences(wanted) or ("api",),
        "auth": keyed if kind == "confidential" else "none",
        "jwks": _jwks(wanted.jwks) if wanted.jwks else None,
        "first_party": wanted.first_party,
    }


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


def _jwks(path: Path) -> dict[str, Any]:
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_Keys)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise StartError(f"{path} holds no JSON Web Key Set.") from None
    if any("d" in key or key.get("kty") == "oct" for key in read.keys):
        raise StartError(f"{path} holds a secret key; only the public halves are for us.")
    return {"keys": read.keys}

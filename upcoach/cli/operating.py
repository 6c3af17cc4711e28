"""What operators' commands need beside a running installation: a node, and the audit log."""

import argparse
import contextlib
import dataclasses
from collections.abc import AsyncIterator

from config.settings import Settings
from models.audit import Action, AuditAction
from models.base.clock import utc_now
from models.base.errors import Refusal, Unavailable
from streams.redis.connection import RedisConnections
from upcoach.node.app import Node
from upcoach.node.connecting import open_schema, when_reached
from upcoach.node.process.listener import StartError
from upcoach.services.audit.audit import Audit
from upcoach.services.audit.audit_signing import AuditSigner
from upcoach.store.base.database import Database
from upcoach.store.collections.audit import AuditStore
from upcoach.store.schema.installation import load_installation


@contextlib.asynccontextmanager
async def operating(settings: Settings, mongo_url: str, redis_url: str) -> AsyncIterator[Node]:
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
        except Unavailable:
            raise
        except Refusal as refusal:
            raise StartError(refusal.detail) from None
        finally:
            await node.stop()


async def note(settings: Settings, database: Database, action: Action, target: str) -> None:
    signer, checkpoints = AuditSigner(settings.index_key), settings.audit_checkpoints
    audit = Audit(AuditStore(database), signer, utc_now, checkpoints)
    await audit.note(AuditAction(action=action, kind="system", target=target))


def email_of(arguments: argparse.Namespace) -> str:
    """Whose account a command is about, or a refusal that asks for it."""
    return said(arguments.email, "Say whose account it is: USER=address")


def said(text: str, otherwise: str) -> str:
    """*text* without what is around it; if there is none, a refusal that says *otherwise*."""
    if not text.strip():
        raise StartError(otherwise)
    return text.strip()

"""Many people at once."""

import asyncio
import datetime as dt

from config.settings import Settings
from models.access.scope import Scope
from models.account import Session, User
from models.account.session import SessionTerms
from models.base.clock import utc_now
from models.base.ids import new_id
from upcoach.node import app
from upcoach.services.account.sessions.access_tokens import AccessTokens
from upcoach.services.base.resources import write_outcome
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

AT_ONCE = 200


async def make_people(node: app.Node, settings: Settings, count: int) -> list[dict[str, str]]:
    """*count* users, each with a token; nobody's password is hashed, which would take minutes."""
    people: list[dict[str, str]] = []
    while len(people) < count:
        some = min(AT_ONCE, count - len(people))
        people += await asyncio.gather(*(_make_person(node, settings) for _ in range(some)))
    return people


async def _make_person(node: app.Node, settings: Settings) -> dict[str, str]:
    user = new_id("usr")

    def decide(changes: WriteContext) -> Outcome[User]:
        made = User(
            id=user,
            owner=user,
            created_at=changes.at,
            updated_at=changes.at,
            email=f"{user}@example.org",
            email_index=user,
            name="Test",
            tz="UTC",
            password_hash="",
        )
        changes.create(made)
        return write_outcome("created", made)

    reads = (Ref(User, user, user),)
    scope = Scope(user=user)
    write = Write(scope=scope, reads=reads, decide=decide, new_owner=True)
    await node.committer.submit(write)
    return {"user": user, "token": _token(node, settings, user)}


def _token(node: app.Node, settings: Settings, user: str) -> str:
    lifetime = dt.timedelta(minutes=settings.token_minutes)
    tokens = AccessTokens(
        node.services.account.keys,
        settings.issuer,
        lifetime,
        node.services.account.revocations,
        utc_now,
    )
    terms = SessionTerms(device="bench")
    session = Session.started(terms, session_id=new_id("ses"), owner=user, at=utc_now())
    return tokens.issue(session)[0]

"""Where a round of the matrix plays: two nodes, an account, its owner, and somebody else inside."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.account import Session
from models.account.session import SessionTerms
from models.account.session_lifetimes import SessionKind
from models.account.user import Registration
from models.base.ids import new_id
from models.oauth.client import OAuthClient as App
from tests.support.engines import TestEngines
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import settings_of
from tests.support.people.racing import all_get_as_far_as_the_factor
from tests.support.server import PASSWORD, Server, serving
from tests.support.server.provider import OpenIdProvider
from tests.support.wire.relying import REDIRECT, SCOPES, Browser, OAuthParty
from upcoach.client import RestClient
from upcoach.services.account.login.logins import Challenge

BOUND_S: Final = 2.0  # within which every node knows; 150 ms where nothing else runs
STRONG: Final = ("pwd", "otp", "mfa")


class Stage(msgspec.Struct, frozen=True):
    """Two nodes, and what is the same in every round."""

    settings: Settings
    nodes: tuple[Server, Server]
    provider: OpenIdProvider
    app: App

    def node(self, at: int) -> Server:
        return self.nodes[at % 2]


class Victim(msgspec.Struct, frozen=True):
    """Somebody's account in one round.

    Attributes
    ----------
    owner
        The device from which they take away what others have.
    intruder
        Somebody else's device, whose *session* is the one that is ended where one is; they have a
        *browser* and an app, too.
    held
        What the round holds open.

    """

    stage: Stage
    email: str
    user: str
    owner: RestClient
    kept: str
    person: AccountHolder
    intruder: RestClient
    session: str
    browser: OAuthParty
    held: contextlib.AsyncExitStack

    @property
    def scope(self) -> Scope:
        """What the intruder's device asks with, once it was let in."""
        return Scope(user=self.user, session=self.session, device="tv")

    def client(self, at: int, token: str) -> RestClient:
        return self.stage.node(at).client(token)

    async def started(self, app: SessionKind = "mobile") -> tuple[RestClient, Session]:
        """A new session of two factors."""
        return await start(self.stage.nodes[0], self.user, app)


async def start(
    server: Server, user: str, app: SessionKind = "mobile"
) -> tuple[RestClient, Session]:
    """A session of *user*, of two factors, as it were after the hashing."""
    services = server.node.services
    terms = SessionTerms(device=new_id("dev")[:20], app=app, acr=2, amr=STRONG)
    found = await services.account.logins.finish(await services.account.logins.user(user), terms)
    assert not isinstance(found, Challenge)
    login, outcome = found
    client = server.client(login.token)
    client.refresh_token = login.refresh_token
    assert outcome.body is not None
    scope = Scope(user=user, session=outcome.body["id"])
    return client, await services.account.sessions.get(scope)


@contextlib.asynccontextmanager
async def staged(
    engines: TestEngines, path: Path, patch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """A stage, on which nobody is told that they try too often."""
    all_get_as_far_as_the_factor(patch)
    async with OpenIdProvider().listening() as provider:
        rows = msgspec.json.encode([provider.row()]).decode()
        settings = settings_of(engines, path, UPCOACH_PROVIDERS=rows)
        async with serving(settings) as one, serving(settings) as other:
            app, _ = await one.node.services.oauth.clients.register(
                name="App",
                kind="public",
                redirects=(REDIRECT,),
                permissions=tuple(SCOPES.split()),
                auth="none",
            )
            yield Stage(settings, (one, other), provider, app)


@contextlib.asynccontextmanager
async def account(stage: Stage, *, is_claimed: bool = False) -> AsyncIterator[Victim]:
    """An account with a second factor.

    The click that confirms the factor shows whose the address is.  Before somebody else claims the
    account nobody has shown that, and the factor waits.
    """
    server = stage.nodes[0]
    email = f"{new_id('ann')}@gmail.test"
    registration = Registration(email=email, password=PASSWORD, name="Ann")
    made = await server.node.services.account.accounts.create(registration)
    assert made.body is not None
    user = made.body["id"]
    owner, kept = await start(server, user)
    intruder, session = await start(server, user)
    person = AccountHolder(server, email, intruder, user)
    await person.enrol(confirmed=not is_claimed)
    window = Browser(server.url)
    window.cookies["sid"] = await server.node.services.account.browsers.enter(
        "", (await start(server, user, "web"))[1]
    )
    browser = OAuthParty(server, window, email, user, stage.app, stage.app, "")
    async with contextlib.AsyncExitStack() as held:
        held.callback(window.close)
        yield Victim(
            stage, email, user, owner, kept.id, person, intruder, session.id, browser, held
        )


async def stays(check: Callable[[], Awaitable[bool]]) -> bool:
    """Whether *check* is still true when every node has had the time to know."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BOUND_S):
            while await check():
                await asyncio.sleep(0.01)
            return False
    return True

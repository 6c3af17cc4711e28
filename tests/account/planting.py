"""What somebody leaves behind in an account whose password they know, and what is left of it."""

import datetime as dt
import re
from typing import Final

from models.account import Factors, Identity, Session
from models.account.factors import FACTORS, NEVER
from models.account.session import SessionTerms
from models.base.document import Document
from models.contexts import WAYS
from models.journal import ClientEntry, EntryShare
from models.sharing import CoachClient, Share
from tests.account.federation.providers import nonce_of
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import all_sent, post_of, text_of, token_in
from tests.support.people.passkeys import ORIGIN, add
from tests.support.people.relations import INVITATIONS, relate, user_of
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server
from tests.support.server.provider import OpenIdProvider
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient
from upcoach.store.base.codec import key_of

CONFIRM: Final = "/v1/auth/additions/confirm"
DISOWN: Final = "/v1/auth/additions/disown"
LONG_AGO: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
IN_A_YEAR: Final = dt.timedelta(days=300)


class Thief(AccountHolder):
    """Somebody who knows the password.

    Attributes
    ----------
    phone
        What holds the passkey that they have added.
    coach
        The user id of whoever they have let see something.
    pupil
        The user id of whoever they have made the account's owner coach of.

    """

    phone: Authenticator
    coach: str
    pupil: str

    @classmethod
    async def of(cls, server: Server, email: str) -> "Thief":
        """Somebody who has logged in to the account of *email*."""
        login = await server.client().log_in(email, PASSWORD, "thief")
        client = server.client(login.token)
        client.refresh_token = login.refresh_token
        login.close()
        return cls(server, email, client, scope_of(server, client).user)

    async def plant(self, provider: OpenIdProvider) -> None:
        """Leave all ways in, and out, that there are."""
        await self.enrol(confirmed=False)
        self.phone = Authenticator(ORIGIN)
        await done(add(self, self.phone, confirmed=False))
        await done(link(self, provider))
        await self._let_app_in()
        self.coach = await self._share(self.client, await self.server.person())
        away = {"url": "https://thief.example/", "types": ["*"]}
        await done(self.client.call("POST", "/v1/webhooks", away))
        pupil = await self.server.person()
        await self._share(pupil, self.client)
        self.pupil = await user_of(pupil)
        await done(self.client.call("POST", INVITATIONS, {"as": "client"}))
        scope = scope_of(self.server, self.client)
        await self.server.node.services.account.factors.trusted.trust(
            scope, SessionTerms(device="thief")
        )

    async def _let_app_in(self) -> None:
        oauth = self.server.node.services.oauth
        names = ("openid", "goals:read")
        app, _ = await oauth.clients.register(
            name="Theirs", kind="public", auth="none", permissions=names
        )
        await oauth.grants.remember(scope_of(self.server, self.client), app, names)

    async def _share(self, client: RestClient, coach: RestClient) -> str:
        """Have *coach* follow *client*, and read an entry of theirs; the coach's user id."""
        coach_id = await relate(client, coach)
        await done(client.call("PUT", f"/v1/shares/{coach_id}", {"kinds": ["goal"]}))
        entry = (await done(client.call("POST", "/v1/journal", {"text": "Dear"}))).body["id"]
        until = {"until": (dt.datetime.now(dt.UTC) + IN_A_YEAR).isoformat()}
        await done(client.call("PUT", f"/v1/journal/{entry}/shares/{coach_id}", until))
        return coach_id


async def link(person: AccountHolder, provider: OpenIdProvider, sub: str = "thief") -> Response:
    """Let somebody else at *provider* enter the account of *person*."""
    nonce = await nonce_of(person.server)
    token = provider.token(nonce=nonce, sub=sub, email=f"{sub}@elsewhere.test")
    body = {"provider": "google", "id_token": token, "nonce": nonce}
    return await person.client.call("POST", "/v1/auth/identities", body)


async def wait(server: Server, user: str) -> None:
    """As if whatever waits had waited for long enough."""
    database = server.node.database
    stored = {"_id": key_of(user, FACTORS)}
    factors = await database[Factors.collection].find_one(stored)
    assert factors is not None
    ended = {
        name: at if at == NEVER.replace(tzinfo=at.tzinfo) else LONG_AGO
        for name, at in factors["waiting"].items()
    }
    await database[Factors.collection].update_one(stored, {"$set": {"waiting": ended}})
    for_a_while = {"owner": user, "counts_from": {"$lt": NEVER}}
    change = {"$set": {"counts_from": LONG_AGO}}
    await database[Identity.collection].update_many(for_a_while, change)


async def left(server: Server, thief: Thief) -> dict[str, int]:
    """What there is of each way that somebody has planted."""
    database = server.node.database
    own: tuple[type[Document], ...] = (ClientEntry, *WAYS)
    places: list[tuple[str, type[Document], str]] = [
        ("coach's ", CoachClient, thief.coach),
        ("coach's ", ClientEntry, thief.coach),
        ("pupil's ", Share, thief.pupil),
        ("pupil's ", EntryShare, thief.pupil),
    ]
    places += [("", kind, thief.user) for kind in own if kind not in (Session, Factors)]
    found = {
        f"{whose}{kind.kind}": await database[kind.collection].count_documents({"owner": owner})
        for whose, kind, owner in places
    }
    factors = await database[Factors.collection].find_one({"owner": thief.user}) or {}
    fields = ("totp_secret", "passkeys", "recovery", "waiting")
    return found | {name: int(bool(factors.get(name))) for name in fields}


async def tokens(server: Server, email: str) -> list[str]:
    """The tokens of all mails to *email* that tell of something that was added."""
    await all_sent(server)
    mails = post_of(server, email)
    return [token_in(one) for one in mails if re.search("/account/added", text_of(one))]


async def click(server: Server, path: str, token: str) -> int:
    """The status of what a link with *token* leads to."""
    return (await server.client().call("POST", path, {"token": token})).status

"""Everybody who may ask: twelve principals, and the person whose documents it is about."""

import base64
import datetime as dt
import json
import time
from typing import Any, Final
from urllib.parse import urlencode

from handlers.http.operations import Operation, Router
from models.access.scope import Scope
from models.account import Factors, Identity, Passkey, Session, TrustedDevice
from models.account.factors import FACTORS
from models.account.session import SessionTerms
from models.base.clock import utc_now
from models.base.document import Document
from models.base.errors import Invalid
from models.base.ids import new_id
from models.contexts import DOCUMENTS, PERMISSIONS
from models.journal import EntryShareDraft, NewJournalEntry
from tests.jobs import writing as jobs
from tests.support.people.operators import operator
from tests.support.people.relations import relate, share, unshare
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done, next_page
from upcoach.cli.explain.others import leave, tell
from upcoach.cli.explain.questions import NEEDED, Question, QuestionAnswer, Questions
from upcoach.cli.explain.seeds import Seeds
from upcoach.client import Response, RestClient
from upcoach.node.app import Node
from upcoach.services.account.sessions.access_tokens import TYPE
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

Json = dict[str, Any]
# What ends the session that asks for it, the gentlest first.
ENDING: Final = (
    ("POST", "/v1/auth/logout"),
    ("DELETE", "/v1/auth/sessions/{id}"),
    ("DELETE", "/v1/auth/sessions"),
)
CANARY: Final = "canary5d1f"  # a word that the owner alone has written

# Who is somebody else, however near.
FOREIGN: Final = (
    "other user",
    "assigned coach",
    "unassigned coach",
    "former coach",
    "support",
    "editor",
    "superadmin",
)
# Whose token is not right.
BROKEN: Final = ("anonymous", "expired token", "missing scope", "other audience")


class Stage:
    """A server with everybody on it."""

    def __init__(self, server: Server, router: Router) -> None:
        self.server = server
        self.router = router
        self.people: dict[str, RestClient] = {}
        self.owner = ""
        self.entry = ""  # the one that the assigned coach may read
        self.coach = ""
        self._claims: Json = {}
        self._other: dict[str, list[RestClient]] = {}  # sessions that may end

    async def enter(self) -> None:
        """Make everybody, and the owner's documents."""
        server = self.server
        owner = await server.person()
        self.people["owner"] = owner
        self.owner = scope_of(server, owner).user
        for name in FOREIGN[:4]:
            self.people[name] = await server.person()
        for role in ("support", "editor", "superadmin"):
            self.people[role] = await operator(server, role)
        self.people["anonymous"] = server.client()
        self._claims = _payload(owner.token)
        for who, person in self.people.items():
            if person.token:
                self._other[who] = [await self._again(person) for _ in ENDING]
        await self._furnish(owner)

    async def _again(self, person: RestClient) -> RestClient:
        """Somebody who is there, in one more session."""
        sessions = self.server.node.services.account.sessions
        scope = scope_of(self.server, person)
        before = await sessions.get(scope)
        terms = SessionTerms(
            device="spare", app=before.app, audiences=before.audiences, acr=before.acr
        )
        login, _ = await sessions.start(scope.user, terms)
        return self.server.client(login.token)

    async def _furnish(self, owner: RestClient) -> None:
        async def ask(question: Question) -> QuestionAnswer | None:
            url = url_of(question.operation, question.names, question.query)
            answer = await owner.call("GET", url)
            return QuestionAnswer(answer.body, next_page(answer)) if answer.status == 200 else None

        async def write(
            one: Operation[Any], names: dict[str, str], body: Any, base: int | None
        ) -> None:
            headers = {} if base is None else {"If-Match": f'"v{base}"'}
            answer = await owner.call(one.method, url_of(one, names), body, headers=headers)
            if answer.status >= 400:
                raise Invalid("refused", str(answer.body))

        self.questions = Questions(self.router, ask)
        assigned = scope_of(self.server, self.people["assigned coach"])
        sown = await self.server.person()
        self.coach = assigned.user
        await relate(sown, owner)  # of whom notes are kept
        await tell(self.server.node.services, scope_of(self.server, owner), 3)
        await Seeds(self.router, write, self.questions, {"coach": await relate(owner, sown)}).sow(2)
        for who in ("assigned coach", "former coach"):
            await share(owner, self.people[who], ["goal", "habit", "habit.entry"])
        await unshare(owner, self.people["former coach"])
        goal = (await done(owner.call("POST", "/v1/goals", {"title": CANARY}))).body["id"]
        point = f"/v1/goals/{goal}/progress/{new_id('pnt')}"
        await done(owner.call("PUT", point, {"value": 0.5}))
        self.questions.forget()
        await done(owner.call("POST", "/v1/moods", {"level": 3, "note": CANARY}))
        services, scope = self.server.node.services, scope_of(self.server, owner)
        await enrol(self.server.node, scope.user)
        await leave(services, scope, scope_of(self.server, await self.server.person()))
        await jobs.queue(self.server, owner, new_id("job"))
        entry = NewJournalEntry(id=new_id("jen"), text=CANARY)
        await services.journal.entries.create(scope, entry)
        self.entry = entry.id
        thrown = NewJournalEntry(id=new_id("jen"), text=CANARY)
        await services.journal.entries.create(scope, thrown)
        await services.journal.entries.delete(scope, thrown.id)
        until = EntryShareDraft(until=utc_now() + dt.timedelta(days=30))
        await services.sharing.entry_shares.share(scope, entry.id, assigned.user, until, 1)
        self.questions.forget()

    def client(self, who: str, operation: Operation[Any]) -> RestClient:
        """The client of *who*, as they ask for *operation*."""
        ending = (operation.method, operation.path)
        if who in self._other and ending in ENDING:
            return self._other[who][ENDING.index(ending)]
        if who in self.people:
            return self.people[who]
        issuer, claims = self._claims["iss"], dict(self._claims)
        match who:
            case "expired token":
                claims["exp"] = int(time.time()) - 60
            case "missing scope":
                claims["scope"] = " ".join(sorted(PERMISSIONS.keys() - {operation.needs}))
                claims["aud"] = [*claims["aud"], f"{issuer}/v1/admin"]
            case "other audience":
                claims["aud"] = [f"{issuer}/v1/live"]
        tokens = self.server.node.services.account.sessions._tokens
        return self.server.client(tokens.signed(TYPE, claims))

    def others(self) -> str:
        """The ids of everybody but the owner."""
        people = [one for who, one in self.people.items() if who not in ("owner", "anonymous")]
        return " ".join(scope_of(self.server, one).user for one in people)

    def known_to(self, who: str) -> str:
        """The ids of the owner's that *who* knows rightly."""
        shown = {"assigned coach": f"{self.owner} {self.entry}", "former coach": self.owner}
        return shown.get(who, "")

    async def documents(self) -> dict[str, list[Json]]:
        """All that the owner has, as the database holds it."""
        kept = {}
        for kind in DOCUMENTS:
            if kind is not Session:
                async with self.server.node.database.connection():
                    found = self.server.node.database[kind.collection].find({"owner": self.owner})
                    kept[kind.collection] = await found.to_list()
        return kept


async def enrol(node: Node, owner: str) -> None:
    """Give *owner* one of each way to log in, as it would be kept."""
    ids: dict[type[Document], str] = {
        Passkey: new_id("pky"),
        TrustedDevice: new_id("trd"),
        Identity: new_id("ide"),
    }

    def decide(changes: WriteContext) -> Outcome[None]:
        def made(kind: type[Document], **fields: Any) -> Document:
            base: Json = {"id": ids[kind], "owner": owner, "created_at": changes.at}
            return kind(**base, updated_at=changes.at, **fields)

        until = changes.at + dt.timedelta(days=30)
        provider = {"provider": "google", "issuer": "https://issuer.example"}
        for document in (
            Factors.none(owner, changes.at),
            made(Passkey, name="Phone", credential=CANARY, public_key=CANARY),
            made(TrustedDevice, device="x", secret_hash=CANARY, round=0, expires_at=until),
            made(Identity, subject=CANARY, subject_index=CANARY, **provider),
        ):
            changes.create(document)
        return Outcome(verb="created", document=None)

    reads = (Ref(Factors, owner, FACTORS), *(Ref(kind, owner, one) for kind, one in ids.items()))
    await node.committer.submit(Write(scope=Scope(user=owner), reads=reads, decide=decide))


def url_of(
    operation: Operation[Any], names: dict[str, str], query: dict[str, str] | None = None
) -> str:
    """Where *operation* is asked for."""
    asked = NEEDED.get(operation.path, {}) | (query or {})
    return operation.path.format(**names) + (f"?{urlencode(asked)}" if asked else "")


def told(answer: Response) -> Any:
    """What *answer* says, without what names the request."""
    if not isinstance(answer.body, dict):
        return answer.body
    ours = ("instance", "request_id")
    return {name: value for name, value in answer.body.items() if name not in ours}


def _payload(token: str) -> Json:
    part = token.split(".")[1]
    payload: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return payload

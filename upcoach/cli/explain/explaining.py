"""Seed documents, call every GET, and read the plans of its queries from the profiler."""

import dataclasses
import datetime as dt
import gc
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.operations import Call, Operation, Reply
from models.access.caller import Caller
from models.access.request_origin import NOWHERE
from models.account import Credentials, Registration
from models.base.errors import Refusal
from models.base.ids import new_id
from upcoach.cli.explain.others import leave, relate, tell
from upcoach.cli.explain.questions import Question, QuestionAnswer, Questions
from upcoach.cli.explain.seeds import Scale, Seeds, loop_archives
from upcoach.node import app, connecting
from upcoach.services.account.login.logins import Challenge
from upcoach.store.base.codec import WORDS
from upcoach.store.schema.profile import ProfiledOperation, QueryProfile, profiled

PASSWORD = "nobody logs in again"  # noqa: S105 - of an account that lives for minutes


# What is read together, now and then and whoever asks: of a handful of documents.
WHOLE: Final = {("signing_keys", "find"), ("oauth_clients", "distinct")}


class ExplainedQuery(msgspec.Struct, frozen=True):
    """A query that MongoDB ran, and the path that it was run for."""

    path: str
    ran: ProfiledOperation

    @property
    def is_bad(self) -> bool:
        """Whether it reads what it need not, or sorts what an index should have sorted.

        What is found by its words is sorted: their index is small because it knows no more than
        the date (docs/decisions/0016).
        """
        if (self.ran.collection, self.ran.what) in WHOLE:
            return False
        by_words = f"{WORDS} $all" in self.ran.shape
        return "COLLSCAN" in self.ran.plan or (self.ran.sorts and not by_words)


class Explained(msgspec.Struct):
    """The results: the queries, the CPU of each question in seconds, and what was not seeded."""

    queries: list[ExplainedQuery]
    cpu_s: dict[str, list[float]]
    unsown: list[str]

    @property
    def bad(self) -> list[ExplainedQuery]:
        """The queries that scan or sort."""
        return [query for query in self.queries if query.is_bad]


async def explained(settings: Settings, scale: Scale) -> Explained:
    """Explain everything, on engines of its own, of which nothing stays."""
    with tempfile.TemporaryDirectory(prefix="upcoach-explain-") as folder:
        alone = apart(settings, Path(folder))
        async with connecting.engine_urls(alone) as (mongo_url, redis_url, _engines):
            return await explained_on(alone, mongo_url, redis_url, scale)


def apart(settings: Settings, folder: Path) -> Settings:
    """*settings* of a node that has nothing but a *folder*, and reaches nobody."""
    return dataclasses.replace(
        settings,
        data=folder,
        mongo_url=None,
        redis_url=None,
        smtp_url=None,
        vapid_key=b"",
        fcm={},
        apns={},
        providers=(),
        roles=frozenset({"web"}),
    )


async def explained_on(
    settings: Settings, mongo_url: str, redis_url: str, scale: Scale, *, together: int = 2
) -> Explained:
    """Explain everything, on running engines; *together* says how many filters are combined."""
    async with app.running_node(settings, mongo_url, redis_url) as node:
        caller = await _person(node)
        coach = await _person(node)
        imports = node.services.imports.imports
        asking = _Asking(node, caller, await _operator(node))
        questions = Questions(ROUTER, asking.ask, together=together)
        seeds = Seeds(ROUTER, asking.write, questions, {"coach": coach.scope.user})
        for archive in loop_archives(scale, dt.datetime.now(dt.UTC).date()):
            plan = await imports.read(caller.scope, "loop", archive, "UTC")
            await imports.carry_out(caller.scope, plan)
            await imports.begin(caller.scope, plan, "loop")
        await relate(node.services, client=caller.scope, coach=coach.scope)
        client = await _person(node)
        await relate(node.services, client=client.scope, coach=caller.scope)
        await tell(node.services, caller.scope, scale.documents)
        await seeds.sow(scale.documents)
        await leave(node.services, caller.scope, coach.scope)
        questions.forget()
        async with profiled(node.database) as profile:
            asking.begin(profile)
            await questions.ask_all()
        unsown = [
            f"{operation.method} {operation.path}: {why}" for operation, why in seeds.unsown.items()
        ]
        return Explained(asking.queries, asking.cpu_s, unsown)


class _Asking:
    """Calls a node as one person, and measures what each question costs."""

    def __init__(self, node: app.Node, caller: Caller, operator: Caller) -> None:
        self._node = node
        self._caller = caller
        self._operator = operator
        self._profile: QueryProfile | None = None
        self.queries: list[ExplainedQuery] = []
        self.cpu_s: dict[str, list[float]] = {}

    def begin(self, profile: QueryProfile) -> None:
        """Measure from now on."""
        self._profile = profile

    async def ask(self, question: Question) -> QuestionAnswer | None:
        """See `Questions`."""
        operation = question.operation
        call = self._call(operation, names=question.names, query=question.query)
        gc.disable()  # its turn would fall on one of the questions, and belongs to all of them
        began = time.thread_time()
        try:
            reply = await self._node.runner.perform(operation, call)
            raw = msgspec.json.encode(reply.body) if reply.raw is None else reply.raw
        except Refusal:
            return None
        finally:
            took_s = time.thread_time() - began
            gc.enable()
        if self._profile is not None:
            self.cpu_s.setdefault(operation.path, []).append(took_s)
            ran = await self._profile.fresh()
            self.queries += [ExplainedQuery(operation.path, query) for query in ran]
        return QuestionAnswer(msgspec.json.decode(raw), _next(reply))

    async def write(
        self, operation: Operation[Any], names: dict[str, str], body: Any, base: int | None
    ) -> None:
        """See `Seeds`."""
        call = self._call(operation, names=names, body=body, base=base)
        await self._node.runner.perform(operation, call)

    def _call(self, operation: Operation[Any], **parts: Any) -> Call:
        is_operators = operation.needs.startswith("admin:")
        caller = self._operator if is_operators else self._caller
        return Call(caller=caller, origin=NOWHERE, **parts)


async def _operator(node: app.Node) -> Caller:
    email = f"{new_id('explain')}@example.org"
    caller = await _person(node, email)
    await node.services.account.accounts.set_roles(email, ("superadmin",))
    return msgspec.structs.replace(caller, audiences=caller.audiences | {"admin"}, acr=2)


async def _person(node: app.Node, email: str = "") -> Caller:
    accounts = node.services.account.accounts
    email = email or f"{new_id('explain')}@example.org"
    await accounts.create(Registration(email=email, password=PASSWORD, name="Explain"))
    granted = await accounts.log_in(Credentials(email=email, password=PASSWORD, device="explain"))
    assert not isinstance(granted, Challenge)
    return node.services.account.sessions.authenticate(granted[0].token)


def _next(reply: Reply) -> str:
    return reply.headers.get("Link", "").partition(">")[0].removeprefix("<")

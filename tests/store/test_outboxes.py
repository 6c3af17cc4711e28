"""What leaves the house waits in an outbox, whichever it is, until it is carried out."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.account import AddressVerificationMail, User
from models.base.clock import utc_now
from models.base.errors import Conflict
from models.base.messages.mail import MailRequest
from models.base.messages.push import PushRequest
from tests.store.opened import database_of
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from upcoach.store.base.database import Database
from upcoach.store.outbox.outbox import KEPT, LATER, TURN, Outbox, Pending, Tries
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
MASTERS: Final = MasterKeys("test", {"test": bytes(32)})
MAIL: Final = AddressVerificationMail("ann@example.org", "Ann")
PUSH: Final = PushRequest(owner="Ann", topic="t", title="Run", body="Now.", until=NOON + KEPT)
# Each outbox as a build of another time knows it: its collection, and a request.
OUTBOXES: Final[dict[str, tuple[str, MailRequest | PushRequest]]] = {
    "mail": ("outbox", MAIL),
    "push": ("push_outbox", PUSH),
}
each = pytest.mark.parametrize("name", OUTBOXES)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> dt.datetime:
        return self.at


@contextlib.asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[tuple[Database, Outbox[Any], Any]]:
    """An outbox with nothing in it, and the clock that it looks at."""
    watch = Watch()
    async with database_of(settings) as database:
        outbox: Outbox[Any] = getattr(Outboxes.of(database, MASTERS, watch), name)
        await database[outbox.collection].delete_many({})
        yield database, outbox, watch


async def one_of(outbox: Outbox[Any], tries: Tries = "any") -> Pending[Any] | None:
    """The next request that is due, if there is one."""
    return next(iter(await outbox.take(1, tries)), None)


def test_these_are_all_outboxes() -> None:
    assert set(OUTBOXES) == set(Outboxes._fields)


class OfTomorrow(MailRequest, frozen=True, tag="OfTomorrow"):
    """A request that this build does not know."""


@each
async def test_a_request_is_leased_and_comes_again_until_it_is_discarded(
    settings: Settings, name: str
) -> None:
    async with opened(settings, name) as (database, outbox, watch):
        collection, request = OUTBOXES[name]
        await outbox.add(request)
        [stored] = await database[collection].find({}).to_list()

        first, leased = await one_of(outbox), await one_of(outbox)
        watch.at += TURN
        second = await one_of(outbox)
        assert first is not None
        assert second is not None
        await outbox.put_off(second.claim, LATER)
        watch.at += LATER - dt.timedelta(seconds=1)
        early = await one_of(outbox)
        watch.at += dt.timedelta(seconds=1)
        third = await one_of(outbox)
        assert third is not None
        await outbox.discard([third.claim])

        assert (stored["at"], stored["until"], stored["tries"]) == (NOON, NOON + KEPT, 0)
        assert set(stored) == {"_id", "at", "until", "tries", "master", "wish"}
        assert b"Ann" not in msgspec.msgpack.encode(stored, enc_hook=str)
        assert (first.request, first.tries, leased, early) == (request, 1, None, None)
        assert second == msgspec.structs.replace(first, claim=second.claim, tries=2, age=TURN)
        later = TURN + LATER
        assert third == msgspec.structs.replace(first, claim=third.claim, tries=3, age=later)
        assert await database[collection].count_documents({}) == 0


@each
async def test_who_is_late_changes_nothing_of_what_another_one_holds(
    settings: Settings, name: str
) -> None:
    async with opened(settings, name) as (database, outbox, watch):
        collection, request = OUTBOXES[name]
        other: Outbox[Any] = getattr(Outboxes.of(database, MASTERS, watch), name)
        await outbox.add(request)
        late = await one_of(outbox)
        assert late is not None
        early = await one_of(other)
        watch.at += TURN
        holder = await one_of(other)
        assert holder is not None
        await outbox.put_off(late.claim, LATER)
        await outbox.put_off(late.claim, dt.timedelta(0), is_tried=False)
        await outbox.discard([late.claim])
        left = await database[collection].find({}).to_list()
        meanwhile = await one_of(outbox)
        await other.put_off(holder.claim, LATER)
        await other.discard([holder.claim])  # which it holds no more
        put_off = await database[collection].find({}).to_list()
        watch.at += LATER
        await outbox.add(request)
        taken = await other.take(2)
        stale = [late.claim, holder.claim]
        await other.discard([*stale, *(pending.claim for pending in taken if pending.tries == 1)])
        kept = await database[collection].find({}).to_list()

        assert (early, meanwhile, holder.id) == (None, None, late.id)
        assert [(row["at"], row["tries"]) for row in left] == [(NOON + 2 * TURN, 2)]
        assert [(row["at"], row["tries"]) for row in put_off] == [(NOON + TURN + LATER, 2)]
        assert [row["_id"] for row in kept] == [late.id]


@each
async def test_many_who_take_at_once_get_each_request_once(settings: Settings, name: str) -> None:
    async with opened(settings, name) as (_, outbox, _watch):
        await asyncio.gather(*(outbox.add(OUTBOXES[name][1]) for _ in range(20)))

        taken = await asyncio.gather(*(one_of(outbox) for _ in range(30)))

        ids = [pending.id for pending in taken if pending is not None]
        assert len(ids) == len(set(ids)) == 20


@each
async def test_what_cannot_be_read_holds_up_nothing(settings: Settings, name: str) -> None:
    async with opened(settings, name) as (database, outbox, watch):
        collection, request = OUTBOXES[name]
        newer = Outboxes.of(database, MASTERS, watch)
        lost = Outboxes.of(database, MasterKeys("old", {"old": bytes(32)}), watch)
        await getattr(lost, name).add(request)
        stored = getattr(newer, name).to_bson(OfTomorrow("ann@example.org"), "let_tomorrow")
        await database[collection].insert_one(stored)
        await outbox.add(request)

        taken = await one_of(outbox)

        assert taken is not None
        assert taken.request == request
        left = {row["_id"]: row["at"] for row in await database[collection].find({}).to_list()}
        assert left == {"let_tomorrow": NOON + LATER, taken.id: NOON + TURN}


@each
async def test_what_was_tried_before_is_taken_by_itself(settings: Settings, name: str) -> None:
    async with opened(settings, name) as (_, outbox, watch):
        for _ in range(3):
            await outbox.add(OUTBOXES[name][1])
        tried, untried = await one_of(outbox, "first"), await one_of(outbox, "first")
        assert tried is not None
        assert untried is not None
        await outbox.put_off(untried.claim, TURN, is_tried=False)
        left = await one_of(outbox, "first")
        assert left is not None
        await outbox.discard([left.claim])
        watch.at += TURN

        found: list[tuple[str, str]] = []
        sorts: tuple[Tries, ...] = ("first", "later")
        for tries in sorts:
            while (pending := await one_of(outbox, tries)) is not None:
                found.append((tries, pending.id))

        assert found == [("first", untried.id), ("later", tried.id)]


async def test_what_is_named_is_there_once(settings: Settings) -> None:
    async with opened(settings, "push") as (database, outbox, _):
        await outbox.add_named([("psh_a", PUSH), ("psh_b", PUSH)])
        await outbox.add_named([("psh_b", PUSH), ("psh_c", PUSH)])

        assert await database["push_outbox"].count_documents({}) == 3


def asking(scope: Scope, refusal: Conflict | None = None) -> Write[None]:
    """A write that changes nothing, and asks for a mail and a push."""

    def decide(changes: WriteContext) -> Outcome[None]:
        changes.send_mail(MAIL)
        changes.send_push(PUSH)
        if refusal is not None:
            raise refusal
        return Outcome(verb="updated", document=None, version=0)

    return Write(scope=scope, reads=(Ref(User, scope.user, scope.user),), decide=decide)


async def test_what_a_write_asks_for_is_sent_if_it_is_committed(settings: Settings) -> None:
    async with serving(settings) as server:
        scope = scope_of(server, await server.person())
    async with database_of(settings) as database:  # where nobody sends anything any more
        masters = MasterKeys(next(iter(settings.master_keys)), settings.master_keys)
        outboxes = Outboxes.of(database, masters, utc_now)
        committer = Committer(
            database, KeyRing(database, masters), outboxes, utc_now, lambda _: None
        )
        for outbox in outboxes:
            await database[outbox.collection].delete_many({})
        with pytest.raises(Conflict):
            await committer.commit(asking(scope, Conflict("never", "Not today.")))
        refused = [await one_of(outbox) for outbox in outboxes]
        await committer.commit(asking(scope))
        accepted = [await one_of(outbox) for outbox in outboxes]

    assert refused == [None, None]
    assert [pending.request for pending in accepted if pending is not None] == [MAIL, PUSH]

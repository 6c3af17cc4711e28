"""What takes access away stands even where nobody can read whom to mail about it."""

import ast
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import upcoach.services
from config.settings import Settings
from models.access.scope import Scope
from models.account import User
from models.base.merge_patch import Json
from tests.account.federation.linking import IDENTITIES, identities, linked
from tests.account.federation.providers import federated, nonce_of
from tests.journal.places import ENTRY_SHARE, PAGE
from tests.journal.rows import furnish
from tests.store.breaking import broken
from tests.support.engines import TestEngines
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import FACTORS_PATH, AccountHolder
from tests.support.people.passkeys import ORIGIN, PASSKEYS, add
from tests.support.people.relations import SHARE, share, user_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.store.write.refs import Ref

SERVICES = Path(upcoach.services.__path__[0])

# Writes that change the account itself, let somebody in, or give access to somebody or something.
READERS = {
    "accounts._refresh_hash",
    "accounts.set_roles",
    "announcements.announce",
    "factor_mails.mail_code_use",
    "linking._can_enter_otherwise",
    "linking._claim",
    "linking.link",
    "password_change.change",
    "password_reset.finish",
    "preferences.stop_mail",
    "profiles.change",
    "session_endings._lock_out",
    "sessions.start",
    "users_by_email._reindexing",
    "waiting_period.end",
}

_READS = "changes.get(User,"
UNREADABLE = {"$set": {"created_at": "never"}}


async def unreadable(server: Server, user: str) -> None:
    """Make the account of *user* one that nobody can read."""
    await broken(server, Ref(User, user, user), UNREADABLE)


async def test_factors_are_removed(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        await done(ann.step_up(totp=ann.code()))
        await done(add(ann, Authenticator(ORIGIN), confirmed=False))
        [passkey] = (await ann.client.call("GET", PASSKEYS)).body["items"]
        bob = await AccountHolder.enrolled(server)
        for one in (ann, bob):
            await unreadable(server, one.user)

        gone = [
            await ann.client.call("DELETE", f"{PASSKEYS}/{passkey['id']}"),
            await ann.client.call("POST", "/v1/auth/totp/disable"),
        ]
        count = await server.node.services.account.factors.remove_all(Scope(user=bob.user))
        left = [(await one.client.call("GET", FACTORS_PATH)).body["methods"] for one in (ann, bob)]

        assert [one.status for one in gone] == [204, 204], [one.body for one in gone]
        assert count == 1
        assert left == [[], []]


async def test_a_provider_is_unlinked(engines: TestEngines, tmp_path: Path) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        holder = await AccountHolder.enrolled(server)
        await done(holder.step_up(totp=holder.code()))
        ann = holder.client
        for sub in ("1", "2"):
            nonce = await nonce_of(server)
            token = provider.token(nonce=nonce, sub=sub, email=f"{sub}@gmail.test")
            await done(linked(ann, token, nonce))
        one = (await ann.call("GET", IDENTITIES)).body["items"][0]
        await unreadable(server, holder.user)

        gone = await ann.call("DELETE", f"{IDENTITIES}/{one['id']}")

        assert gone.status == 204, gone.body
        assert len(await identities(ann)) == 1


def in_days(days: int) -> Json:
    return {"until": (dt.datetime.now(dt.UTC) + dt.timedelta(days=days)).isoformat()}


async def test_a_share_is_narrowed_and_never_widened(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await server.person(), await server.person()
        await furnish(server, client)
        place = SHARE.format(await share(client, coach, ["goal", "habit"]))
        page = ENTRY_SHARE.format(id=PAGE, coach=await user_of(coach))
        await done(client.call("PUT", page, in_days(5)))
        await unreadable(server, await user_of(client))

        async def put(where: str, body: Json) -> int:
            return (await client.call("PUT", where, body)).status

        less = [
            await put(place, {"kinds": ["goal", "habit"], "hidden": {"goal": ["title"]}}),
            await put(place, {"kinds": ["goal"], "hidden": {"goal": ["title"]}}),
            await put(page, in_days(3)),
        ]
        more = [
            await put(place, {"kinds": ["goal"]}),
            await put(place, {"kinds": ["goal", "habit"], "hidden": {"goal": ["title"]}}),
            await put(place, {"kinds": ["habit"]}),
            await put(page, in_days(4)),
        ]
        [left] = (await client.call("GET", "/v1/shares")).body["items"]

        assert less == [200, 200, 200]
        assert more == [409, 409, 409, 409]
        assert (left["kinds"], left["hidden"]) == (["goal"], {"goal": ["title"]})


def readers_in(path: Path) -> Iterator[str]:
    """The functions in the module at *path* whose writes are refused with an unreadable account."""
    for defined in ast.parse(path.read_text()).body:
        for one in defined.body if isinstance(defined, ast.ClassDef) else [defined]:
            text = ast.unparse(one)
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and _READS in text:
                yield f"{path.stem}.{one.name}"


def test_no_other_write_is_refused_for_an_unreadable_account() -> None:
    assert {name for path in SERVICES.rglob("*.py") for name in readers_in(path)} == READERS

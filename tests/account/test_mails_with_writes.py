"""A mail that tells of a write is kept with it: neither is there without the other."""

import ast
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import upcoach.services
from config.settings import Settings
from tests.support.people.enrolling import FACTORS_PATH, AccountHolder
from tests.support.people.relations import SHARE, relate
from tests.support.server import Server, serving
from upcoach.client import Response

SERVICES = Path(upcoach.services.__path__[0])

# What is mailed without a write: a link that somebody has asked for, to an address of theirs.
BY_THEMSELVES = {
    "Accounts.register",  # also to whom it is said that they have an account
    "EmailChanges.ask",
    "EmailVerification.ask",
    "PasswordResets.ask",
}


@contextlib.asynccontextmanager
async def mailless(server: Server) -> AsyncIterator[None]:
    """While the context lasts, the database takes no mail."""
    database = server.node.database.handle
    await database.command("collMod", "outbox", validator={"$expr": False})
    yield
    await database.command("collMod", "outbox", validator={})


async def test_a_share_is_not_given_without_its_mail(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach = await server.person(), await server.person()
        place = SHARE.format(await relate(client, coach))

        async def share() -> Response:
            return await client.call("PUT", place, {"kinds": ["goal"]})

        async with mailless(server):
            refused = await share()
        [before] = (await client.call("GET", "/v1/shares")).body["items"]
        given = await share()

        assert (refused.status, before["kinds"]) == (500, [])
        assert (given.status, given.body["kinds"]) == (200, ["goal"])


async def test_a_factor_is_neither_added_nor_used_without_its_mail(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        async with mailless(server):
            refused = await ann.client.call("POST", "/v1/auth/totp/confirm", await first_code(ann))
        none = (await ann.client.call("GET", FACTORS_PATH)).body
        await ann.enrol()
        async with mailless(server):
            used = await ann.step_up(recovery_code=ann.codes[0])
        again = await ann.step_up(recovery_code=ann.codes[0])

        assert (refused.status, none["methods"], "waiting" in none) == (500, [], False)
        assert (used.status, again.status) == (500, 200)


async def first_code(ann: AccountHolder) -> dict[str, str]:
    """What confirms an app that was offered just now."""
    offered = (await ann.client.call("POST", "/v1/auth/totp/enrol")).body
    ann.app = type(ann.app)(offered["secret"])
    return {"enrolment": offered["enrolment"], "code": ann.code()}


def test_mails_are_sent_by_their_writes_but_for_these() -> None:
    senders = {name for path in SERVICES.rglob("*.py") for name in senders_in(path)}

    assert senders == BY_THEMSELVES


def senders_in(path: Path) -> Iterator[str]:
    """The methods in the module at *path* that send a mail by themselves."""
    for defined in ast.parse(path.read_text()).body:
        if isinstance(defined, ast.ClassDef):
            for method in defined.body:
                if "_mail.send(" in ast.unparse(method):
                    assert isinstance(method, ast.AsyncFunctionDef)
                    yield f"{defined.name}.{method.name}"

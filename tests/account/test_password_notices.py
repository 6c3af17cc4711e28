"""The mail about a new password says how it was chosen, and what to do if it was somebody else."""

from pathlib import Path

import msgspec

from models.account import PasswordChangedMail
from tests.account.federation.providers import federated, let_in
from tests.support.engines import TestEngines
from tests.support.people.addresses import ANN, joined
from tests.support.people.mail import newest, settings_of, text_of
from tests.support.people.passwords import CHANGE, NEW, forgot, reset
from tests.support.server import PASSWORD, Server, serving

OUTSIDE = "ann@gmail.test"
LINK = "/account/forgot"


async def read(server: Server, email: str) -> tuple[str, str]:
    """What the newest mail to *email* is about, and its sentences on one line."""
    mail = await newest(server, email)
    return mail["Subject"], " ".join(text_of(mail).split())


async def test_whoever_changes_their_password_is_told_calmly(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        person = await joined(server)
        await person.call("POST", CHANGE, {"current": PASSWORD, "password": NEW})
        subject, words = await read(server, ANN)

    assert subject == "Your password was changed"
    assert "by somebody who was logged in and knew the old one" in words
    assert "If that was you, there is nothing to do." in words
    assert "If it was not you" in words
    assert LINK in words
    assert "mailbox" not in words


async def test_whoever_resets_their_password_is_told_that_a_mail_did_it(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await joined(server)
        await reset(server, await forgot(server))
        subject, words = await read(server, ANN)

    assert subject == "Your password was reset"
    assert "with a link that we emailed to this address" in words
    assert "If that was you, there is nothing to do." in words
    assert "somebody else can read your email: change the password of your mailbox first" in words
    assert LINK in words
    assert "knew the old one" not in words


async def test_whoever_had_no_password_is_told_of_their_first(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        await let_in(server, provider)
        await reset(server, await forgot(server, OUTSIDE))
        subject, words = await read(server, OUTSIDE)

    assert subject == "Your account now has a password"
    assert "with a link that we emailed to this address" in words
    assert LINK in words


async def test_a_mail_that_waits_from_before_says_what_is_known(
    engines: TestEngines, tmp_path: Path
) -> None:
    stored = msgspec.msgpack.encode({"type": "PasswordChanged", "to": ANN})
    async with serving(settings_of(engines, tmp_path)) as server:
        await server.node.assembly.mail.send(
            msgspec.msgpack.decode(stored, type=PasswordChangedMail)
        )
        subject, words = await read(server, ANN)

    assert subject == "Your password was changed"
    assert "has a new password" in words
    assert "If it was not you" in words
    assert LINK in words

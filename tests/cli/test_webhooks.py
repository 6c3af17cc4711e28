"""What operators see of webhooks, which is no secret, and what they do for people who have some."""

import dataclasses
import re
from pathlib import Path
from typing import Final

import pytest
import standardwebhooks

from config.settings import Settings
from tests.support.engines import TestEngines
from tests.support.people.furnished import write_goals
from tests.support.people.mail import newest, settings_of, text_of
from tests.support.people.operators import audited
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.server.receiver import WEBHOOKS, Receiver, add_webhook
from tests.support.wire.answers import done
from upcoach import __main__ as command
from upcoach.cli import webhook_commands
from upcoach.node.process.listener import StartError

NOWHERE: Final = "whk_01a20c66-99df-75bd-8f37-3328887fd921"
SENDING: Final = "web,schedule"
PARTS: Final = (
    "Say whose account it is",
    "There is no account for nobody@example.org",
    "Events cannot be sent there",
    "url",
    "There are no events of the type",
    "An account keeps 10",
    "Say which webhook",
    "There is no webhook whk_1/.*",
    "Several people have a webhook",
    "Say what changes",
    "type",
    "Say after which message",
    "cursor",
    "This cursor is of another log",
)


class Shell:
    """An operator's shell."""

    def __init__(
        self,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self._settings = settings
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    async def run(self, *words: str) -> tuple[int, str]:
        """What the command *words* ends with, and says; `StartError` if it refuses."""
        self._monkeypatch.setattr("sys.argv", ["upcoach", *words])
        self._capsys.readouterr()
        code = await command.COMMANDS[words[0]](self._settings, command._arguments())
        return code, self._capsys.readouterr().out

    async def refused(self, *words: str) -> str:
        """The words with which the command *words* is refused."""
        with pytest.raises(StartError) as refusal:
            await self.run(*words)
        return str(refusal.value)


async def test_webhooks_of_all_people_are_listed_without_secrets(settings: Settings) -> None:
    assert settings.mongo_url is not None
    here = dataclasses.replace(settings, roles=frozenset({"web"}))  # so that nothing is sent
    async with serving(here) as server:
        nothing = await webhook_commands.list_webhooks(settings, settings.mongo_url)
        person, issued = None, []
        for host in ("one.example.org", "two.example.org"):
            person = await server.person()
            issued.append(await add_webhook(person, f"https://{host}/token-4711", "*"))
            await write_goals(person, 3)
        assert person is not None
        path = f"/v1/webhooks/{issued[1]['webhook']['id']}"
        await done(person.call("PATCH", path, {"enabled": False}, headers={"If-Match": '"v1"'}))

        listed = await webhook_commands.list_webhooks(settings, settings.mongo_url)

    head, first, second = listed.splitlines()
    assert nothing == "There is no webhook."
    assert head.split()[:5] == ["webhook", "owner", "host", "state", "behind"]
    assert first.split()[0] == issued[0]["webhook"]["id"]
    assert first.split()[2:] == ["one.example.org", "sending", "3", "0"]
    assert second.split()[1:] == [
        scope_of(server, person).user,
        "two.example.org",
        "disabled",
        "4",
        "0",
    ]
    for secret in ("4711", issued[0]["secret"], "whsk_", "whpk_"):
        assert secret not in listed


async def test_an_operator_registers_a_webhook_for_a_person_who_sees_and_ends_it(
    engines: TestEngines,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = settings_of(engines, tmp_path, UPCOACH_ROLES=SENDING)
    shell = Shell(settings, monkeypatch, capsys)
    async with serving(settings) as server, Receiver().listening() as receiver:
        person = await server.person()
        email = (await person.call("GET", "/v1/me")).body["email"]
        to = ("--email", email, "--url", f"{receiver.url}/a", "--types", "goal.* habit.created")

        code, said = await shell.run("webhook-add", *to)

        [[webhook]] = [re.findall(r"whk_\S+(?=,)", said)]
        [secret] = re.findall(r"whsec_\S+", said)
        await write_goals(person, 1)
        [first] = await receiver.wait_for(1)
        pinged = await shell.run("webhook-ping", "--webhook", webhook)
        receiver.modes["a"] = 500
        missed = await shell.run("webhook-ping", "--webhook", webhook)
        receiver.modes["a"] = 204
        replayed = await shell.run("webhook-replay", "--webhook", webhook, "--since", "0")
        again = (await receiver.wait_for(4))[3]
        log = await shell.run("webhook-deliveries", "--webhook", webhook)
        off = await shell.run("webhook-change", "--webhook", webhook, "--enabled", "off")
        [seen] = (await person.call("GET", WEBHOOKS)).body["items"]
        mail = text_of(await newest(server, email))
        removed = await shell.run("webhook-remove", "--webhook", webhook, "--email", email)

        assert (code, secret in said) == (0, True)
        assert standardwebhooks.Webhook(secret).verify(first.body, first.headers)
        assert again.message == first.message
        well = (pinged, replayed, log, off, removed)
        assert {one for one, _ in well} == {0}
        assert missed[0] == 1
        assert missed[1].endswith("it answers 500\n")
        assert log[1].splitlines()[-1].split()[5:7] == ["goal.created", "1"]
        assert "it answers 500" in log[1]
        assert (seen["id"], seen["enabled"]) == (webhook, False)
        assert seen["types"] == ["goal.*", "habit.created"]
        assert "by an operator of UpCoach on your behalf" in mail
        assert "password" not in mail.replace("if the password is reset by email", "")
        assert (await person.call("GET", WEBHOOKS)).body["items"] == []
        entries = await audited(server, target=webhook)
        deeds = ("added", "pinged", "pinged", "replayed", "changed", "removed")
        assert [entry["action"] for entry in entries] == [f"webhook.{deed}" for deed in deeds]
        assert {entry["actor_kind"] for entry in entries} == {"system"}


async def test_what_is_wrong_is_told_in_a_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(settings, monkeypatch, capsys)
    async with serving(dataclasses.replace(settings, roles=frozenset({"web"}))) as server:
        people = [await server.person() for _ in range(2)]
        emails = [(await one.call("GET", "/v1/me")).body["email"] for one in people]
        to = ("webhook-add", "--email", emails[0], "--types", "*", "--url")
        mine = [
            (await add_webhook(one, "https://a.example.org/", "*", id=NOWHERE))["webhook"]["id"]
            for one in people
        ]
        for _ in range(9):
            await add_webhook(people[0], "https://a.example.org/", "*")
        one = ("--webhook", mine[0])

        words = [
            await shell.refused("webhook-add"),
            await shell.refused(
                "webhook-add", "--email", "nobody@example.org", *to[3:], "https://a.b/"
            ),
            await shell.refused(*to, "https://10.0.0.1/"),
            await shell.refused(*to, "x" * 3_000),
            await shell.refused(*to[:3], "--url", "https://a.b/", "--types", "nothing.*"),
            await shell.refused(*to, "https://a.example.org/"),
            await shell.refused("webhook-ping"),
            await shell.refused("webhook-ping", "--webhook", "whk_1/.*"),
            await shell.refused("webhook-ping", *one),
            await shell.refused("webhook-change", *one),
            await shell.refused("webhook-change", *one, "--email", emails[0], "--types", "Goal"),
            await shell.refused("webhook-replay", *one),
            await shell.refused("webhook-replay", *one, "--email", emails[1], "--since", "x"),
            await shell.refused("webhook-replay", *one, "--email", emails[1], "--since", "other.1"),
        ]
        nothing = await shell.run("webhook-deliveries", *one, "--email", emails[1])

    assert [part for said, part in zip(words, PARTS, strict=True) if part not in said] == [], words
    assert nothing == (0, "Nothing was sent to this webhook in the last 30 days.\n")


async def test_a_webhook_that_was_deleted_or_cannot_be_read_is_listed_as_such(
    settings: Settings,
) -> None:
    assert settings.mongo_url is not None
    async with serving(dataclasses.replace(settings, roles=frozenset({"web"}))) as server:
        person = await server.person()
        ids = [
            (await add_webhook(person, "https://a.example.org/", "*"))["webhook"]["id"]
            for _ in range(2)
        ]
        await done(person.call("DELETE", f"{WEBHOOKS}/{ids[0]}"))
        name = {"_id": {"$regex": ids[1]}}
        await server.node.database["webhooks"].update_one(name, {"$set": {"types": 7}})

        listed = await webhook_commands.list_webhooks(settings, settings.mongo_url)

    states = {line.split()[0]: line.split()[2] for line in listed.splitlines()[1:]}
    assert states == {ids[0]: "deleted", ids[1]: "unreadable"}

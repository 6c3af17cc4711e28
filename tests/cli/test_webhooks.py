"""What operators see of webhooks, which is no secret."""

import dataclasses

from config.settings import Settings
from tests.support.people.furnished import write_goals
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.server.receiver import add_webhook
from tests.support.wire.answers import done
from upcoach.cli import webhook_commands


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

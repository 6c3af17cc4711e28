"""What somebody has allowed an app is given to it only as long as they could still allow it."""

from collections.abc import Awaitable, Callable

import pytest

from models.access.scope import Scope
from tests.support.engines import TestEngines
from tests.support.server import PASSWORD
from tests.support.wire.answers import done
from tests.support.wire.relying import OAuthParty, allowed_device, party, settings_of

Lock = Callable[[OAuthParty], Awaitable[None]]


async def ended(one: OAuthParty) -> None:
    """All sessions end, as by `make revoke`."""
    await one.server.node.services.account.sessions.endings.end_all(Scope(user=one.user))


async def changed(one: OAuthParty) -> None:
    """The user chooses a new password elsewhere."""
    client = await one.server.client().log_in(one.email, PASSWORD, "phone")
    new = {"current": PASSWORD, "password": f"{PASSWORD} 2"}
    await done(client.call("POST", "/v1/auth/password/change", new))
    client.close()


async def taken_back(one: OAuthParty) -> None:
    """The user lets the app in no more."""
    client = await one.server.client().log_in(one.email, PASSWORD, "phone")
    await done(client.call("DELETE", f"/v1/auth/grants/{one.public.id}"))
    client.close()


@pytest.mark.parametrize("lock", [ended, changed, taken_back])
async def test_what_was_allowed_before_is_not_given_after(engines: TestEngines, lock: Lock) -> None:
    async with party(settings_of(engines)) as one:
        code = await one.code()
        device = await allowed_device(one)
        other = await allowed_device(one)
        before = await one.token(other)

        await lock(one)
        answers = [await one.token(one.redemption(code)), await one.token(device)]

        assert before.status == 200
        assert [(answer.status, answer.body["error"]) for answer in answers] == [
            (400, "invalid_grant")
        ] * 2

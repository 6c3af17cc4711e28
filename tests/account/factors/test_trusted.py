"""Trusted devices: no code for thirty days, on one account, while its factors stay as they are."""

import datetime as dt

import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.account import TrustedDevice
from models.account.factors import TRUST
from models.account.session import SessionTerms
from models.base.clock import utc_now
from tests.support.people.enrolling import ENROL, AccountHolder
from tests.support.server import Server, serving
from tests.support.wire.answers import done

DEVICES = "/v1/auth/devices"


async def trusting(server: Server) -> tuple[AccountHolder, str]:
    """Somebody who trusts a device, and what it shows."""
    person = await AccountHolder.enrolled(server)
    name = (await person.log_in(device_name="Kitchen")).body["challenge"]
    answer = await person.answer(name, totp=person.code(), trust_device=True)
    await person.forget_step()
    token: str = answer.body["trusted_device"]
    return person, token


async def test_a_trusted_device_is_not_asked_but_has_shown_one_factor(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, token = await trusting(server)
        trusted = await ann.log_in(trusted_device=token)
        client = server.client(trusted.body["token"])
        guarded = await client.call("POST", ENROL)
        listed = await ann.client.call("GET", DEVICES)
        stored = await server.node.database[TrustedDevice.collection].find_one({"owner": ann.user})

        assert trusted.status == 201
        assert trusted.body["session"]["acr"] == 1
        assert (guarded.status, guarded.body["acr_values"]) == (401, "2")
        assert [one["name"] for one in listed.body["items"]] == ["Kitchen"]
        assert "secret_hash" not in str(listed.body)
        assert token.partition(".")[2] not in str(stored)


async def test_what_a_device_shows_is_good_for_one_account(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, token = await trusting(server)
        bob, theirs = await trusting(server)
        device, _, secret = token.partition(".")
        other, _, other_secret = theirs.partition(".")
        wrong = (
            *(theirs, f"{device}.{other_secret}", f"{other}.{secret}", f"{device}."),
            *(secret, device, f"{token}x", token[:-1], token.upper(), f"x{token}"),
            *("", ".", "." * 128, f"{device}/x.{secret}", f"../{token}"),
        )
        answers = [await ann.log_in(trusted_device=shown) for shown in wrong]
        too_long = await ann.log_in(trusted_device="x" * 129)
        right = [await ann.log_in(trusted_device=token), await bob.log_in(trusted_device=theirs)]

        assert [(shown, one.status) for shown, one in zip(wrong, answers, strict=True)] == [
            (shown, 200) for shown in wrong
        ]
        assert too_long.status == 422
        assert [one.status for one in right] == [201, 201]


async def test_trust_ends_with_the_round_of_factors_by_its_user_or_in_time(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann, token = await trusting(server)
        bob, theirs = await trusting(server)
        eve, _ = await trusting(server)
        one = (await done(ann.client.call("GET", DEVICES))).body["items"][0]["id"]
        stranger = await eve.client.call("DELETE", f"{DEVICES}/{one}")
        still = await ann.log_in(trusted_device=token)
        distrusted = await ann.client.call("DELETE", f"{DEVICES}/{one}")
        asked = await ann.log_in(trusted_device=token)

        await bob.step_up(totp=bob.code())
        await bob.forget_step()
        await bob.enrol()
        changed = await bob.log_in(trusted_device=theirs)
        listed = await bob.client.call("GET", DEVICES)

        assert [stranger.status, still.status] == [404, 201]
        assert [distrusted.status, asked.status, changed.status] == [204, 200, 200]
        assert listed.body == {"items": []}


@pytest.mark.parametrize(
    ("factors", "after", "counts"),
    [(3, TRUST - dt.timedelta(seconds=1), True), (3, TRUST, False), (4, TRUST / 2, False)],
)
def test_trust_lasts_for_thirty_days_of_one_round(
    factors: int,
    after: dt.timedelta,
    counts: bool,  # noqa: FBT001 - a row of a table
) -> None:
    now = utc_now()
    device = TrustedDevice(
        id="trd_1",
        owner="usr_1",
        created_at=now,
        updated_at=now,
        device="tv",
        secret_hash="00ff",
        round=3,
        expires_at=now + TRUST,
    )

    assert device.counts(factors, now + after) is counts


async def test_of_many_devices_the_newest_are_trusted(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, first = await trusting(server)
        trusted = server.node.services.account.factors.trusted
        before = await ann.log_in(trusted_device=first)
        newest = [
            await trusted.trust(Scope(user=ann.user), SessionTerms(device="tv")) for _ in range(20)
        ]
        listed = await ann.client.call("GET", DEVICES)
        oldest = await ann.log_in(trusted_device=first)
        others = [await ann.log_in(trusted_device=newest[at]) for at in (0, -1)]

        assert before.status == 201
        assert [one.status for one in others] == [201, 201]
        assert len(listed.body["items"]) == 20
        assert oldest.status == 200

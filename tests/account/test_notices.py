"""Whoever changes what opens an account, its owner is told by mail."""

from pathlib import Path

from tests.support.engines import TestEngines
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import AccountHolder
from tests.support.people.mail import newest, settings_of, subjects, text_of
from tests.support.people.passkeys import ORIGIN, PASSKEYS, options, passkey_holder
from tests.support.server import serving
from tests.support.wire.answers import done


async def test_every_change_of_what_opens_an_account_is_mailed(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await AccountHolder.new(server)
        await ann.enrol()
        await ann.forget_step()
        answered = await ann.answer(await ann.challenge(), recovery_code=ann.codes[0])
        wrong = await ann.answer(await ann.challenge(), recovery_code=ann.codes[0])
        await ann.step_up(totp=ann.code())
        await done(ann.client.call("POST", "/v1/auth/recovery-codes"))
        await done(ann.client.call("POST", "/v1/auth/totp/disable"))
        told = await subjects(server, ann.email)
        last = await newest(server, ann.email)
        phone = Authenticator(ORIGIN)
        ben = await passkey_holder(server, phone)
        listed = await done(ben.client.call("GET", PASSKEYS))
        await ben.step_up(passkey=phone.show(await options(ben.client, "/v1/auth/step-up")))
        await done(ben.client.call("DELETE", f"{PASSKEYS}/{listed.body['items'][0]['id']}"))
        also_told = await subjects(server, ben.email)

    assert (answered.status, wrong.status) == (201, 403)
    assert told[1:] == [
        "An authenticator app was added to your account",
        "A recovery code was used",
        "You have new recovery codes",
        "The authenticator app was removed from your account",
    ]
    assert also_told[1:] == [
        "A passkey was added to your account",
        "A passkey was deleted from your account",
    ]
    assert "/account/forgot" in text_of(last)
    assert not any(code in text_of(last) for code in ann.codes)

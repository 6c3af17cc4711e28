"""People with passkeys."""

from typing import Final

from models.base.merge_patch import Json
from tests.support.people.authenticator import Authenticator, Tampering
from tests.support.people.enrolling import AccountHolder
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

ORIGIN: Final = "http://upcoach.test"
APP: Final = f"android:apk-key-hash:{'A' * 43}"
PASSKEYS: Final = "/v1/auth/passkeys"
LOGIN: Final = f"{PASSKEYS}/login"


async def options(client: RestClient, path: str, body: Json | None = None) -> Json:
    """What a browser is given."""
    given: Json = (await done(client.call("POST", f"{path}/options", body))).body
    return given


async def add(
    person: AccountHolder,
    phone: Authenticator,
    tampering: Tampering | None = None,
    *,
    confirmed: bool = True,
) -> Response:
    """Make a passkey on *phone*, and send it in; it counts at once if it is *confirmed*."""
    made = phone.make(await options(person.client, PASSKEYS), tampering or Tampering())
    given = {"name": "Phone", "credential": made}
    answer = await person.client.call("POST", PASSKEYS, given)
    if confirmed and answer.status == 201:
        await person.confirm()
    return answer


async def log_in(
    server: Server, phone: Authenticator, tampering: Tampering | None = None
) -> Response:
    """Log in with a passkey of *phone* and nothing else."""
    shown = phone.show(await options(server.client(), LOGIN), tampering=tampering or Tampering())
    return await server.client().call("POST", LOGIN, {"credential": shown, "device": "tablet"})


async def passkey_holder(server: Server, phone: Authenticator) -> AccountHolder:
    """Somebody with a passkey on *phone*."""
    person = await AccountHolder.new(server)
    await done(add(person, phone))
    return person

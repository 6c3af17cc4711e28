"""What the tests of every route need to know of the routes of an account."""

from typing import Any, Final

from models.account.session import SessionTerms
from models.base.merge_patch import Json
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import CHALLENGE, CONFIRM, SESSIONS, STEP_UP
from tests.support.people.passkeys import ORIGIN, PASSKEYS, options
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

DEVICES: Final = "/v1/auth/devices"
OPERATOR: Final = {"$gt": ""}

# By where a path begins: the id of something that is nobody's.
PLACES: Final[dict[str, str]] = {PASSKEYS: "pky_1", SESSIONS: "ses_1", DEVICES: "trd_1"}

PUBLIC: Final = {
    CHALLENGE,
    f"{CHALLENGE}/options",
    f"{PASSKEYS}/login",
    f"{PASSKEYS}/login/options",
}

_KEY: Json = {"id": "AA", "response": {"clientDataJSON": "AA", "attestationObject": "AA"}}
_SHOWN: Json = {
    "id": "AA",
    "response": {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"},
}
_DEVICE: Json = {"credential": _SHOWN, "device": "tv"}


def _without(whole: Json, field: str) -> Json:
    return whole | {"response": {k: v for k, v in whole["response"].items() if k != field}}


# By operation: what makes a whole body, and which values in it are refused at which place.
FLAWED: Final[dict[tuple[str, str], tuple[Json, list[tuple[Json, str]]]]] = {
    ("POST", CONFIRM): (
        {"enrolment": "x", "code": "123456"},
        [
            *(({"code": code}, "/code") for code in ("", "12345", "1234567", 123456, OPERATOR)),
            *(({"enrolment": text}, "/enrolment") for text in ("", "x" * 129, 5, None)),
            ({"secret": "x"}, "/secret"),
        ],
    ),
    ("POST", CHALLENGE): (
        {"challenge": "x", "totp": "123456"},
        [
            ({"challenge": ""}, "/challenge"),
            ({"challenge": OPERATOR}, "/challenge"),
            ({"totp": "12345\n"}, "/totp"),
            ({"trust_device": 1}, "/trust_device"),
            ({"acr": 2}, "/acr"),
        ],
    ),
    ("POST", f"{CHALLENGE}/options"): (
        {"challenge": "x"},
        [({"challenge": None}, "/challenge"), ({"user": "usr_1"}, "/user")],
    ),
    ("POST", STEP_UP): (
        {"totp": "123456"},
        [({"totp": 5}, "/totp"), ({"max_age": 5}, "/max_age")],
    ),
    ("POST", PASSKEYS): (
        {"name": "Phone", "credential": _KEY},
        [
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"credential": None}, "/credential"),
            (
                {"credential": _without(_KEY, "clientDataJSON")},
                "/credential/response/clientDataJSON",
            ),
            ({"public_key": "x"}, "/public_key"),
        ],
    ),
    ("POST", f"{PASSKEYS}/login"): (
        _DEVICE,
        [
            ({"device": ""}, "/device"),
            ({"app": "partner"}, "/app"),
            ({"acr": 2}, "/acr"),
            ({"credential": _without(_SHOWN, "signature")}, "/credential/response/signature"),
        ],
    ),
    ("PATCH", f"{PASSKEYS}/{{id}}"): (
        {"name": "Phone"},
        [({"name": 5}, "/name"), ({"sign_count": 0}, "/sign_count")],
    ),
    ("PATCH", f"{SESSIONS}/{{id}}"): (
        {"device_name": "Phone"},
        [({"device_name": None}, "/device_name"), ({"ended_at": None}, "/ended_at")],
    ),
}


async def hidden(server: Server, stranger: RestClient) -> dict[str, Any]:
    """What a stranger has, by where its path begins."""
    made = Authenticator(ORIGIN).make(await options(stranger, PASSKEYS))
    given = {"name": "Phone", "credential": made}
    passkey = (await done(stranger.call("POST", PASSKEYS, given))).body["passkey"]["id"]
    scope, trusted = scope_of(server, stranger), server.node.services.account.factors.trusted
    device = (await trusted.trust(scope, SessionTerms(device="tv"))).partition(".")[0]
    return {PASSKEYS: passkey, SESSIONS: scope.session, DEVICES: device}

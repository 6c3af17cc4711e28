"""What the laws try of accounts."""

from collections.abc import Iterator

from models.account import Factors, Identity, Passkey, Session, TrustedDevice, User
from models.account.user import FormerAddress
from models.base.document import Document
from models.base.merge_patch import Json
from tests.account import contract_mail, flawed_cookies, flawed_mail, refused
from tests.account.factors import flawed as factors
from tests.account.federation import forged, visiting
from tests.support.laws.context import (
    FULL_OWNER,
    NOON,
    ContextRows,
    Flaws,
)
from tests.support.laws.flaws import OPERATOR
from tests.support.server import PASSWORD, Server
from upcoach.client import RestClient

ME = "/v1/me"
REGISTER, LOGIN, REFRESH = "/v1/auth/register", "/v1/auth/login", "/v1/auth/refresh"
PROVIDERS = 2  # Google and Apple: each forged token is shown to both
LINKS = 3  # to verify, to move, to a new password: each bad one is tried at all
REGISTRATION = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve"}
CREDENTIALS = {"email": "eve@example.org", "password": PASSWORD, "device": "phone"}

FLAWED: Flaws = {
    **refused.FLAWED,
    **flawed_mail.FLAWED_MAIL,
    ("POST", REGISTER): (
        REGISTRATION,
        [
            ({"email": OPERATOR}, "/email"),
            ({"email": "eve"}, "/email"),
            ({"email": "eve@example.org\n"}, "/email"),
            ({"email": f"{'e' * 250}@x.org"}, "/email"),
            ({"email": None}, "/email"),
            ({"email": ["eve@example.org"]}, "/email"),
            ({"password": "short"}, "/password"),
            ({"password": "x" * 129}, "/password"),
            ({"password": OPERATOR}, "/password"),
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"tz": "Mars/Olympus"}, "/tz"),
            ({"tz": "../../etc/passwd"}, "/tz"),
            ({"tz": "Europe"}, "/tz"),
            ({"tz": ""}, "/tz"),
            ({"tz": "x" * 5000}, "/tz"),
            ({"tz": OPERATOR}, "/tz"),
            ({"roles": ["superadmin"]}, "/roles"),
            ({"id": "usr_1"}, "/id"),
            ({"password_hash": "x"}, "/password_hash"),
        ],
    ),
    ("PATCH", ME): (
        {"name": "Eve"},
        [
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"name": None}, "/name"),
            ({"name": OPERATOR}, "/name"),
            ({"tz": "Mars/Olympus"}, "/tz"),
            ({"tz": OPERATOR}, "/tz"),
            ({"locale": "deutsch!"}, "/locale"),
            ({"locale": "de-"}, "/locale"),
            ({"locale": "d" * 36}, "/locale"),
            ({"locale": OPERATOR}, "/locale"),
            ({"email": "eve@example.org"}, "/email"),
            ({"roles": ["superadmin"]}, "/roles"),
            ({"password_hash": "x"}, "/password_hash"),
        ],
    ),
    ("POST", LOGIN): (
        CREDENTIALS,
        [
            ({"email": OPERATOR}, "/email"),
            ({"password": {"$ne": None}}, "/password"),
            ({"device": ""}, "/device"),
            ({"device": "my phone"}, "/device"),
            ({"device": "phone\n"}, "/device"),
            ({"device": "x" * 65}, "/device"),
            ({"device_name": "x" * 101}, "/device_name"),
            ({"user": "usr_1"}, "/user"),
        ],
    ),
    ("POST", REFRESH): (
        {"refresh_token": "usr_1.ses_1.c2VjcmV0"},
        [
            ({"refresh_token": OPERATOR}, "/refresh_token"),
            ({"refresh_token": None}, "/refresh_token"),
            ({"refresh_token": "x" * 4097}, "/refresh_token"),
            ({"token": "x"}, "/token"),
        ],
    ),
}

# What is asked for by itself: no frame of a socket carries it.
OF_FACTORS = {
    *(("POST", f"/v1/auth/totp/{name}") for name in ("enrol", "confirm", "disable")),
    *(
        ("POST", f"/v1/auth/{name}{more}")
        for name in ("challenge", "step-up", "passkeys/login")
        for more in ("", "/options")
    ),
    *(("POST", f"/v1/auth/{name}") for name in ("recovery-codes", "passkeys", "passkeys/options")),
    *(("PATCH", f"/v1/auth/{name}/{{id}}") for name in ("passkeys", "sessions")),
    *(("DELETE", f"/v1/auth/{name}/{{id}}") for name in ("passkeys", "sessions", "devices")),
    ("DELETE", "/v1/auth/sessions"),
}
ALONE = {
    *(("POST", path) for path in (REGISTER, LOGIN, REFRESH, "/v1/auth/logout")),
    *(("POST", f"/v1/auth/verify-email{more}") for more in ("", "/resend")),
    *(("POST", f"/v1/auth/email{more}") for more in ("", "/confirm", "/undo")),
    *(("POST", f"/v1/auth/additions/{word}") for word in ("confirm", "disown")),
    *(("POST", f"/v1/auth/password/{word}") for word in ("change", "forgot", "reset")),
    ("POST", "/v1/auth/nonce"),
    ("POST", "/v1/auth/{provider}/token"),
    ("POST", "/v1/auth/identities"),
    ("DELETE", "/v1/auth/identities/{id}"),
    *OF_FACTORS,  # see factors/test_factors_law.py
}


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The ids of ways in that *stranger* has."""
    ids = await refused.hidden(server, stranger)
    return ids | await contract_mail.hidden(server, stranger)


def negatives() -> dict[str, int]:
    """The lengths of the tables of ways in that are none."""
    flawed = (*refused.FLAWED.values(), *flawed_mail.FLAWED_MAIL.values())
    return {
        "ID tokens": PROVIDERS * len(forged.FORGED),
        "providers": len(visiting.SPOILT) + len(visiting.CLAIMS),
        "passwords and links": len(flawed_mail.CHANGES) + LINKS * len(flawed_mail.BAD_TOKENS),
        "bodies of accounts": sum(len(rows) for _, rows in flawed),
        "passkeys": len(factors.LIES) + len(factors.UNREAD) + len(factors.WRONG),
        "cookies": len(flawed_cookies.BESIDE) + len(flawed_cookies.COOKIES),
        "step-up": len(factors.GUARDED),
    }


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield User(
        id=FULL_OWNER,
        email="canary@example.org",
        email_index="00ff",
        name="canary",
        tz="Europe/Berlin",
        locale="de-DE",
        verified_at=NOON,
        password_at=NOON,
        password_hash="$argon2id$",
        former=(FormerAddress(mark="00ff", email="canary@example.org", left_at=NOON),),
        **base,
    )
    yield Identity(
        id="ide_1",
        provider="google",
        issuer="https://accounts.example",
        subject="canary",
        subject_index="00ff",
        email="canary@example.org",
        counts_from=NOON,
        confirmed_at=NOON,
        **base,
    )
    yield Session(
        id="ses_1",
        device="phone",
        device_name="canary",
        permissions=("goals:read",),
        authenticated_at=NOON,
        expires_at=NOON,
        ended_at=NOON,
        **base,
    )
    yield Factors(
        id="factors",
        totp_secret="canary",
        totp_step=1,
        totp_since=NOON,
        passkeys=1,
        handle="00ff",
        recovery=("00ff",),
        recovery_at=NOON,
        recovery_with="totp",
        waiting={"totp": NOON},
        confirmed={"pky_1": NOON},
        round=2,
        **base,
    )
    yield Passkey(
        id="pky_1",
        name="canary",
        credential="00ff",
        public_key="00ff",
        sign_count=1,
        backed_up=True,
        used_at=NOON,
        **base,
    )
    yield TrustedDevice(
        id="trd_1",
        name="canary",
        device="phone",
        secret_hash="00ff",
        round=2,
        expires_at=NOON,
        **base,
    )


ROWS = ContextRows(
    name="account",
    elsewhere=frozenset({("PATCH", ME)}),  # test_profile.py: what is its own differs for each
    alone=frozenset(ALONE),
    ids=refused.PLACES | {"/v1/auth/identities": "ide_01a20c66-99df-75bd-8f37-3328887fd981"},
    hidden=hidden,
    flawed=FLAWED,
    missing=tuple(
        (
            "POST",
            path,
            {name: text for name, text in whole.items() if name != without},
            f"/{without}",
        )
        for path, whole, without in (
            (REGISTER, REGISTRATION, "name"),
            (LOGIN, CREDENTIALS, "device"),
        )
    ),
    public=frozenset({REGISTER, LOGIN, REFRESH, *flawed_mail.PUBLIC_MAIL, *refused.PUBLIC}),
    full=full,
    deleted={
        "identity": "/v1/auth/identities/{}",
        "passkey": "/v1/auth/passkeys/{}",
        "trusted_device": "/v1/auth/devices/{}",
    },
    negatives=negatives(),
)

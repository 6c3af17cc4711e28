"""What is wrong with bodies of addresses and passwords; see tests/laws/test_rest_refusals.py."""

from models.base.merge_patch import Json

OPERATOR: Json = {"$gt": ""}
_ADDRESS: tuple[Json, list[tuple[Json, str]]] = (
    {"email": "eve@example.org"},
    [
        ({"email": OPERATOR}, "/email"),
        ({"email": "eve"}, "/email"),
        ({"email": "eve@example.org\n"}, "/email"),
        ({"email": None}, "/email"),
        ({"user": "usr_1"}, "/user"),
    ],
)
_LINK: tuple[Json, list[tuple[Json, str]]] = (
    {"token": "x" * 43},
    [
        ({"token": OPERATOR}, "/token"),
        ({"token": None}, "/token"),
        ({"token": ""}, "/token"),
        ({"token": "x" * 129}, "/token"),
        ({"email": "eve@example.org"}, "/email"),
    ],
)
FLAWED_MAIL: dict[tuple[str, str], tuple[Json, list[tuple[Json, str]]]] = {
    ("POST", "/v1/auth/verify-email"): _LINK,
    ("POST", "/v1/auth/email"): _ADDRESS,
    ("POST", "/v1/auth/email/confirm"): _LINK,
    ("POST", "/v1/auth/email/undo"): _LINK,
    ("POST", "/v1/auth/additions/confirm"): _LINK,
    ("POST", "/v1/auth/additions/disown"): _LINK,
    ("POST", "/v1/auth/password/forgot"): _ADDRESS,
    ("POST", "/v1/auth/password/reset"): (
        _LINK[0] | {"password": "correct horse battery"},
        [*_LINK[1], ({"password": "short"}, "/password")],
    ),
    ("POST", "/v1/auth/{provider}/token"): (
        {"id_token": "a.b.c", "nonce": "x" * 43, "device": "phone"},
        [
            ({"id_token": OPERATOR}, "/id_token"),
            ({"id_token": ""}, "/id_token"),
            ({"id_token": "x" * 8193}, "/id_token"),
            ({"nonce": None}, "/nonce"),
            ({"nonce": "x" * 129}, "/nonce"),
            ({"device": "my phone"}, "/device"),
            ({"name": "x" * 101}, "/name"),
            ({"name": ["Ann"]}, "/name"),
            ({"email": "eve@example.org"}, "/email"),
            ({"user": "usr_1"}, "/user"),
        ],
    ),
    ("POST", "/v1/auth/identities"): (
        {"link": "x" * 43},
        [
            ({"link": OPERATOR}, "/link"),
            ({"link": ""}, "/link"),
            ({"provider": "../google"}, "/provider"),
            ({"provider": "Google"}, "/provider"),
            ({"subject": "1234"}, "/subject"),
            ({"owner": "usr_1"}, "/owner"),
        ],
    ),
    ("POST", "/v1/auth/password/change"): (
        {"current": "correct horse", "password": "correct horse battery"},
        [
            ({"current": OPERATOR}, "/current"),
            ({"current": "x" * 129}, "/current"),
            ({"password": {"$ne": None}}, "/password"),
            ({"password": "x" * 129}, "/password"),
            ({"password_hash": "x"}, "/password_hash"),
        ],
    ),
}
PUBLIC_MAIL = {
    "/v1/auth/nonce",
    "/v1/auth/{provider}/token",
    "/v1/auth/verify-email",
    "/v1/auth/email/confirm",
    "/v1/auth/email/undo",
    "/v1/auth/additions/confirm",
    "/v1/auth/additions/disown",
    "/v1/auth/password/forgot",
    "/v1/auth/password/reset",
}

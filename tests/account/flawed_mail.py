"""What is wrong with bodies of addresses and passwords; see tests/laws/test_refused_bodies.py."""

from typing import Any

from models.base.merge_patch import Json
from tests.support.people.addresses import ANN
from tests.support.people.passwords import NEW
from tests.support.server import PASSWORD

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

# What is no token of a link, and what the answer is.
BAD_TOKENS: dict[str, tuple[Json, int]] = {
    "nothing": ({}, 422),
    "null": ({"token": None}, 422),
    "a number": ({"token": 5}, 422),
    "an object": ({"token": {"$gt": ""}}, 422),
    "a list": ({"token": ["x"]}, 422),
    "empty": ({"token": ""}, 422),
    "too long": ({"token": "x" * 129}, 422),
    "a field too many": ({"token": "x" * 43, "user": "usr_1"}, 422),
    "unknown": ({"token": "x" * 43}, 400),
    "beyond ASCII": ({"token": "\u00e4" * 43}, 400),
    "an operator": ({"token": '{"$ne": null}'}, 400),
}

CHANGES: dict[str, tuple[Any, int, str]] = {
    "not the password": ({"current": "wrong horse", "password": NEW}, 403, "password_wrong"),
    "in other letters": ({"current": PASSWORD.upper(), "password": NEW}, 403, "password_wrong"),
    "cut off": ({"current": PASSWORD[:-1], "password": NEW}, 403, "password_wrong"),
    "no current one": ({"password": NEW}, 422, "body_invalid"),
    "an operator": ({"current": {"$ne": ""}, "password": NEW}, 422, "body_invalid"),
    "none": ({"current": PASSWORD}, 422, "body_invalid"),
    "too short": ({"current": PASSWORD, "password": "horse b"}, 422, "body_invalid"),
    "too long": ({"current": PASSWORD, "password": "h" * 129}, 422, "body_invalid"),
    "a number": ({"current": PASSWORD, "password": 12345678}, 422, "body_invalid"),
    "well known": ({"current": PASSWORD, "password": "password1"}, 422, "password_weak"),
    "well known in capitals": ({"current": PASSWORD, "password": "TRUSTNO1"}, 422, "password_weak"),
    "the address": ({"current": PASSWORD, "password": ANN}, 422, "password_weak"),
    "our name": ({"current": PASSWORD, "password": "UpCoach2026!"}, 422, "password_weak"),
    "a field too many": (
        {"current": PASSWORD, "password": NEW, "user": "usr_1"},
        422,
        "body_invalid",
    ),
}

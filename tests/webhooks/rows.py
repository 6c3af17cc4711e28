"""What the laws try of webhooks."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.webhooks import Webhook
from tests.support.laws.context import NOON, ContextRows, Flaws, hide
from tests.support.laws.flaws import KEPT, OPERATOR
from tests.support.people.furnished import GOAL
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

WEBHOOK = "whk_01a20c66-99df-75bd-8f37-3328887fd921"
NOWHERE = "http://127.0.0.1:1/hook"  # which a developer's server would send to

WEBHOOKS, ONE_WEBHOOK = "/v1/webhooks", "/v1/webhooks/{id}"
ROTATE, PING, REPLAY = (f"{ONE_WEBHOOK}/{name}" for name in ("rotate-secret", "ping", "replay"))

DOCUMENT: Json = {"id": WEBHOOK, "url": NOWHERE, "types": ["goal.*"], "description": "Sheet"}

_FIELDS: list[tuple[Json, str]] = [
    ({"types": None}, "/types"),
    ({"types": []}, "/types"),
    ({"types": ["goal.created"] * 51}, "/types"),
    ({"types": "goal.*"}, "/types"),
    ({"types": ["goal"]}, "/types/0"),
    ({"types": ["goal.*", "Goal.created"]}, "/types/1"),
    ({"types": ["*.created"]}, "/types/0"),
    ({"types": ["goal.*.created"]}, "/types/0"),
    ({"types": ["goals.*"]}, "/types/0"),
    ({"types": ["goal.*", "nothing.created"]}, "/types/1"),
    ({"types": [f"goal.{'x' * 64}"]}, "/types/0"),
    ({"types": [1]}, "/types/0"),
    ({"description": "x" * 256}, "/description"),
    ({"description": OPERATOR}, "/description"),
    ({"enabled": "yes"}, "/enabled"),
    ({"secret": "whsec_x"}, "/secret"),
    ({"disabled_reason": "gone"}, "/disabled_reason"),
    *KEPT,
]

FLAWED: Flaws = {
    ("POST", WEBHOOKS): (
        {"url": NOWHERE, "types": ["*"]},
        [
            ({"id": GOAL}, "/id"),
            ({"url": None}, "/url"),
            ({"url": ""}, "/url"),
            ({"url": "x" * 2_049}, "/url"),
            ({"url": "http://hooks.example.com/"}, "/url"),
            ({"url": "https://10.0.0.1/"}, "/url"),
            ({"url": OPERATOR}, "/url"),
            ({"enabled": None}, "/enabled"),
            *_FIELDS,
        ],
    ),
    ("PATCH", ONE_WEBHOOK): ({}, [({"url": NOWHERE}, "/url"), *_FIELDS]),
    ("POST", REPLAY): (
        {"since": "0"},
        [({"since": None}, "/since"), ({"since": 0}, "/since"), ({"since": ""}, "/since")],
    ),
}


async def furnish(_server: Server, person: RestClient) -> None:
    """Give *person* a webhook."""
    await done(person.call("POST", WEBHOOKS, DOCUMENT))


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a webhook that *stranger* has."""
    return await hide(stranger, (WEBHOOKS, "whk", {"url": NOWHERE, "types": ["*"]}))


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield Webhook(
        id="whk_1",
        url="https://canary.example/canary",
        types=("goal.*",),
        description="canary",
        enabled=False,
        disabled_reason="failing",
        secret="whsec_canary",
        private_key="whsk_canary",
        public_key="whpk_",
        former_secret="whsec_canary",
        former_private_key="whsk_canary",
        former_until=NOON,
        confirmed_at=NOON,
        **base,
    )


ROWS = ContextRows(
    name="webhooks",
    alone=frozenset(
        {
            ("POST", WEBHOOKS),
            ("PATCH", ONE_WEBHOOK),
            ("DELETE", ONE_WEBHOOK),
            ("POST", ROTATE),
            ("POST", PING),
            ("POST", REPLAY),
        }
    ),
    furnish=furnish,
    ids={WEBHOOKS: WEBHOOK},
    hidden=hidden,
    flawed=FLAWED,
    lists={WEBHOOKS: 100},
    made={"webhook": (WEBHOOKS, {"url": NOWHERE, "types": ["*"]})},
    full=full,
    deleted={"webhook": "/v1/webhooks/{}"},
)

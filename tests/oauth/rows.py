"""What the laws try of apps that were let in."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.oauth import Grant
from tests.oauth import flawed_authorize as authorize
from tests.oauth import flawed_refresh, flawed_rest
from tests.oauth import flawed_token as token
from tests.support.laws.context import NOON, ContextRows


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    said: Json = base | {"confirmed_at": NOON}
    yield Grant(id="cli_1", client="Watch", permissions=("goals:read",), **said)


ROWS = ContextRows(
    name="oauth",
    alone=frozenset({("DELETE", "/v1/auth/grants/{client}")}),  # see test_grants.py
    full=full,
    deleted={"grant": "/v1/auth/grants/{}"},
    negatives={
        "authorize": len(authorize.SHOWN)
        + len(authorize.SENT)
        + len(authorize.TWICE)
        + len(authorize.RAW),
        "token": len(token.PUBLIC) + len(token.CONFIDENTIAL) + len(token.ALONE),
        "refresh": len(flawed_refresh.ROWS),
        "PAR and DPoP": len(flawed_rest.PUSHED) + len(flawed_rest.PROOFS),
    },
)

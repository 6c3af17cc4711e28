"""What every refusal of an endpoint for clients has in common."""

from typing import Final

import msgspec

from tests.support.wire.relying import Answer

# Nothing of these is what a client sent.
WORDS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,'():/_-")


class Bad(msgspec.Struct, frozen=True):
    """A request that must be refused.

    Attributes
    ----------
    form
        What differs from the right form; an empty value leaves a parameter out.
    raw
        A body in the place of the form.

    """

    error: str
    form: dict[str, str] = {}
    headers: dict[str, str] = {}
    raw: bytes | None = None
    twice: str = ""
    query: str = ""
    status: int = 400


def assert_refused(name: str, answer: Answer, error: str, status: int = 400) -> None:
    """*answer* is *error* in OAuth's words, which nobody may keep."""
    assert answer.status == status, (name, answer)
    assert answer.headers["content-type"].startswith("application/json"), (name, answer)
    assert answer.headers["cache-control"] == "no-store", (name, answer)
    assert answer.body["error"] == error, (name, answer)
    assert set(answer.body["error_description"]) <= WORDS, (name, answer)
    assert ("www-authenticate" in answer.headers) == (status == 401), (name, answer)

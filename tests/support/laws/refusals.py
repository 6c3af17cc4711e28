"""Requests that must be refused, each by the problem that it says, and change nothing."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tests.support.laws.snapshots import snapshot
from upcoach.client import Response, RestClient

FIRST = {"If-Match": '"v1"'}


class RefusedRequest(msgspec.Struct, frozen=True):
    """A request that must be refused, and how."""

    status: int
    code: str
    method: str
    path: str
    body: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = {}
    pointer: str | None = None


async def ask_for(person: RestClient, ask: RefusedRequest) -> Response:
    """The answer to *ask*."""
    return await person.call(ask.method, ask.path, ask.body, raw=ask.raw, headers=ask.headers)


async def assert_refused(person: RestClient, asks: Iterable[RefusedRequest]) -> list[Response]:
    """Every one of *asks* is refused as it says, and changes nothing."""
    witness = await snapshot(person)
    answers = []
    for ask in asks:
        answer = await ask_for(person, ask)
        assert_problem(answer, ask)
        answers.append(answer)
    assert await snapshot(person) == witness
    assert answers
    return answers


def assert_problem(answer: Response, ask: RefusedRequest) -> None:
    """*answer* is the problem (RFC 9457) that *ask* expects."""
    shown = (ask, answer)
    assert answer.headers.get("content-type") == "application/problem+json", shown
    problem = answer.body
    assert (answer.status, problem["code"]) == (ask.status, ask.code), shown
    assert problem["status"] == ask.status, shown
    assert problem["type"] == f"/problems/{ask.code}", shown
    assert problem["title"], shown
    assert problem["detail"], shown
    assert problem["instance"], shown
    assert problem["request_id"] == answer.headers["x-request-id"], shown
    if ask.pointer is not None:
        assert ask.pointer in [flaw["pointer"] for flaw in problem["errors"]], shown


def stale(version: int) -> dict[str, str]:
    """The header of a change to *version*."""
    return {"If-Match": f'"v{version}"'}


def wiped(answer: Response) -> bytes:
    """The body without what names the request."""
    body = {k: v for k, v in answer.body.items() if k not in ("request_id", "instance")}
    return msgspec.json.encode(body)

"""Helpers for answers: the next page, and success."""

from collections.abc import Awaitable

from upcoach.client import Response


def next_page(answer: Response) -> str:
    """Where the list goes on; empty on its last page."""
    link = answer.headers.get("link", "")
    path = link.partition(">")[0].removeprefix("<")
    if isinstance(answer.body, dict) and "last" not in answer.body:  # as a snapshot's has
        assert answer.body.get("next", "") == path
    return path


async def done(call: Awaitable[Response]) -> Response:
    """The answer to a write that is expected to succeed."""
    answer = await call
    assert answer.status in (200, 201, 202, 204), answer
    return answer

"""Helpers for answers: the next page, and success."""

from collections.abc import Awaitable

from upcoach.client import Response


def next_page(answer: Response) -> str:
    """Where the list goes on; empty on its last page."""
    link = answer.headers.get("link", "")
    return link.partition(">")[0].removeprefix("<")


async def done(call: Awaitable[Response]) -> Response:
    """The answer to a write that is expected to succeed."""
    answer = await call
    assert answer.status in (200, 201, 202, 204), answer
    return answer

"""The interface of outbound HTTP requests."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

LARGEST: Final = 64 * 1024  # bytes of an answer


class Fetched(msgspec.Struct, frozen=True):
    """An HTTP response."""

    status: int
    body: bytes

    def members(self) -> dict[str, Any]:
        """The JSON object in the body, or `FetchFailed`."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise FetchFailed("its answer is no JSON object") from None


class FetchFailed(Exception):
    """There is no answer, or none that can be used; its text says why, and quotes no answer."""


class Fetch(Protocol):
    """Fetches a URL: with a form by POST, without by GET; or raises `FetchFailed`."""

    async def __call__(
        self, url: str, form: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Fetched:
        """The response, of any status but a redirect."""

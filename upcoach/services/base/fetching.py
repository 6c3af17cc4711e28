"""The interfaces of outbound HTTP requests."""

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, Protocol

import msgspec

LARGEST: Final = 64 * 1024  # bytes of an answer


class Fetched(msgspec.Struct, frozen=True):
    """An HTTP response; the names of its headers are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}

    def members(self) -> dict[str, Any]:
        """The JSON object in the body, or `FetchFailed`."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise FetchFailed("its answer is no JSON object") from None


class FetchFailed(Exception):
    """There is no answer, or none that can be used; its text says why, and quotes no answer."""


class UrlGuard(Protocol):
    """Knows which URLs may be gone to."""

    def check(self, url: str) -> None:
        """Return if *url* is one that requests may go to, or raise `FetchFailed`."""


class Fetch(UrlGuard, Protocol):
    """Fetches a URL: with a form by POST, without by GET; or raises `FetchFailed`."""

    async def __call__(
        self, url: str, form: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Fetched:
        """The response, of any status but a redirect."""


class Poster(UrlGuard, Protocol):
    """Posts to URLs that somebody has chosen."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], kept: int) -> Fetched:
        """The response of any status with *kept* bytes of it at most, or raise `FetchFailed`."""


def retry_after_of(answer: Fetched, at: dt.datetime) -> dt.timedelta | None:
    """What an answer's `Retry-After` says, in seconds or as a date (RFC 9110, 10.2.3)."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return dt.timedelta(seconds=int(text[:9]))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):  # whatever strangers write into a date
        return None
    return None if moment.tzinfo is None else moment - at

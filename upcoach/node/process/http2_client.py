"""The HTTP/2 client, for Apple's push service alone: that takes nothing older.

It goes to no URL that a person has chosen, so it needs no guard of `outbound_guard`; it follows no
redirect, and knows no proxy, as the other client.
"""

from collections.abc import Mapping
from typing import Final

import httpx

from upcoach.node.process.outbound import PATIENCE_S
from upcoach.services.base.fetching import LARGEST, Fetched, FetchFailed

CONNECTIONS: Final = 4  # each carries many requests at a time


class Http2Client:
    """Posts over HTTP/2; *cleartext* speaks it from the first byte on, without TLS."""

    def __init__(self, *, cleartext: bool = False) -> None:
        self._cleartext = cleartext
        self._http: httpx.AsyncClient | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """See `upcoach.services.base.push.apns.Http2Poster`."""
        try:
            answer = await self._client().post(url, content=body, headers=dict(headers))
        except httpx.ConnectError as failure:  # refused, no such name, or a certificate
            raise FetchFailed(str(failure) or type(failure).__name__) from None
        # Also what it does not call an error of HTTP, such as a status that is no number.
        except Exception as failure:  # noqa: BLE001
            raise FetchFailed(type(failure).__name__) from None
        known = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(answer.status_code, answer.content[:LARGEST], known)

    async def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.aclose()

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:  # not before there is a loop
            self._http = httpx.AsyncClient(
                http1=not self._cleartext,
                http2=True,
                timeout=PATIENCE_S,
                trust_env=False,
                limits=httpx.Limits(max_connections=CONNECTIONS),
            )
        return self._http

"""The outbound HTTP client, safe against SSRF (OWASP API 7).

Nothing but https, no redirects, five seconds, 64 KiB, no compression that could hide more.  On a
developer's machine a provider may be another program of theirs, which has no certificate.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from upcoach.services.base.fetching import LARGEST, Fetched, FetchFailed

PATIENCE_S: Final = 5.0
AT_ONCE: Final = 32
_UNHEARD: Final = 599  # what Tornado says for somebody who did not answer
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Outbound:
    """Fetches URLs; *loopback* allows this machine without TLS.

    Attributes
    ----------
    patience_s
        How long it waits for a connection, and then for an answer.

    """

    def __init__(self, *, loopback: bool) -> None:
        self._loopback = loopback
        self.patience_s = PATIENCE_S
        self._http: AsyncHTTPClient | None = None

    async def __call__(
        self, url: str, form: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Fetched:
        """See `upcoach.services.base.fetching.Fetch`."""
        self._check(url)
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        request = HTTPRequest(
            url,
            method="GET" if form is None else "POST",
            headers=headers,
            body=None if form is None else urlencode(form),
            follow_redirects=False,
            connect_timeout=self.patience_s,
            request_timeout=self.patience_s,
            decompress_response=False,
            user_agent="UpCoach",
        )
        try:
            answer = await self._client().fetch(request, raise_error=False)
        except (HTTPClientError, OSError, ValueError) as failure:
            raise FetchFailed(str(failure) or type(failure).__name__) from None
        if answer.code == _UNHEARD:
            raise FetchFailed(str(answer.error or answer.reason))
        if 300 <= answer.code < 400:
            raise FetchFailed(f"it answers {answer.code}, and redirects are not followed")
        if len(answer.body) > LARGEST:
            raise FetchFailed(f"its answer is larger than {LARGEST} bytes")
        return Fetched(answer.code, answer.body)

    def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            self._http.close()

    def _client(self) -> AsyncHTTPClient:
        if self._http is None:  # not before there is a loop
            self._http = AsyncHTTPClient(
                force_instance=True, max_clients=AT_ONCE, max_body_size=LARGEST
            )
        return self._http

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise FetchFailed("it is no URL") from None
        is_near = self._loopback and host in _LOOPBACK
        is_safe = parts.scheme == "https" and port in (None, 443)
        if not host or parts.username is not None or not (is_safe or is_near):
            raise FetchFailed("it is no https URL of port 443")

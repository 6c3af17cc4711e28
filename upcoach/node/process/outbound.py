"""The outbound HTTP client: one for the operator's servers, and one for URLs that people chose.

It goes where `outbound_guard` lets it, and follows no redirect: five seconds in all, an answer of a
mebibyte at most, of which no more than is wanted is kept, no compression that could hide more, and
no proxy, whatever the environment says.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from upcoach.node.process.lookups import PEOPLES, LookUpBounds
from upcoach.node.process.outbound_failures import reason_of
from upcoach.node.process.outbound_guard import GuardedResolver, RefusedTarget, Resolve, check_url
from upcoach.services.base.fetching import LARGEST, Fetched, FetchFailed

PATIENCE_S: Final = 5.0
NAME_SHARE: Final = 0.8  # of it, for the name: a request that ends first leaves its look-up behind
AT_ONCE: Final = 256  # connections; who sends much bounds it by themselves, and waits for nobody
LARGEST_ANSWER: Final = 1024 * 1024
LARGEST_HEADERS: Final = 16 * 1024
_UNHEARD: Final = 599  # what Tornado says for somebody who did not answer


class Outbound:
    """Sends requests to other servers; *loopback* allows this machine without TLS.

    Servers of the operator have a client of their own, with other *bounds*, so that whatever people
    make requests wait for holds up none of those.

    Attributes
    ----------
    patience_s
        How long it waits for an answer, from the name's look-up to the last byte.

    """

    def __init__(
        self, *, loopback: bool, bounds: LookUpBounds = PEOPLES, resolve: Resolve | None = None
    ) -> None:
        self._loopback = loopback
        self._bounds = bounds
        self._resolve = resolve
        self.patience_s = PATIENCE_S
        self._http: SimpleAsyncHTTPClient | None = None
        self._resolver: GuardedResolver | None = None

    async def __call__(
        self, url: str, form: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Fetched:
        """See `upcoach.services.base.fetching.Fetch`."""
        headers = {"Accept": "application/json"}
        if authorization:
            headers["Authorization"] = authorization
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = None if form is None else urlencode(form).encode()
        answer = await self._request(url, body, headers, LARGEST + 1)
        if 300 <= answer.status < 400:
            raise FetchFailed(f"it answers {answer.status}, and redirects are not followed")
        if len(answer.body) > LARGEST:
            raise FetchFailed(f"its answer is larger than {LARGEST} bytes")
        return answer

    def check(self, url: str) -> None:
        """See `upcoach.services.base.fetching.UrlGuard`."""
        try:
            check_url(url, loopback=self._loopback)
        except RefusedTarget as refusal:
            raise FetchFailed(str(refusal)) from None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], kept: int) -> Fetched:
        """See `upcoach.services.base.fetching.Poster`."""
        return await self._request(url, body, headers, kept)

    def close(self) -> None:
        """Close every connection."""
        if self._http is not None:
            self._http.close()
        if self._resolver is not None:
            self._resolver.close()

    async def _request(
        self, url: str, body: bytes | None, headers: Mapping[str, str], kept: int
    ) -> Fetched:
        """GET *url*, or POST *body* to it; of the answer, up to *kept* bytes."""
        self.check(url)
        content = bytearray()

        def keep(chunk: bytes) -> None:
            content.extend(chunk[: kept - len(content)])

        request = HTTPRequest(
            url,
            method="GET" if body is None else "POST",
            headers=dict(headers),
            body=body,
            follow_redirects=False,
            connect_timeout=self.patience_s,
            request_timeout=self.patience_s,
            decompress_response=False,
            streaming_callback=keep,
            user_agent="UpCoach",
        )
        try:
            answer = await self._client().fetch(request, raise_error=False)
        except (HTTPClientError, RefusedTarget, OSError, ValueError) as failure:
            raise FetchFailed(reason_of(failure)) from None
        # Tornado has more words for an answer that is none, such as a head that is too large.
        except Exception as failure:  # noqa: BLE001
            raise FetchFailed(f"its answer cannot be read: {type(failure).__name__}") from None
        if answer.code == _UNHEARD:
            raise FetchFailed(reason_of(answer.error) if answer.error else answer.reason)
        answer_headers = {name.lower(): value for name, value in answer.headers.get_all()}
        return Fetched(answer.code, bytes(content), answer_headers)

    def _client(self) -> SimpleAsyncHTTPClient:
        if self._http is None:  # not before there is a loop
            self._resolver = GuardedResolver(
                loopback=self._loopback,
                bounds=self._bounds,
                patience_s=self.patience_s * NAME_SHARE,
                resolve=self._resolve,
            )
            self._http = SimpleAsyncHTTPClient(
                force_instance=True,
                max_clients=AT_ONCE,
                max_body_size=LARGEST_ANSWER,
                max_header_size=LARGEST_HEADERS,
                resolver=self._resolver,
            )
        return self._http

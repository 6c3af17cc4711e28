"""An HTTP client for the REST API."""

import asyncio
from typing import Any, Final, Self

import msgspec
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from models.base.merge_patch import Json

# What is raised when there is no answer: Tornado has words of its own for a connection that ended.
NO_ANSWER: Final = (OSError, HTTPClientError)

ANSWER_S: Final = 30.0
REFRESH_S: Final = 8.0  # a swallowed answer is asked for again well before the token ends


class ClientError(Exception):
    """The server refused; the problem is the argument."""


class Response(msgspec.Struct, frozen=True):
    """An answer: status, headers with lower-case names, and the JSON body if there is one."""

    status: int
    headers: dict[str, str]
    body: Any


class RestClient:
    """REST calls of one user."""

    def __init__(self, url: str, token: str = "", refresh_token: str = "") -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.refresh_token = refresh_token
        self._http = AsyncHTTPClient(force_instance=True)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = ANSWER_S,
    ) -> Response:
        """Ask for *path*; *body* is sent as JSON, *raw* as it is."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
            raw = msgspec.json.encode(body)
        request = HTTPRequest(
            self.url + path,
            method=method,
            headers=sent | (headers or {}),
            body=raw,
            allow_nonstandard_methods=True,
            request_timeout=timeout_s,
        )
        # Whoever cancels the call leaves the request to itself: Tornado cannot take it back.
        answer = await asyncio.shield(self._http.fetch(request, raise_error=False))
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Response(
            answer.code,
            {name.lower(): value for name, value in answer.headers.items()},
            msgspec.json.decode(answer.body) if is_json and answer.body else answer.body,
        )

    async def register(self, email: str, password: str, name: str, tz: str = "UTC") -> Response:
        """Register an account."""
        body = {"email": email, "password": password, "name": name, "tz": tz}
        return await self.call("POST", "/v1/auth/register", body)

    async def log_in(self, email: str, password: str, device: str) -> Self:
        """Log in on *device*: a new client with tokens; raises `ClientError` when refused."""
        body = {"email": email, "password": password, "device": device}
        answer = await self.call("POST", "/v1/auth/login", body)
        if answer.status != 201:
            raise ClientError(answer.body)
        return type(self)(self.url, answer.body["token"], answer.body["refresh_token"])

    async def refresh(self) -> bool:
        """Refresh the token; false when the session is over."""
        body = {"refresh_token": self.refresh_token}
        answer = await self.call("POST", "/v1/auth/refresh", body, timeout_s=REFRESH_S)
        if answer.status == 200:
            self.token = answer.body["token"]
            self.refresh_token = answer.body["refresh_token"]
        elif answer.status not in (400, 401, 403):
            raise ClientError(answer.body)
        return answer.status == 200

    async def write(self, frame: Json) -> Json:
        """The `res` frame for a `mut` frame, by the REST route that it stands for."""
        headers = {"Idempotency-Key": frame["id"]}
        if "base" in frame:
            headers["If-Match"] = f'"v{frame["base"]}"'
        if "follows" in frame:
            headers["Upcoach-Follows"] = ", ".join(frame["follows"])
        answer = await self.call(frame["op"], frame["path"], frame.get("body"), headers=headers)
        return as_result(frame["id"], answer)


def as_result(mutation_id: str, answer: Response) -> Json:
    """Convert *answer* to the `res` frame that the socket would send."""
    result: Json = {"t": "res", "id": mutation_id, "status": answer.status}
    if answer.status >= 400:
        is_problem = isinstance(answer.body, dict)
        result["problem"] = answer.body if is_problem else {"status": answer.status}
    elif answer.status != 204:
        result["body"] = answer.body
    if "etag" in answer.headers:
        result["ver"] = int(answer.headers["etag"].strip('"v'))
    if "upcoach-cursor" in answer.headers:
        result["cur"] = answer.headers["upcoach-cursor"]
    if "upcoach-merged" in answer.headers:
        result["merged"] = answer.headers["upcoach-merged"].split(", ")
    if answer.headers.get("idempotency-replayed") == "true":
        result["replayed"] = True
    return result

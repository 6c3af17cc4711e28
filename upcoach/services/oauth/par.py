"""Pushed authorization requests (RFC 9126)."""

import datetime as dt
from typing import Final

import msgspec

from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from models.oauth.redirects import difference
from upcoach.services.account import AccessTokens
from upcoach.services.base.oauth_errors import OAuthError, invalid_request
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.requests import AuthorizationRequest, read_request
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

LIFE: Final = dt.timedelta(seconds=90)
PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
_PURPOSE: Final = "pushed request"


class PushedRequests:
    """Stores the requests that clients have pushed."""

    def __init__(self, once: OneTimeTokens, tokens: AccessTokens) -> None:
        self._once = once
        self._tokens = tokens

    async def push(self, client: OAuthClient, form: Parameters, key: str) -> Json:
        """Store a request of *client*; a DPoP proof with it binds the code to its *key*."""
        if "request_uri" in form:
            raise invalid_request("A pushed request is no name of another.")
        redirect = form.required("redirect_uri")
        if not client.admits(redirect):
            why = difference(redirect, client.redirects)
            raise invalid_request(f"This redirect_uri is not registered: {why}.")
        request = read_request(form, client, redirect, self._tokens)
        if key and request.key not in ("", key):
            raise invalid_request("dpop_jkt names another key than the proof's.")
        bound = msgspec.structs.replace(request, key=key or request.key)
        token = await self._once.keep(_PURPOSE, bound, LIFE)
        return {"request_uri": PREFIX + token, "expires_in": int(LIFE.total_seconds())}

    async def take(self, uri: str, client_id: str) -> AuthorizationRequest:
        """Consume the request that was pushed under *uri*."""
        request = await self._once.take(_PURPOSE, uri.removeprefix(PREFIX), AuthorizationRequest)
        if request is None or request.client != client_id:
            raise OAuthError(
                "invalid_request_uri", "This request has expired. Start again in the app."
            )
        return request

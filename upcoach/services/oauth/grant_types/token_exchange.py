"""Token exchange (RFC 8693): an ID token of Google or Apple, got by an app of ours, for a session
of ours.

Whoever has enrolled a second factor gets the name of a login that waits for it: the app answers to
`POST /v1/auth/challenge`, and gets there what it asked for here.
"""

from typing import Final, Protocol

import msgspec

from models.base.clock import Clock
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from upcoach.services.account import Logins
from upcoach.services.base.oauth_errors import OAuthError, invalid_grant, invalid_request
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.resource_indicators import asked_audiences, asked_scopes
from upcoach.services.oauth.base.token_issuing import Allowed, Issuing, unauthorized_client

GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a type
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a type


class IdTokenVerifier(Protocol):
    """Verifies ID tokens of other issuers."""

    async def identify(self, subject_token: str, subject_issuer: str, nonce: str) -> str | None:
        """The id of the user, or None when the token proves nothing."""


class TokenExchange:
    """The token exchange grant."""

    def __init__(
        self,
        federation: IdTokenVerifier,
        logins: Logins,
        issuing: Issuing,
        issuer: str,
        clock: Clock,
    ) -> None:
        self._federation = federation
        self._logins = logins
        self._issuing = issuing
        self._issuer = issuer
        self._clock = clock

    async def exchange(self, client: OAuthClient, form: Parameters, key: str) -> Json:
        """Exchange an ID token for tokens of its user."""
        if not client.first_party:
            raise unauthorized_client()
        if form.required("subject_token_type") != ID_TOKEN or "actor_token" in form:
            raise invalid_request("An ID token is exchanged, on nobody else's behalf.")
        if form["requested_token_type"] not in ("", ACCESS_TOKEN):
            raise invalid_request("It is exchanged for an access token.")
        scopes = asked_scopes(form, client)
        audiences = asked_audiences(form, self._issuer, client.audiences)
        user_id = await self._federation.identify(
            form.required("subject_token"), form.required("subject_issuer"), form.required("nonce")
        )
        if user_id is None:
            raise invalid_grant("This ID token does not hold.")
        user = await self._logins.user(user_id)
        allowed = Allowed(
            user=user_id,
            client=client.id,
            scopes=scopes,
            audiences=audiences,
            acr=1,
            amr=("fed",),
            authenticated_at=self._clock(),
            lockouts=user.lockouts,
        )
        challenge = await self._logins.challenge(user, self._issuing.terms(allowed, client, key))
        if challenge is not None:
            raise OAuthError(
                "interaction_required", "Show a second factor.", **msgspec.to_builtins(challenge)
            )
        _, answer = await self._issuing.begin(allowed, client, key, form)
        return answer | {"issued_token_type": ACCESS_TOKEN}

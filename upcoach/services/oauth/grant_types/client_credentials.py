"""Client credentials (RFC 6749, 4.4): a token for a client by itself, and none to refresh it."""

from models.access.permissions import IDENTITY
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.resource_indicators import asked_audiences, asked_scopes
from upcoach.services.oauth.base.token_issuing import Issuing, unauthorized_client


class ClientCredentials:
    """The client credentials grant."""

    def __init__(self, issuing: Issuing, issuer: str) -> None:
        self._issuing = issuing
        self._issuer = issuer

    async def give(self, client: OAuthClient, form: Parameters, key: str) -> Json:
        """Issue a token to *client* by itself, without identity scopes."""
        if client.kind == "public":
            raise unauthorized_client()
        scopes = asked_scopes(form, client)
        if set(scopes) & IDENTITY.keys():
            raise OAuthError("invalid_scope", "A client by itself has no identity of a person.")
        audiences = asked_audiences(form, self._issuer, client.audiences)
        return self._issuing.answer_client(client, scopes, audiences, key)

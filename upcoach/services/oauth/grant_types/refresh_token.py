"""Refreshing tokens (RFC 6749, 6): the successor of a refresh token, for its client only."""

from models.account import Session
from models.base.errors import Unauthenticated
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from upcoach.services.account import Sessions
from upcoach.services.base.oauth_errors import invalid_grant
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.resource_indicators import narrowed
from upcoach.services.oauth.base.token_issuing import Issuing


class RefreshGrant:
    """The refresh token grant."""

    def __init__(self, issuing: Issuing, sessions: Sessions, issuer: str) -> None:
        self._issuing = issuing
        self._sessions = sessions
        self._issuer = issuer

    async def refresh(self, client: OAuthClient, form: Parameters, key: str) -> Json:
        """Exchange a refresh token for the next tokens, for all that was granted or less."""

        def check(session: Session) -> None:
            """Refuse before anything is exchanged."""
            if session.client != client.id:
                raise invalid_grant()
            narrowed(form, self._issuer, session.permissions, session.audiences)

        try:
            login, session, generation = await self._sessions.exchange(
                form.required("refresh_token"), key, check
            )
        except Unauthenticated as failure:
            refusal = invalid_grant()
            refusal.replayed_session = failure.replayed_session
            raise refusal from None
        scopes, audiences = narrowed(form, self._issuer, session.permissions, session.audiences)
        given = login.refresh_token
        return self._issuing.answer(session, scopes, audiences, given, generation=generation)

"""Authorization codes (RFC 6749, 4.1), with PKCE for every client (RFC 7636)."""

import datetime as dt
import hmac
from typing import Final

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from models.access.scope import Scope
from models.base.clock import Clock
from models.base.merge_patch import Json
from models.oauth.client import OAuthClient
from upcoach.services.account import Sessions
from upcoach.services.base.oauth_errors import invalid_grant
from upcoach.services.base.request_parameters import Parameters
from upcoach.services.oauth.base.token_issuing import Allowed, Issuing
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

LIFE: Final = dt.timedelta(seconds=60)
_PURPOSE: Final = "code"
_SPENT: Final = "spent code"
_VERIFIER: Final = range(43, 129)  # characters


class AuthorizationCode(msgspec.Struct, frozen=True, kw_only=True):
    """The authorization of a code, and what must be shown with it."""

    allowed: Allowed
    redirect: str
    challenge: str
    key: str


class AuthorizationCodes:
    """Issues and redeems authorization codes."""

    def __init__(
        self, once: OneTimeTokens, issuing: Issuing, sessions: Sessions, clock: Clock
    ) -> None:
        self._once = once
        self._issuing = issuing
        self._sessions = sessions
        self._clock = clock

    async def make(self, code: AuthorizationCode) -> str:
        """Store *code*, and return the string that stands for it."""
        return await self._once.keep(_PURPOSE, code, LIFE)

    async def redeem(self, client: OAuthClient, form: Parameters, key: str) -> Json:
        """Exchange a code for tokens; it is consumed in any case (RFC 9700, 4.5)."""
        token = form.required("code")
        code = await self._once.take(_PURPOSE, token, AuthorizationCode)
        if code is None:
            refusal = invalid_grant()
            refusal.replayed_session = await self._punish(token)
            raise refusal
        if code.allowed.client != client.id or form["redirect_uri"] != code.redirect:
            raise invalid_grant()
        if not is_verified(form["code_verifier"], code.challenge) or code.key not in ("", key):
            raise invalid_grant()
        session, answer = await self._issuing.begin(code.allowed, client, key, form)
        spent = Scope(user=session.owner, session=session.id)
        await self._once.keep(_SPENT, spent, session.expires_at - self._clock(), token)
        return answer

    async def _punish(self, token: str) -> str:
        """End the session of a code that is used again (RFC 6749, 4.1.2), if there is one."""
        spent = await self._once.take(_SPENT, token, Scope)
        if spent is None:
            return ""
        await self._sessions.endings.end(spent, spent.session)
        return spent.session


def is_verified(verifier: str, challenge: str) -> bool:
    """Whether *challenge* was made from *verifier* by S256.

    Examples
    --------
    >>> verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    >>> is_verified(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")  # RFC 7636, B
    True

    """
    if len(verifier) not in _VERIFIER or not verifier.isascii():
        return False
    return hmac.compare_digest(create_s256_code_challenge(verifier), challenge)

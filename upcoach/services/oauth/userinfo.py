"""The UserInfo endpoint (OpenID Connect Core, 5.3)."""

from models.access.caller import Caller
from models.account import Session, User
from models.base.errors import NotFound
from models.base.merge_patch import Json
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.store.collections.documents import Documents


class UserInfo:
    """Gives the claims of users to their clients."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def of(self, caller: Caller) -> Json:
        """The claims that the token of *caller* may read."""
        scopes = caller.identity
        if caller.is_client or "openid" not in scopes:
            raise OAuthError(
                "insufficient_scope", "This token tells nobody's identity.", status=403
            )
        try:
            await self._documents.get(Session, caller.scope.user, caller.scope.session)
            user = await self._documents.get(User, caller.scope.user, caller.scope.user)
        except NotFound:
            raise OAuthError(
                "invalid_token", "This token is not valid, or has expired.", status=401
            ) from None
        shown: Json = {"sub": user.id}
        if "profile" in scopes:
            shown |= {"name": user.name, "zoneinfo": user.tz}
            shown |= {"locale": user.locale} if user.locale else {}
        if "email" in scopes:
            shown |= {"email": user.email, "email_verified": user.verified_at is not None}
        return shown

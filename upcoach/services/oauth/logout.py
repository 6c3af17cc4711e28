"""OpenID Connect RP-Initiated Logout."""

from urllib.parse import urlencode

import msgspec

from models.access.scope import Scope
from models.account import Session
from upcoach.services.account import AccessTokens, Sessions
from upcoach.services.base.request_parameters import SHORT, Parameters
from upcoach.services.oauth.base.clients import OAuthClients


class LogoutRequest(msgspec.Struct, frozen=True):
    """A validated logout request.

    Attributes
    ----------
    is_certain
        Whether an ID token shows that it is the user's own client that asks; else they are asked.
    to
        Where the browser goes afterwards; empty for a page of ours.
    client_session
        The client's session, which ends too.

    """

    is_certain: bool
    to: str = ""
    client_session: str = ""


class Logout:
    """Ends the sessions of browsers."""

    def __init__(self, clients: OAuthClients, sessions: Sessions, tokens: AccessTokens) -> None:
        self._clients = clients
        self._sessions = sessions
        self._tokens = tokens

    async def read(self, form: Parameters, session: Session | None) -> LogoutRequest:
        """Parse the logout request of a browser whose user is logged in as *session*.

        A hint that is wrong counts as none, and a place that is not registered is not gone to.
        """
        hint = self._tokens.read_id_token(form["id_token_hint"]) or {}
        client_id = form["client_id"] or str(hint.get("aud", ""))
        if hint and hint.get("aud") != client_id:
            hint = {}
        client = await self._clients.find(client_id)
        to = form["post_logout_redirect_uri"]
        if client is None or to not in client.logout_redirects:
            to = ""
        elif "state" in form and len(form["state"]) <= SHORT:
            to += ("&" if "?" in to else "?") + urlencode({"state": form["state"]})
        is_certain = bool(hint) and (session is None or hint.get("sub") == session.owner)
        return LogoutRequest(is_certain, to, str(hint.get("sid", "")) if is_certain else "")

    async def end(self, leaving: LogoutRequest, session: Session) -> None:
        """End the browser's session, and that of the requesting client."""
        scope = Scope(user=session.owner, device=session.device)
        await self._sessions.endings.end(scope, session.id)
        if leaving.client_session:
            await self._sessions.endings.end(scope, leaving.client_session)

"""Where the authorization server answers."""

from tornado.routing import URLSpec

from handlers.oauth import leaving
from handlers.oauth.authorize import CONSENT, LOGIN, Authorize, Consent, LogIn
from handlers.oauth.base import Endpoint
from handlers.oauth.devices import CODE, Device, DeviceCode
from handlers.oauth.endpoints import Introspect, Jwks, Metadata, Push, Revoke, Token, UserInfo
from handlers.oauth.leaving import LogOut
from handlers.rest import Edge
from upcoach.services.oauth import devices, server

ROUTES: tuple[tuple[str, type[Endpoint]], ...] = (
    ("/oauth/authorize", Authorize),
    (LOGIN, LogIn),
    (CONSENT, Consent),
    (server.TOKEN, Token),
    (server.PAR, Push),
    (server.REVOKE, Revoke),
    (server.INTROSPECT, Introspect),
    (devices.PATH, Device),
    (CODE, DeviceCode),
    ("/oauth/userinfo", UserInfo),
    ("/oauth/jwks", Jwks),
    (leaving.PATH, LogOut),
    ("/.well-known/oauth-authorization-server", Metadata),
    ("/.well-known/openid-configuration", Metadata),
)


def specs(edge: Edge) -> list[URLSpec]:
    """The routes for Tornado."""
    return [
        URLSpec(f"{path.replace('.', chr(92) + '.')}$", handler, {"edge": edge, "path": path})
        for path, handler in ROUTES
    ]

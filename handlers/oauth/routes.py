"""Where the authorization server answers."""

from handlers.oauth import leaving
from handlers.oauth.authorize import Authorize, Consent
from handlers.oauth.base import Endpoint
from handlers.oauth.devices import CODE, Device, DeviceCode
from handlers.oauth.endpoints import Introspect, Jwks, Metadata, Push, Revoke, Token, UserInfo
from handlers.oauth.leaving import LogOut
from handlers.pages.errands import CONSENT
from upcoach.services.oauth import devices, server

ROUTES: tuple[tuple[str, type[Endpoint]], ...] = (
    ("/oauth/authorize", Authorize),
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

"""Where the authorization server answers."""

from handlers.oauth import logout
from handlers.oauth.authorize import Authorize, Consent
from handlers.oauth.base.endpoint import Endpoint
from handlers.oauth.devices import CODE, Device, DeviceCode
from handlers.oauth.endpoints import Introspect, Jwks, Metadata, Push, Revoke, Token, UserInfo
from handlers.oauth.logout import LogOut
from handlers.pages.login_continuation import CONSENT
from upcoach.services.oauth import server
from upcoach.services.oauth.grant_types import devices

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
    (logout.PATH, LogOut),
    ("/.well-known/oauth-authorization-server", Metadata),
    ("/.well-known/openid-configuration", Metadata),
)

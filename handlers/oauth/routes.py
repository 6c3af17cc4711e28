"""Where the authorization server answers."""

from typing import Final

from handlers.account import CONSENT
from handlers.http.manifest import HandlerRoute
from handlers.oauth import logout
from handlers.oauth.authorize import AuthorizationEndpoint, ConsentPage
from handlers.oauth.devices import CODE, DeviceCodePage, DevicePage
from handlers.oauth.endpoints import (
    IntrospectionEndpoint,
    JwksEndpoint,
    MetadataEndpoint,
    PushedAuthorizationEndpoint,
    RevocationEndpoint,
    TokenEndpoint,
    UserInfoEndpoint,
)
from handlers.oauth.logout import LogoutPage
from upcoach.services.oauth import server
from upcoach.services.oauth.grant_types import devices

ROUTES: Final = (
    HandlerRoute("/oauth/authorize", AuthorizationEndpoint),
    HandlerRoute(CONSENT, ConsentPage),
    HandlerRoute(server.TOKEN, TokenEndpoint),
    HandlerRoute(server.PAR, PushedAuthorizationEndpoint),
    HandlerRoute(server.REVOKE, RevocationEndpoint),
    HandlerRoute(server.INTROSPECT, IntrospectionEndpoint),
    HandlerRoute(devices.PATH, DevicePage),
    HandlerRoute(CODE, DeviceCodePage),
    HandlerRoute("/oauth/userinfo", UserInfoEndpoint),
    HandlerRoute("/oauth/jwks", JwksEndpoint),
    HandlerRoute(logout.PATH, LogoutPage),
    HandlerRoute("/.well-known/oauth-authorization-server", MetadataEndpoint),
    HandlerRoute("/.well-known/openid-configuration", MetadataEndpoint),
)

"""The routes of the authorization server."""

from typing import Final

from handlers.account import CONSENT
from handlers.http.manifest import HandlerRoute
from handlers.oauth.authorize import AuthorizationEndpoint, ConsentPage
from handlers.oauth.browser_operations import AUTHORIZE, DEVICE_CODE, LOGOUT
from handlers.oauth.client_operations import USERINFO
from handlers.oauth.devices import DeviceCodePage, DevicePage
from handlers.oauth.endpoints import (
    IntrospectionEndpoint,
    JwksEndpoint,
    MetadataEndpoint,
    PushedAuthorizationEndpoint,
    ResourceMetadataEndpoint,
    RevocationEndpoint,
    TokenEndpoint,
    UserInfoEndpoint,
)
from handlers.oauth.grant_pages import GRANTS, GrantRemovalPage
from handlers.oauth.logout import LogoutPage
from upcoach.services.account import AUDIENCES
from upcoach.services.oauth import resource_metadata_path, server
from upcoach.services.oauth.grant_types import device_code

ROUTES: Final = (
    HandlerRoute(AUTHORIZE, AuthorizationEndpoint),
    HandlerRoute(CONSENT, ConsentPage),
    HandlerRoute(server.TOKEN, TokenEndpoint),
    HandlerRoute(server.PAR, PushedAuthorizationEndpoint),
    HandlerRoute(server.REVOKE, RevocationEndpoint),
    HandlerRoute(server.INTROSPECT, IntrospectionEndpoint),
    HandlerRoute(device_code.PATH, DevicePage),
    HandlerRoute(DEVICE_CODE, DeviceCodePage),
    HandlerRoute(USERINFO, UserInfoEndpoint),
    HandlerRoute("/oauth/jwks", JwksEndpoint),
    HandlerRoute(LOGOUT, LogoutPage),
    HandlerRoute(GRANTS, GrantRemovalPage),
    HandlerRoute("/.well-known/oauth-authorization-server", MetadataEndpoint),
    HandlerRoute("/.well-known/openid-configuration", MetadataEndpoint),
    *(
        HandlerRoute(resource_metadata_path(path), ResourceMetadataEndpoint)
        for path in AUDIENCES.values()
    ),
)

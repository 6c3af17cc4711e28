"""Where the authorization server answers."""

from handlers.account.pages.login_continuation import CONSENT
from handlers.http.forms.endpoint import FormEndpoint
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

ROUTES: tuple[tuple[str, type[FormEndpoint]], ...] = (
    ("/oauth/authorize", AuthorizationEndpoint),
    (CONSENT, ConsentPage),
    (server.TOKEN, TokenEndpoint),
    (server.PAR, PushedAuthorizationEndpoint),
    (server.REVOKE, RevocationEndpoint),
    (server.INTROSPECT, IntrospectionEndpoint),
    (devices.PATH, DevicePage),
    (CODE, DeviceCodePage),
    ("/oauth/userinfo", UserInfoEndpoint),
    ("/oauth/jwks", JwksEndpoint),
    (logout.PATH, LogoutPage),
    ("/.well-known/oauth-authorization-server", MetadataEndpoint),
    ("/.well-known/openid-configuration", MetadataEndpoint),
)

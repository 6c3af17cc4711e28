"""The authorization server (OAuth 2.1, OpenID Connect), pure of HTTP and of Tornado.

Reading order
-------------
1.  `server`: the endpoints.  What a client sent comes as `Parameters`; `base.clients` finds
    out which client it is, `base.dpop` which key it holds.  A refusal is an `OAuthError`.
2.  `authorization`: requests that come through a browser.  `base.requests` checks them, `par`
    keeps those that were sent ahead, `base.grants` remembers what people agreed to.
3.  The `grant_types`, a module each; `base.token_issuing` makes what they answer, and
    `base.resource_indicators` decides what a token is for.
4.  What comes after: `introspection` (and revocation), `userinfo`, `logout`, `metadata`.

What may be used once is taken out of `upcoach.store.secrets.one_time_tokens` before it is looked
at, so of many who show it at the same moment one has it, and nobody has it after a failed attempt.
A client's session is a session like any other: its user sees it, ends it, and its tokens end with
it.
"""

from upcoach.services.oauth.base.grants import Grants
from upcoach.services.oauth.base.web_origins import WebOrigins
from upcoach.services.oauth.metadata import resource_metadata, resource_metadata_path
from upcoach.services.oauth.server import EndpointRequest, OAuth

__all__ = [
    "EndpointRequest",
    "Grants",
    "OAuth",
    "WebOrigins",
    "resource_metadata",
    "resource_metadata_path",
]

"""The operations of clients at the authorization server (RFC 6749, 2.3).

Whoever fails to show which client they are is counted apart: anybody can name any client.
"""

from typing import Final

from handlers.http.operations import Call, FailureLimit, Operation, Reply
from upcoach.services.oauth import OAuth
from upcoach.services.oauth.grant_types.device_code import PATH as DEVICE
from upcoach.services.oauth.server import INTROSPECT as INTROSPECTION
from upcoach.services.oauth.server import PAR, REVOKE, TOKEN

USERINFO: Final = "/oauth/userinfo"
_CLIENT_FAILURES: Final = FailureLimit("client", "invalid_client")


async def give_tokens(oauth: OAuth, call: Call) -> Reply:
    """Issue tokens for the grant that the client shows (RFC 6749, 3.2)."""
    return Reply(body=await oauth.token(call.body))


async def push(oauth: OAuth, call: Call) -> Reply:
    """Store an authorization request that is pushed ahead of its browser (RFC 9126)."""
    return Reply(status=201, body=await oauth.push(call.body))


async def revoke(oauth: OAuth, call: Call) -> Reply:
    """Revoke a token (RFC 7009)."""
    await oauth.revoke(call.body)
    return Reply()


async def introspect(oauth: OAuth, call: Call) -> Reply:
    """Introspect a token (RFC 7662)."""
    return Reply(body=await oauth.introspect(call.body))


async def give_device_codes(oauth: OAuth, call: Call) -> Reply:
    """Issue the codes of a device (RFC 8628, 3.1)."""
    return Reply(body=await oauth.ask_device(call.body))


async def userinfo(oauth: OAuth, call: Call) -> Reply:
    """The claims of the user whose token it is (OpenID Connect Core, 5.3)."""
    return Reply(body=await oauth.userinfo.of(call.authenticated_caller))


GIVE_TOKENS = Operation(
    method="POST",
    path=TOKEN,
    run=give_tokens,
    public=True,
    limit="token",
    failures=_CLIENT_FAILURES,
    audit="token.given",
)
REFRESH_TOKENS = Operation(
    method="POST",
    path=TOKEN,
    run=give_tokens,
    public=True,
    limit="token",
    failures=_CLIENT_FAILURES,
    audit="token.refreshed",
    audits_done=False,  # every app does it every ten minutes
)
PUSH = Operation(
    method="POST", path=PAR, run=push, public=True, limit="token", failures=_CLIENT_FAILURES
)
REVOKE_TOKEN = Operation(
    method="POST",
    path=REVOKE,
    run=revoke,
    public=True,
    limit="token",
    failures=_CLIENT_FAILURES,
    audit="token.revoked",
)
INTROSPECT = Operation(
    method="POST",
    path=INTROSPECTION,
    run=introspect,
    public=True,
    limit="token",
    failures=_CLIENT_FAILURES,
)
GIVE_DEVICE_CODES = Operation(
    method="POST", path=DEVICE, run=give_device_codes, public=True, limit="authorize"
)
TELL_USER = Operation(method="GET", path=USERINFO, run=userinfo, public=True, limit="authorize")

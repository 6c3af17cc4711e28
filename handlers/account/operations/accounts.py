"""Registering, logging in, logging out."""

from typing import Literal

import msgspec

from handlers.http.operations import Call, Operation, Reply, write_reply
from models.access.scope import Scope
from models.account import password_policy
from models.account.session import BROWSERS, Credentials, Refresh, Session
from models.account.user import EmailAddress, Profile, Registration, User
from models.base.merge_patch import Json
from upcoach.services.account import AccountServices
from upcoach.services.account.login.logins import Challenge
from upcoach.services.account.login.logins import LoggedIn as LetIn
from upcoach.services.account.sessions.sessions import SessionTokens
from upcoach.services.base.resources import require_object
from upcoach.store.write.outcomes import Outcome


class TokenRenewed(SessionTokens, frozen=True):
    """A token, and how it is sent (RFC 6750).

    Attributes
    ----------
    token_type
        How the token is sent.

    """

    token_type: Literal["Bearer"]


class LoggedIn(TokenRenewed, frozen=True):
    """A token and the session that it belongs to.

    Attributes
    ----------
    session
        The session that the token belongs to.

    """

    session: Session


class BrowserLoggedIn(msgspec.Struct, frozen=True):
    """The session of a browser, which has it in a cookie and never sees a token.

    Attributes
    ----------
    session
        The session that the cookie stands for.

    """

    session: Session


class CsrfToken(msgspec.Struct, frozen=True):
    """What a page sends as `X-UpCoach-CSRF` with all that changes something; a token needs none.

    Attributes
    ----------
    token
        The token; null for a caller with an access token.

    """

    token: str | None


def check_registration(call: Call) -> None:
    """Refuse a registration that could not be carried out."""
    registration = call.read(Registration)
    password_policy.check(registration.password, registration.email, registration.name)


async def register(services: AccountServices, call: Call) -> Reply:
    """Register an account.

    If the address has one already, only a mail to it tells so.  Log in at once, whichever it was.
    """
    registration = call.read(Registration)
    await services.accounts.register(registration)
    return Reply(status=202, body={"email": registration.email})


def check_login(call: Call) -> None:
    """Refuse a login with which no password is looked at: it is no attempt."""
    call.require_our_page()
    call.read(Credentials)


async def log_in(services: AccountServices, call: Call) -> Reply:
    """Log in with a password.

    A device gets a token, a browser (`web`, `remembered`, `admin`) a cookie.  Whoever has enrolled
    a second factor gets a challenge first, to be answered at `/v1/auth/challenge`.
    """
    call.require_our_page()  # by whatever road it came, counted or not
    credentials = call.read(Credentials)
    if not credentials.trusted_device:
        credentials = msgspec.structs.replace(credentials, trusted_device=call.trusted)
    return login_reply(await services.accounts.log_in(credentials))


def login_reply(login: LetIn | Challenge) -> Reply:
    """The reply to a login: a challenge for a second factor, or a session."""
    if isinstance(login, Challenge):
        return Reply(status=200, body=msgspec.to_builtins(login))
    return session_reply(*login)


async def refresh(services: AccountServices, call: Call) -> Reply:
    """Refresh a token, before it ends or after."""
    login = await services.sessions.refresh(call.read(Refresh).refresh_token)
    return Reply(status=200, body=token_body(login))


async def log_out(services: AccountServices, call: Call) -> Reply:
    """Log out: end the session of the token, or of the cookie."""
    reply = write_reply(await services.sessions.endings.end(call.scope, call.scope.session))
    return msgspec.structs.replace(reply, end_session=bool(call.browser))


async def csrf(services: AccountServices, call: Call) -> Reply:
    """Get the CSRF token, which shows that a page of ours sends a request with a cookie."""
    proof = services.browsers.proof(call.browser, "csrf") if call.browser else None
    return Reply(body=CsrfToken(proof))


async def me(services: AccountServices, call: Call) -> Reply:
    """Get the caller's account."""
    user = await services.accounts.me(call.scope)
    return Reply(body=user, version=user["version"])


async def change_me(services: AccountServices, call: Call) -> Reply:
    """Change the caller's name, time zone or language by a merge patch (RFC 7396)."""
    patch, base = require_object(call.body), call.require_base()
    return write_reply(await services.profiles.change(call.scope, patch, base, call.mutation))


def session_reply(login: SessionTokens, outcome: Outcome[Session]) -> Reply:
    """The reply that starts a session: tokens, or for a browser a cookie and no token."""
    session = outcome.document
    is_browser = session.app in BROWSERS
    return Reply(
        status=201,
        body={"session": outcome.body} | ({} if is_browser else token_body(login)),
        seq=outcome.seq,
        acted_as=Scope(user=session.owner, session=session.id),
        start_session=session if is_browser else None,
    )


def token_body(login: SessionTokens) -> Json:
    """*login* as a token response (RFC 6750)."""
    shown: Json = msgspec.to_builtins(login)
    return shown | {"token_type": "Bearer"}


REGISTER = Operation(
    method="POST",
    path="/v1/auth/register",
    run=register,
    body="json",
    takes=Registration,
    check=check_registration,
    gives=EmailAddress,
    public=True,
    audit="account.registered",
    statuses=(202,),
    limit="mail",
)
LOG_IN = Operation(
    method="POST",
    path="/v1/auth/login",
    run=log_in,
    body="json",
    takes=Credentials,
    check=check_login,
    gives=LoggedIn | BrowserLoggedIn,
    otherwise=((200, Challenge),),
    public=True,
    refusals=(401, 403),
    audit="session.started",
    limit="login",
)
CHANGE_ME = Operation(
    method="PATCH",
    path="/v1/me",
    run=change_me,
    needs="account:write",
    body="merge-patch",
    takes=Profile,
    gives=User,
    base="required",
    live=True,
    audit="account.changed",
)
OPERATIONS = (
    REGISTER,
    LOG_IN,
    Operation(
        method="POST",
        path="/v1/auth/refresh",
        run=refresh,
        body="json",
        takes=Refresh,
        gives=TokenRenewed,
        public=True,
        statuses=(200,),
        refusals=(401,),
        limit="refresh",
    ),
    Operation(
        method="POST",
        path="/v1/auth/logout",
        run=log_out,
        needs="account:write",
        audit="session.ended",
    ),
    Operation(method="GET", path="/v1/auth/csrf", run=csrf, needs="account:read", gives=CsrfToken),
    Operation(method="GET", path="/v1/me", run=me, needs="account:read", gives=User),
    CHANGE_ME,
)

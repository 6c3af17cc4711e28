"""What the endpoints for clients have in common."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from tornado.web import HTTPError

from handlers.http import problems
from handlers.http.rest import Edge, Handler
from models.access.limits import PUBLIC_BYTES
from models.access.scope import Scope
from models.audit.entries import Act
from models.base.errors import Forbidden, Refusal, Unauthenticated, Unavailable
from models.base.merge_patch import Json
from upcoach.services.oauth import Ask, OAuth
from upcoach.services.oauth.base.errors import OAuthError, invalid_request
from upcoach.services.oauth.base.parameters import MOST, SHORT, Parameters

FORM: Final = "application/x-www-form-urlencoded"

# Refusals that the audit log need not know: a device that waits, and what is no request at all.
QUIET: Final = frozenset({"authorization_pending", "slow_down", "invalid_request"})

# Acts of which only the refusals matter: every app does them every ten minutes.
UNSAID: Final = frozenset({"token.refreshed"})

T = TypeVar("T")


class Endpoint(Handler):
    """An endpoint that answers in JSON, and refuses in OAuth's words (RFC 6749, 5.2)."""

    path: str
    limit = ""  # the surface that each request is counted on, by where it came from
    shared = False  # with scripts of every origin: there is no cookie that they could use

    def initialize(self, edge: Edge, path: str = "", **_: Any) -> None:
        """Take what the routing table gives."""
        super().initialize(edge)
        self.path = path

    async def prepare(self) -> None:
        """Count the request."""
        if self.limit and self.request.method in ("GET", "POST"):
            await self.turnstile.take(self.limit)

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self.path

    @property
    def oauth(self) -> OAuth:
        """The authorization server."""
        return self.edge.services.oauth

    def set_default_headers(self) -> None:
        """See `ProblemHandler.set_default_headers`."""
        super().set_default_headers()
        if self.shared:
            self.set_header("Access-Control-Allow-Origin", "*")
            self.set_header("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce")

    def options(self, *_: str, **__: str) -> None:
        """Say what is allowed, also to a browser that asks for a script."""
        super().options()
        if self.shared:
            self.set_header("Access-Control-Allow-Methods", self.allowed())
            self.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")

    def ask(self) -> Ask:
        """What the client sent."""
        headers = self.request.headers
        authorizations = headers.get_list("Authorization")
        if len(authorizations) > 1:
            raise invalid_request("The client shows who it is in two ways.")
        return Ask(form=posted(self), authorization="".join(authorizations), proofs=proofs_of(self))

    async def noted(
        self, act: Act, work: Awaitable[T], who: Callable[[T], Scope | None] = lambda _: None
    ) -> T:
        """What *work* gives, once the audit log knows; it also knows of a refusal.

        *who* tells from what was given whose act it was.
        """
        note = self.edge.services.audit.note
        try:
            done = await work
        except (OAuthError, Unauthenticated, Forbidden) as refusal:
            reason = refusal.error if isinstance(refusal, OAuthError) else refusal.code
            if reason not in QUIET:
                target = getattr(refusal, "concerns", "") or act.target
                refused = msgspec.structs.replace(
                    act, outcome="refused", reason=reason, target=target
                )
                await note(refused, self.origin)
            raise
        if act.action in UNSAID:
            return done
        scope = who(done)
        if scope is not None:
            act = msgspec.structs.replace(act, kind="user", user=scope.user, session=scope.session)
        await note(act, self.origin)
        return done

    async def asked_by_client(self) -> Ask:
        """What the client sent, who is counted; and so is each failure to show who it is."""
        ask = self.ask()
        client = claimed_client(ask)[:SHORT]
        await self.turnstile.take("token", {"client": client})
        await self.turnstile.take("client", {"client": client}, charge=False)
        return ask

    async def of_client(self, ask: Ask, work: Awaitable[T]) -> T:
        """What *work* gives, which begins by finding out whose *ask* it is."""
        try:
            return await work
        except OAuthError as refusal:
            if refusal.error == "invalid_client":
                await self.turnstile.charge("client", {"client": claimed_client(ask)[:SHORT]})
            raise

    def answer(self, body: Json, status: int = 200) -> None:
        """Answer with *body*."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(msgspec.json.encode(body))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer in OAuth's words, whatever went wrong."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(failure, Refusal):
            status_code = problems.status_of(failure)
        for name, value in self.headers_of(status_code).items():
            self.set_header(name, value)
        if isinstance(failure, OAuthError):
            self._refuse(failure)
        elif isinstance(failure, Unavailable):
            status = problems.status_of(failure)
            self.answer(_words("temporarily_unavailable", "Try again shortly."), status)
        elif isinstance(failure, Refusal):
            error = OAuthError("invalid_token", failure.detail, status=problems.status_of(failure))
            self._refuse(error)
        elif status_code < 500:
            self.answer(_words("invalid_request", "There is no such request here."), status_code)
        else:
            self.answer(_words("server_error", "Something went wrong here."), status_code)

    def _refuse(self, failure: OAuthError) -> None:
        if failure.status == 401:
            self.set_header("WWW-Authenticate", self.challenge(failure))
        self.answer(_words(failure.error, failure.description) | failure.more, failure.status)

    def challenge(self, _failure: OAuthError) -> str:
        """How a client has to show who it is (RFC 6749, 5.2)."""
        return 'Basic realm="upcoach"'

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """See `ProblemHandler.log_exception`."""
        if not isinstance(value, OAuthError):
            super().log_exception(typ, value, tb)


def posted(handler: Handler) -> Parameters:
    """The form in the body; parameters in the URL would be logged by others."""
    request = handler.request
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if request.query or media_type != FORM:
        raise invalid_request("Send a form, in the body.")
    if len(request.body) > PUBLIC_BYTES:
        raise HTTPError(413)
    return parameters(request.body)


def claimed_client(ask: Ask) -> str:
    """The client that *ask* says it is of, which nobody has checked yet."""
    scheme, _, encoded = ask.authorization.partition(" ")
    if scheme.lower() != "basic":
        return ask.form["client_id"]
    try:
        name, _, _ = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    except ValueError:
        return ""
    return name


def asked(handler: Handler) -> Parameters:
    """The parameters in the URL."""
    return parameters(handler.request.query.encode(errors="surrogateescape"))


def parameters(raw: bytes) -> Parameters:
    """The parameters that *raw* writes, which is a form or the query of a URL."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST
        )
    except ValueError:
        raise invalid_request("This is no form that we take.") from None
    return Parameters(pairs)


def proofs_of(handler: Handler) -> tuple[str, ...]:
    """The proofs of a key."""
    return tuple(handler.request.headers.get_list("DPoP"))


def _words(error: str, description: str) -> Json:
    return {"error": error, "error_description": description}

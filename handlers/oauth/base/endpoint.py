"""What the endpoints for clients have in common."""

import base64
from typing import Any

import msgspec

from handlers.http import problems
from handlers.http.forms.endpoint import FormEndpoint
from handlers.http.forms.parameters import form_parameters
from handlers.http.operations import Call, Operation, Reply
from handlers.http.rest.handler import Handler
from models.base.errors import Refusal, Unavailable
from models.base.merge_patch import Json
from upcoach.services.base.oauth_errors import OAuthError, invalid_request
from upcoach.services.base.request_parameters import SHORT
from upcoach.services.oauth import EndpointRequest


class OAuthEndpoint(FormEndpoint):
    """An endpoint that answers in JSON, and refuses in OAuth's words (RFC 6749, 5.2)."""

    any_origin = False  # with scripts of every origin: there is no cookie that they could use

    def set_default_headers(self) -> None:
        """See `ProblemHandler.set_default_headers`."""
        super().set_default_headers()
        if self.any_origin:
            self.set_header("Access-Control-Allow-Origin", "*")
            self.set_header("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce")

    async def options(self, *_: str, **__: str) -> None:
        """Answer with the methods that are allowed, also to a CORS preflight."""
        await super().options()
        if self.any_origin:
            self.set_header("Access-Control-Allow-Methods", self.allowed())
            self.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP")

    def client_request(self) -> EndpointRequest:
        """The client's request: its form, how it authenticates, and proofs of its key."""
        headers = self.request.headers
        authorizations = headers.get_list("Authorization")
        if len(authorizations) > 1:
            raise invalid_request("The client shows who it is in two ways.")
        return EndpointRequest(
            form=form_parameters(self),
            authorization="".join(authorizations),
            proofs=proofs_of(self),
        )

    async def run_for_client(
        self, operation: Operation[Any], ask: EndpointRequest, **names: str
    ) -> Reply:
        """Run *operation* for the client that *ask* names."""
        client = claimed_client(ask)[:SHORT]
        call = Call(caller=None, names=names, body=ask, origin=self.origin, client=client)
        return await self.run(operation, call)

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


def claimed_client(ask: EndpointRequest) -> str:
    """The client that *ask* says it is of, which nobody has checked yet."""
    scheme, _, encoded = ask.authorization.partition(" ")
    if scheme.lower() != "basic":
        return ask.form["client_id"]
    try:
        name, _, _ = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    except ValueError:
        return ""
    return name


def proofs_of(handler: Handler) -> tuple[str, ...]:
    """The DPoP proofs of a request (RFC 9449)."""
    return tuple(handler.request.headers.get_list("DPoP"))


def _words(error: str, description: str) -> Json:
    return {"error": error, "error_description": description}

"""The endpoints of the authorization server that clients call, whose rules are RFCs.

Of what people see of it only `/oauth/authorize` stands here, to which a client sends the browser:
the pages that follow are no API.
"""

from typing import Any, Final

import msgspec

from handlers.http.forms.parameters import FORM
from handlers.openapi import paths, problems
from handlers.openapi.oauth_answers import (
    DeviceCodes,
    Introspected,
    JwksAnswer,
    OAuthRefusal,
    PushedRequestAnswer,
    TokenAnswer,
    UserClaims,
)
from handlers.openapi.operation_ids import operation_id
from handlers.openapi.other_routes import HTML
from handlers.openapi.schemas import Schemas
from models.base.merge_patch import Json
from upcoach.services.account import AUDIENCES
from upcoach.services.oauth import resource_metadata_path


class ClientEndpoint(msgspec.Struct, frozen=True):
    """A path that clients call.

    Attributes
    ----------
    gives
        The type of the good answer; None for one without a body.
    form
        The parameters in the body: required ones end with `!`.
    query
        The same in the URL.
    leads_to
        Whether it may redirect the browser, in place of the good answer.
    refused
        The statuses of its refusals.

    """

    method: str
    path: str
    summary: str
    gives: Any
    form: tuple[str, ...] = ()
    status: int = 200
    refused: tuple[int, ...] = (400, 401, 413, 503)
    query: tuple[str, ...] = ()
    leads_to: bool = False
    held: bool = False  # whether a person's token is shown, and not a client


PARAMETERS: Final = {
    "acr_values": "How the user has to have shown who they are, the best first.",
    "client_assertion": "A JWT by which the client shows who it is (RFC 7523).",
    "client_assertion_type": "`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.",
    "client_id": "The client.",
    "client_secret": "The client's secret, where it has one and sends no header.",
    "code": "The code that the browser brought back.",
    "code_challenge": "The SHA-256 of the verifier, in base64url (RFC 7636, 4.2).",
    "code_challenge_method": "`S256`.",
    "code_verifier": "What the code challenge was made from (RFC 7636, 4.1).",
    "device_code": "The device code that the device polls with.",
    "dpop_jkt": "The thumbprint of the key that the tokens are bound to (RFC 9449, 10).",
    "grant_type": "What the tokens are asked for with.",
    "login_hint": "The address of whoever is to log in.",
    "max_age": "The seconds within which the user has to have logged in.",
    "nonce": "What comes back in the ID token.",
    "prompt": "`none`, `login`, `consent` or `select_account` (OpenID Connect Core, 3.1.2.1).",
    "redirect_uri": "Where the browser goes in the end; one of those that are registered.",
    "refresh_token": "The newest refresh token.",
    "request_uri": "The name of a pushed request, in place of all others but `client_id`.",
    "requested_token_type": "The type of token that is asked for (RFC 8693, 2.1).",
    "resource": "The API that the tokens are for (RFC 8707).",
    "response_type": "`code`.",
    "scope": "The permissions that are asked for, separated by spaces.",
    "state": "What comes back with the answer.",
    "subject_issuer": "The provider that has issued the subject token.",
    "subject_token": "The ID token of another provider.",
    "subject_token_type": "`urn:ietf:params:oauth:token-type:id_token`.",
    "token": "The token that it is about.",
    "token_type_hint": "`access_token` or `refresh_token` (RFC 7009, 2.1).",
}

_CLIENT: Final = ("client_id", "client_secret", "client_assertion", "client_assertion_type")

_REQUEST: Final = (
    *("client_id!", "response_type!", "redirect_uri", "code_challenge", "code_challenge_method"),
    *("scope", "state", "nonce", "prompt", "max_age", "acr_values", "login_hint"),
    *("resource", "dpop_jkt", "request_uri"),
)

ROWS: Final = (
    ClientEndpoint(
        "GET",
        "/oauth/authorize",
        "Authorize a client (RFC 6749, 3.1): a browser is sent here, where its user logs in and "
        "agrees, and from here to the `redirect_uri`, with a code or an error.",
        HTML,
        query=_REQUEST,
        leads_to=True,
        refused=(400, 429),
    ),
    ClientEndpoint(
        "POST",
        "/oauth/authorize",
        "Authorize a client (RFC 6749, 3.1): the same, as a form.",
        HTML,
        form=_REQUEST,
        leads_to=True,
        refused=(400, 429),
    ),
    ClientEndpoint(
        "POST",
        "/oauth/token",
        "Issue tokens (RFC 6749, 3.2): for a code with its verifier, a refresh token, a client by "
        "itself, a device code, or an ID token of another issuer.",
        TokenAnswer,
        (
            *("grant_type!", "code", "code_verifier", "redirect_uri", "refresh_token"),
            *("device_code", "subject_token", "subject_token_type", "subject_issuer", "nonce"),
            *("requested_token_type", "scope", "resource", *_CLIENT),
        ),
    ),
    ClientEndpoint(
        "POST",
        "/oauth/par",
        "Push an authorization request, which gets a name (RFC 9126).",
        PushedRequestAnswer,
        (
            *("response_type!", "redirect_uri!", "code_challenge!", "code_challenge_method!"),
            *("scope", "state", "nonce", "prompt", "max_age", "acr_values", "login_hint"),
            *("resource", "dpop_jkt", *_CLIENT),
        ),
        201,
    ),
    ClientEndpoint(
        "POST",
        "/oauth/revoke",
        "Revoke a token, and with it its session (RFC 7009).",
        None,
        ("token!", "token_type_hint", *_CLIENT),
    ),
    ClientEndpoint(
        "POST",
        "/oauth/introspect",
        "Introspect a token of the client (RFC 7662).",
        Introspected,
        ("token!", "token_type_hint", *_CLIENT),
    ),
    ClientEndpoint(
        "POST",
        "/oauth/device",
        "Issue the codes of a device (RFC 8628, 3.1).",
        DeviceCodes,
        ("scope", *_CLIENT),
    ),
    ClientEndpoint(
        "GET",
        "/oauth/device",
        "Show the page on which the code of a device is typed in.",
        HTML,
        refused=(),
    ),
    ClientEndpoint(
        "GET",
        "/oauth/userinfo",
        "Get the claims of the user whose token it is (OpenID Connect Core, 5.3).",
        UserClaims,
        refused=(401, 403, 503),
        held=True,
    ),
    ClientEndpoint(
        "POST",
        "/oauth/userinfo",
        "Get the claims of the user whose token it is, by a form.",
        UserClaims,
        refused=(401, 403, 503),
        held=True,
    ),
    ClientEndpoint(
        "GET",
        "/oauth/jwks",
        "Get the public keys that tokens are signed with.",
        JwksAnswer,
        (),
        200,
        (),
    ),
    ClientEndpoint(
        "GET",
        "/.well-known/oauth-authorization-server",
        "Get the metadata of the authorization server (RFC 8414).",
        Json,
        refused=(400,),
    ),
    ClientEndpoint(
        "GET",
        "/.well-known/openid-configuration",
        "Get the metadata of the provider (OpenID Connect Discovery).",
        Json,
        refused=(400,),
    ),
    *(
        ClientEndpoint(
            "GET",
            resource_metadata_path(path),
            f"Get the metadata of the protected resource {path} (RFC 9728).",
            Json,
            refused=(),
        )
        for path in AUDIENCES.values()
    ),
)


def items(schemas: Schemas) -> Json:
    """The path items."""
    made: Json = {}
    for row in ROWS:
        made.setdefault(row.path, {})[row.method.lower()] = _operation(schemas, row)
    return made


def _operation(schemas: Schemas, row: ClientEndpoint) -> Json:
    refusal = HTML if row.gives is HTML else OAuthRefusal
    security: list[Json] = [{"token": []}] if row.held else [{"client": []}, {}]
    return {
        "operationId": operation_id(row.method, row.path),
        "tags": ["Authorization server"],
        "summary": row.summary.partition("(")[0].partition(":")[0].strip().rstrip("."),
        "description": row.summary,
        "security": security if row.refused and 401 in row.refused else [],
        **({"parameters": _query(row.query)} if row.query else {}),
        **({"requestBody": _form(row.form)} if row.form else {}),
        "responses": {
            str(row.status): _answer(schemas, row.gives, "As asked."),
            **({"303": _REDIRECTED} if row.leads_to else {}),
            **({"408": problems.reference(408)} if row.form else {}),
            **{str(status): _answer(schemas, refusal, "Refused.") for status in row.refused},
        },
    }


_REDIRECTED: Final = {
    "description": "The browser goes on: to the login, or back to the client.",
    "headers": paths.headers("Location"),
}


def _query(names: tuple[str, ...]) -> list[Json]:
    return [
        {
            "name": name.rstrip("!"),
            "in": "query",
            "required": name.endswith("!"),
            "description": PARAMETERS[name.rstrip("!")],
            "schema": {"type": "string"},
        }
        for name in names
    ]


def _form(names: tuple[str, ...]) -> Json:
    schema = {
        "type": "object",
        "properties": {
            name.rstrip("!"): {"type": "string", "description": PARAMETERS[name.rstrip("!")]}
            for name in names
        },
        "required": [name.rstrip("!") for name in names if name.endswith("!")],
    }
    return {"required": True, "content": {FORM: {"schema": schema}}}


def _answer(schemas: Schemas, gives: Any, words: str) -> Json:
    answer: Json = {"description": words, "headers": paths.headers()}
    if gives is HTML:
        answer["content"] = {HTML: {"schema": {"type": "string"}}}
    elif gives is not None:
        schema = {"type": "object"} if gives is Json else schemas.of(gives, "answer")
        answer["content"] = {paths.JSON: {"schema": schema}}
    return answer

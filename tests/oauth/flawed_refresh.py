"""Refreshes that are refused."""

from collections.abc import Awaitable, Callable
from typing import Final

from models.base.merge_patch import Json
from tests.support.server import PASSWORD
from tests.support.wire.relying import ISSUER, Answer, DpopSigner, OAuthParty

GRANT, REQUEST, CLIENT = "invalid_grant", "invalid_request", "invalid_client"
Ask = Callable[[OAuthParty, str, Json], Awaitable[Answer]]


def _with(**form: str) -> Ask:
    return lambda one, token, _: one.refresh(token, **form)


def _token(change: Callable[[str], str]) -> Ask:
    return lambda one, token, _: one.refresh(change(token))


def _other(name: str) -> Ask:
    return lambda one, _, tokens: one.refresh(tokens[name])


def _part(place: int, value: str) -> Callable[[str], str]:
    def change(token: str) -> str:
        parts = token.split(".")
        parts[place] = value
        return ".".join(parts)

    return change


async def _twice(one: OAuthParty, token: str, _: Json) -> Answer:
    pairs = [("grant_type", "refresh_token"), ("client_id", one.public.id)]
    return await one.token([*pairs, ("refresh_token", token), ("refresh_token", token)])


async def _secret(one: OAuthParty, token: str, _: Json) -> Answer:
    return await one.refresh(token, client_id=one.confidential.id, client_secret=one.secret)


async def _proven(one: OAuthParty, token: str, _: Json) -> Answer:
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": one.public.id}
    return await one.token(form, DPoP=DpopSigner().proof("POST", "/oauth/token"))


async def _own_app(one: OAuthParty, _token: str, tokens: Json) -> Answer:
    person = await one.server.client().log_in(one.email, PASSWORD, "phone")
    answer = await one.refresh(person.refresh_token)
    assert await person.refresh()
    person.close()
    del tokens
    return answer


ROWS: Final[dict[str, tuple[str, Ask]]] = {
    "no token": (REQUEST, _token(lambda _: "")),
    "letters": (GRANT, _token(lambda _: "abc")),
    "a version": (GRANT, _token(lambda _: "v1.")),
    "dots": (GRANT, _token(lambda _: "v1....")),
    "many dots": (GRANT, _token(lambda _: "." * 900)),
    "beyond ASCII": (GRANT, _token(lambda _: "v1.\u00e4.\u00f6.1.\u00fc")),
    "half of it": (GRANT, _token(lambda token: token[: len(token) // 2])),
    "without its mac": (GRANT, _token(lambda token: token.rpartition(".")[0])),
    "an empty mac": (GRANT, _token(_part(4, ""))),
    "another mac": (GRANT, _token(_part(4, "A" * 43))),
    "a padded mac": (GRANT, _token(lambda token: f"{token}=")),
    "another version": (GRANT, _token(_part(0, "v2"))),
    "another user": (GRANT, _token(_part(1, "usr_1"))),
    "another session": (GRANT, _token(_part(2, "ses_1"))),
    "the next generation": (GRANT, _token(_part(3, "2"))),
    "an old generation": (GRANT, _token(_part(3, "0"))),
    "no generation": (GRANT, _token(_part(3, ""))),
    "a space": (GRANT, _token(lambda token: f" {token}")),
    "a new line": (REQUEST, _token(lambda token: f"{token}\n")),
    "9000 letters": (REQUEST, _token(lambda _: "v1." + "x" * 9_000)),
    "an operator": (GRANT, _token(lambda _: '{"$gt": ""}')),
    "an access token": (GRANT, _other("access_token")),
    "an ID token": (GRANT, _other("id_token")),
    "the token twice": (REQUEST, _twice),
    "no client": (CLIENT, _with(client_id="")),
    "an unknown client": (CLIENT, _with(client_id="cli_1")),
    "another client": (GRANT, _secret),
    "a secret": (CLIENT, _with(client_secret="x")),
    "more scopes": ("invalid_scope", _with(scope="openid habits:read")),
    "an unknown scope": ("invalid_scope", _with(scope="everything")),
    "an operator's scope": ("invalid_scope", _with(scope="admin:users")),
    "an unknown resource": ("invalid_target", _with(resource="https://api.example.org")),
    "a resource of others": ("invalid_target", _with(resource=f"{ISSUER}/v1/admin")),
    "a key for a token without": (GRANT, _proven),
    "a token of our own app": (GRANT, _own_app),
}
